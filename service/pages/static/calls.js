// For operators: which version of the contract each client calls. All text of the API goes in as text.
import { call, explain } from "./api.js";
import { auth, say, start } from "./sign-in.js";

const $ = (id) => document.getElementById(id);
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
let uid; // for whom it is shown

async function load() {
  const asked = auth.currentUser.uid;
  $("again").hidden = true;
  say("Looking up what was called…");
  try {
    const { calls } = await call("GET", "/operator/calls");
    if (uid !== asked) return; // someone else has signed in meanwhile
    $("list").replaceChildren(...calls.map(row));
    $("found").hidden = calls.length === 0;
    $("none").hidden = calls.length > 0;
    $("calls").hidden = false;
    say("");
  } catch (error) {
    if (uid && uid !== asked) return;
    const isRefused = error.status === 403;
    $("calls").hidden = isRefused;
    $("again").hidden = isRefused;
    await explain(error);
  }
}

function row({ calledAt, isLive, ...texts }) {
  const made = $("call").content.firstElementChild.cloneNode(true);
  for (const [name, text] of Object.entries({ ...texts, isLive: isLive ? "live" : "not live" }))
    made.querySelector(`[data-of=${name}]`).textContent = text;
  made.classList.toggle("stale", !isLive);
  const time = made.querySelector("time");
  time.dateTime = calledAt;
  time.textContent = minute.format(new Date(calledAt));
  time.lang = minute.resolvedOptions().locale;
  return made;
}

$("again").addEventListener("click", () => {
  $("go").focus();
  load();
});
await start((user) => {
  if (user?.uid === uid) return;
  uid = user?.uid;
  $("list").replaceChildren();
  $("found").hidden = $("none").hidden = true;
  $("calls").hidden = !user;
  if (user) load();
});
