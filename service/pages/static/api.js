// Calls of our own API with the ID token of whoever is signed in.
import { auth, complain, leave, warn } from "./sign-in.js";

class Refused extends Error {}

const UNREACHED = "The service cannot be reached. Check the connection and try again.";
const WRONG = "Something went wrong. Try again in a few seconds.";

function send(method, path, token, body) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body) headers["Content-Type"] = "application/json";
  return fetch(path, { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new Refused(UNREACHED);
  });
}

async function refusal(answer) {
  const body = await answer.json().catch(() => null);
  return Object.assign(new Refused(body?.error?.message ?? WRONG), { status: answer.status });
}

// What PATH answers to BODY, or null when it has nothing to say.
export async function call(method, path, body) {
  const answer = await send(method, path, await auth.currentUser.getIdToken(), body);
  if (answer.status === 204) return null;
  const said = answer.ok && (await answer.clone().json().catch(() => null));
  if (said) return said;
  throw await refusal(answer);
}

// The bytes that PATH answers, and its headers.
export async function load(path) {
  const answer = await send("GET", path, await auth.currentUser.getIdToken());
  if (!answer.ok) throw await refusal(answer);
  const bytes = await answer.arrayBuffer().catch(() => {
    throw new Refused(UNREACHED);
  });
  return { bytes: new Uint8Array(bytes), headers: answer.headers };
}

// What ACTION gives: tried four times within some seconds, as long as it may be that only the service does not answer.
export async function patiently(action) {
  for (let wait = 500; ; wait *= 2) {
    try {
      return await action();
    } catch (error) {
      const isFinal = error.status && error.status < 500 && error.status !== 429;
      if (isFinal || wait > 2000) throw error;
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}

// Tell the person why a call did not work; ENDED when it is because nobody is signed in any more.
export function explain(error, ended = "Your sign-in has ended, and nothing was changed. Sign in again.") {
  if (error.status === 401 || !auth.currentUser) return leave(ended);
  if (error instanceof Refused) return warn(error.message);
  return error.code ? complain(error) : warn(WRONG); // only Firebase's have one
}
