// Calls of our own API with the ID token of whoever is signed in.
import { auth, complain, leave, warn } from "./sign-in.js";

class Refused extends Error {}

// What PATH answers, or null when it has nothing to say.
export async function call(method, path) {
  const headers = { Authorization: `Bearer ${await auth.currentUser.getIdToken()}` };
  const answer = await fetch(path, { method, headers }).catch(() => {
    throw new Refused("The service cannot be reached. Check the connection and try again.");
  });
  if (answer.status === 204) return null;
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) return body;
  const refused = new Refused(body?.error?.message ?? "Something went wrong. Try again in a few seconds.");
  throw Object.assign(refused, { status: answer.status });
}

// Tell the person why a call did not work.
export function explain(error) {
  if (error.status === 401 || !auth.currentUser) return leave("Your sign-in has ended, and nothing was changed. Sign in again.");
  return error instanceof Refused ? warn(error.message) : complain(error);
}
