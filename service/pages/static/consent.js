// Consent: "Allow" posts the person's ID token with the request that this page was made for.
import { auth, complain, say, start } from "./sign-in.js";

const form = document.getElementById("decision");
const go = document.getElementById("go");
const refusal = form.elements.decision.value;
// As the answer to a post the page has no address to be loaded again by, or to be returned to from an e-mail.
if (!location.search) history.replaceState(null, "", `/authorization?${form.elements.request.value}`);

function decide(decision, idToken) {
  form.elements.decision.value = decision;
  form.elements.id_token.value = idToken;
}
// Only "Deny" submits the form by itself; whatever "Allow" had put there is taken back.
form.addEventListener("submit", () => decide(refusal, ""));

async function send() {
  go.disabled = true;
  say("Connecting…");
  // Stopped, or come back to: it can be pressed again.
  setTimeout(() => { go.disabled = go.hidden; say(""); }, 10_000);
  try {
    decide(go.dataset.decision, await auth.currentUser.getIdToken());
    form.submit();
  } catch (error) {
    go.disabled = false;
    complain(error);
  }
}
go.addEventListener("click", send);
await start((user) => {
  go.hidden = go.disabled = !user;
});
