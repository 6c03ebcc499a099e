// Connections: what each assistant may do and did, and how a person ends it. All text of the API goes in as text.
import { call, explain } from "./api.js";
import { auth, say, start } from "./sign-in.js";

const $ = (id) => document.getElementById(id);
const list = $("list");
const question = $("question");
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const number = new Intl.NumberFormat();
const isolated = (name) => `\u2068${name}\u2069`; // whichever way the name is written, the sentence around it stays in order
const notes = (count) => (count === 1 ? "1 note" : `${number.format(count)} notes`);
let uid; // whose list is shown

async function load() {
  const asked = auth.currentUser.uid;
  $("again").hidden = true;
  say("Looking up what is connected…");
  try {
    const { connections } = await call("GET", "/me/connections");
    if (uid !== asked) return; // someone else has signed in meanwhile
    list.replaceChildren(...connections.map(row));
    $("none").hidden = connections.length > 0;
    say("");
  } catch (error) {
    if (uid && uid !== asked) return;
    $("again").hidden = false;
    await explain(error);
  }
}

function row(connection) {
  const made = $("connection").content.firstElementChild.cloneNode(true);
  made.querySelector("h3").textContent = connection.name;
  made.querySelector(".permissions").replaceChildren(...connection.permissions.map((permission) => {
    const item = document.createElement("li");
    item.textContent = permission;
    return item;
  }));
  for (const [name, format] of [["connectedAt", day], ["lastUsedAt", minute]]) {
    const time = made.querySelector(`[data-of=${name}]`);
    time.dateTime = connection[name];
    time.textContent = format.format(new Date(connection[name]));
    time.lang = format.resolvedOptions().locale;
  }
  made.querySelector("[data-of=notesSaved]").textContent = number.format(connection.notesSaved);
  for (const button of made.querySelectorAll("button")) {
    const joint = button.dataset.notes === "keep" ? " " : ": ";
    button.setAttribute("aria-label", button.textContent + joint + connection.name);
    button.addEventListener("click", () => end(made, connection, button));
  }
  return made;
}

async function end(ended, { id, name }, pressed) {
  const [asked, isDeleting] = [uid, pressed.dataset.notes === "delete"];
  if (isDeleting && !(await confirmed(name))) return;
  const buttons = ended.querySelectorAll("button");
  buttons.forEach((button) => (button.disabled = true));
  say(isDeleting ? `Disconnecting ${isolated(name)} and deleting what it saved…` : `Disconnecting ${isolated(name)}…`);
  try {
    const answer = await call("DELETE", `/me/connections/${id}${isDeleting ? "?notes=delete" : ""}`);
    if (uid !== asked) return;
    remove(ended);
    const kept = answer ? `${notes(answer.deletedNotes)} deleted.` : "What it saved stays.";
    say(`${isolated(name)} is disconnected. ${kept}`);
  } catch (error) {
    if (uid && uid !== asked) return;
    buttons.forEach((button) => (button.disabled = false));
    if (isLost(ended)) pressed.focus();
    await explain(error);
  }
}

function confirmed(name) {
  question.querySelector("bdi").textContent = name;
  question.returnValue = "cancel"; // which Escape leaves as it is, in some browsers
  question.showModal();
  return new Promise((answer) => {
    question.addEventListener("close", () => answer(question.returnValue === "delete"), { once: true });
  });
}

// A button that was disabled has lost the focus to the page as a whole.
const isLost = (ended) => document.activeElement === document.body || ended.contains(document.activeElement);

function remove(ended) {
  const wasLost = isLost(ended);
  const next = ended.nextElementSibling ?? ended.previousElementSibling;
  ended.remove();
  $("none").hidden = list.childElementCount > 0;
  if (wasLost) (next?.querySelector("h3") ?? $("go")).focus();
}

$("again").addEventListener("click", () => {
  $("go").focus();
  load();
});
await start((user) => {
  if (user?.uid === uid) return;
  uid = user?.uid;
  question.close();
  list.replaceChildren();
  $("connections").hidden = !user;
  $("none").hidden = true;
  if (user) load();
});
