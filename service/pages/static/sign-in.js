// Sign-in, for every page that needs to know who the person is. Firebase's SDK says it.
import { initializeApp } from "./vendor/firebase-app.js";
import {
  GoogleAuthProvider, OAuthProvider, browserLocalPersistence, browserPopupRedirectResolver, browserSessionPersistence,
  connectAuthEmulator, getRedirectResult, indexedDBLocalPersistence, initializeAuth, isSignInWithEmailLink,
  onAuthStateChanged, sendPasswordResetEmail, sendSignInLinkToEmail, signInWithEmailAndPassword, signInWithEmailLink,
  signInWithPopup, signInWithRedirect, signOut,
} from "./vendor/firebase-auth.js";
import { forget } from "./forget.js";

const $ = (id) => document.getElementById(id);
const { emulator, ...config } = JSON.parse($("firebase").dataset.config);
// No popup resolver here: with one, a phone loads Google's script before anyone has asked for it.
export const auth = initializeAuth(initializeApp(config), {
  persistence: [indexedDBLocalPersistence, browserLocalPersistence, browserSessionPersistence],
});
auth.useDeviceLanguage();
if (emulator) connectAuthEmulator(auth, emulator, { disableWarnings: true });

// Undefined where nothing may be kept: such a browser throws when it is asked.
function storage(name) {
  try {
    return globalThis[name];
  } catch {
    return undefined;
  }
}

const EMAIL_KEY = "mate:email-for-link";
const REDIRECT_KEY = "mate:redirecting";
const PROBLEMS = {
  "auth/invalid-credential": "That e-mail and password do not go together.",
  "auth/invalid-login-credentials": "That e-mail and password do not go together.",
  "auth/wrong-password": "That e-mail and password do not go together.",
  "auth/user-not-found": "That e-mail and password do not go together.",
  "auth/missing-password": "Type your password.",
  "auth/missing-email": "Type your e-mail address.",
  "auth/invalid-email": "That is not an e-mail address.",
  "auth/user-disabled": "This account is disabled.",
  "auth/too-many-requests": "Too many tries. Wait a few minutes.",
  "auth/network-request-failed": "The sign-in service cannot be reached. Check the connection and try again.",
  "auth/internal-error": "This sign-in did not work here. Try again, or use another way.",
  "auth/invalid-action-code": "That sign-in link was used before or has expired. Ask for a new one.",
  "auth/expired-action-code": "That sign-in link has expired. Ask for a new one.",
  "auth/unauthorized-domain": "Sign-in is not allowed on this address yet: add it to Firebase's authorized domains.",
  "auth/operation-not-allowed": "This way to sign in is switched off. Use another one.",
  "auth/account-exists-with-different-credential": "You signed up another way with this e-mail. Use that one.",
};
const CHANGED_MIND = ["auth/popup-closed-by-user", "auth/cancelled-popup-request", "auth/user-cancelled"];
const NO_POPUPS = ["auth/popup-blocked", "auth/operation-not-supported-in-this-environment"];

export function say(text) {
  $("status").textContent = text;
  $("problem").hidden = true;
}

export function warn(text) {
  $("status").textContent = "";
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

export function complain(error) {
  const known = CHANGED_MIND.includes(error.code) ? "" : PROBLEMS[error.code];
  warn(known ?? `This sign-in did not work (${error.code ?? "unknown"}). Try another way.`);
}

// One thing at a time: a second press while the first is under way would start a second sign-in.
async function attempt(action) {
  const buttons = [...document.querySelectorAll("#signed-out button, #signed-in button")];
  const before = auth.currentUser;
  const pressed = document.activeElement;
  buttons.forEach((button) => (button.disabled = true));
  $("problem").hidden = true;
  try {
    await action();
  } catch (error) {
    complain(error);
  }
  buttons.forEach((button) => (button.disabled = false));
  if (auth.currentUser === before) return pressed.focus();
  show(auth.currentUser);
  goOn();
}

// What had the focus is gone: go on where a person goes on.
function goOn() {
  (auth.currentUser ? $("go") : document.querySelector("#signed-out button, #signed-out input"))?.focus();
}

let tell = () => {};
let shown; // the uid of whom the page was told last
function show(user) {
  $("signed-in").hidden = !user;
  $("signed-out").hidden = Boolean(user);
  $("email-form")?.reset(); // no password stays behind for who comes next
  if (user) $("who").textContent = user.email || user.displayName || user.phoneNumber || "this account";
  const [left, toldThem] = [shown, tell(user)];
  shown = user?.uid;
  if (!user) Promise.resolve(toldThem).then(() => forget(left));
}

function provider(name) {
  if (name === "google") return new GoogleAuthProvider().setCustomParameters({ prompt: "select_account" });
  const apple = new OAuthProvider("apple.com");
  apple.addScope("email");
  return apple;
}

async function signInWith(name) {
  try {
    await signInWithPopup(auth, provider(name), browserPopupRedirectResolver);
  } catch (error) {
    if (!NO_POPUPS.includes(error.code)) throw error;
    storage("sessionStorage")?.setItem(REDIRECT_KEY, "1");
    await signInWithRedirect(auth, provider(name), browserPopupRedirectResolver);
  }
}

const email = () => $("email").value.trim();
const byEmail = {
  password: () => signInWithEmailAndPassword(auth, email(), $("password").value),
  async reset() {
    await sendPasswordResetEmail(auth, email());
    say("If that address has an account, a message with a link to set a new password is on its way.");
  },
  async link() {
    await sendSignInLinkToEmail(auth, email(), { url: location.href, handleCodeInApp: true });
    storage("localStorage")?.setItem(EMAIL_KEY, email());
    say(`A sign-in link is on its way to ${email()}. Open it on this device to go on.`);
  },
};

// The link may open in another browser than the one that asked for it: then the address has to be typed again.
async function finishEmailLink() {
  const link = location.href;
  const finish = async (address) => {
    await signInWithEmailLink(auth, address, link);
    storage("localStorage")?.removeItem(EMAIL_KEY);
    const clean = new URL(link);
    for (const name of ["apiKey", "oobCode", "mode", "lang", "continueUrl", "tenantId"]) clean.searchParams.delete(name);
    history.replaceState(null, "", clean);
    say("");
  };
  const address = storage("localStorage")?.getItem(EMAIL_KEY);
  if (address) return finish(address);
  byEmail.link = () => finish(email());
  for (const other of document.querySelectorAll("#password-field, [data-email=password], [data-email=reset], .provider")) {
    other.hidden = true;
    if (other.type === "submit") other.type = "button"; // or Enter would still press it
  }
  const button = document.querySelector("[data-email=link]");
  button.textContent = "Finish signing in";
  button.className = "secondary";
  button.type = "submit";
  say("You opened a sign-in link. Type the e-mail address that it was sent to.");
}

for (const button of document.querySelectorAll("[data-provider]"))
  button.addEventListener("click", () => attempt(() => signInWith(button.dataset.provider)));
for (const button of document.querySelectorAll("button[data-email]"))
  button.addEventListener("click", () => button.type === "button" && attempt(() => byEmail[button.dataset.email]()));
$("email-form")?.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => byEmail[event.submitter.dataset.email]());
});
$("another").addEventListener("click", () => attempt(() => signOut(auth)));

// Sign the person out because of TEXT, which they are told.
export async function leave(text) {
  await signOut(auth);
  show(null);
  goOn();
  warn(text);
}

// Call onUser with the person who is signed in, or null, now and whenever that changes. What it returns is waited for
// before this browser forgets who has left.
export async function start(onUser) {
  tell = onUser;
  say("Checking whether you are signed in…");
  try {
    if (storage("sessionStorage")?.getItem(REDIRECT_KEY)) {
      storage("sessionStorage").removeItem(REDIRECT_KEY);
      await getRedirectResult(auth, browserPopupRedirectResolver);
    }
    await auth.authStateReady();
    say("");
    if (isSignInWithEmailLink(auth, location.href)) await finishEmailLink();
  } catch (error) {
    complain(error);
  }
  onAuthStateChanged(auth, show);
}
