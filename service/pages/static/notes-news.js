// What the reader tells: what has happened, and what went wrong and what to do about it.
import { auth, leave, say, warn } from "./sign-in.js";

const NEWS = 10_000; // milliseconds for which news cover the foot of the page
const REFUSED = ["permission-denied", "unauthenticated"];
let silence;

export const isolated = (title) => `\u2068${title}\u2069`; // whichever way it is written, the sentence around it stays in order

export function tell(words) {
  clearTimeout(silence);
  say(words);
  silence = setTimeout(() => document.getElementById("status").textContent === words && say(""), NEWS);
}

// Tell why WHAT did not work. A sign-in that has ended is left; otherwise it can be tried again.
export async function explain({ code }, what) {
  const asked = auth.currentUser?.uid;
  if (!asked || (REFUSED.includes(code) && (await isEnded()))) return leave("Your sign-in has ended. Sign in again.");
  if (auth.currentUser?.uid !== asked) return;
  const why = REFUSED.includes(code) ? "it is not open to this account" : code;
  document.getElementById("again").hidden = false;
  warn(`${what} (${why}). Try again; if it stays so, tell who runs this service.`);
}

// Whether Firebase does not know this sign-in any more.
async function isEnded() {
  try {
    await auth.currentUser.getIdToken(true);
    return false;
  } catch (error) {
    return error.code !== "auth/network-request-failed";
  }
}
