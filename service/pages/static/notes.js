// The reader: a person's own notes, live. The list is at /notes, and one of them at /notes/{id}.
import { clearNote, showNoNote, showNote } from "./note-view.js";
import { clearList, followList } from "./notes-list.js";
import { explain, isolated, tell } from "./notes-news.js";
import { address, rowFor } from "./notes-rows.js";
import { auth, say, start } from "./sign-in.js";

const $ = (id) => document.getElementById(id);
const question = $("question");
const pageTitle = document.title;
const PATIENCE = 5_000; // milliseconds in which an answer is not missed
history.scrollRestoration = "manual";

let uid; // whose notes are shown
let notes = null; // theirs, in Firestore
let opening = Promise.resolve(null);
let closing = Promise.resolve();
let opened = null; // the id of the note that is open
let note = null; // and the note, when it is there
let stopNote = () => {};
let listAt = 0; // how far the list was scrolled when a note was opened

// ---- Who is here

async function enter(user) {
  const asked = (uid = user.uid);
  $("notes").hidden = false;
  show();
  const mine = (opening = closing.then(() => connect(asked)).catch(() => null));
  const theirs = await mine;
  if (opening !== mine) return;
  if (!theirs) return failed({ code: "unavailable" });
  notes = theirs;
  follow();
}

async function connect(asked) {
  const { open } = await import("./notes-firestore.js");
  return open(auth.app, JSON.parse($("notes").dataset.firestore), asked);
}

function exit() {
  stopNote();
  clearList();
  clearNote();
  closing = opening.then((theirs) => theirs?.close()).catch(() => {});
  opening = Promise.resolve(null);
  [uid, notes, note, stopNote] = [undefined, null, null, () => {}];
  question.close();
  $("notes").hidden = $("again").hidden = true;
  document.title = pageTitle;
  say("");
}

function follow() {
  followList(notes, failed);
  followNote();
}

const failed = (error) => uid && explain(error, "Your notes cannot be fetched");

// ---- What the address names

// By a PRESS: then a person goes on in what it shows.
function show(isPress = false) {
  const [before, was] = [opened, note];
  opened = idOf(location.pathname);
  $("overview").hidden = opened !== null;
  $("note").hidden = opened === null;
  followNote();
  if (opened !== null) return isPress && goTo($("title"), 0);
  document.title = pageTitle;
  if (before !== null) goTo((was && rowFor(before)) ?? $("go"), listAt);
}

function idOf(path) {
  const [, id] = /^\/notes\/(.+)$/.exec(path) ?? [];
  try {
    return id ? decodeURIComponent(id) : null;
  } catch {
    return id; // which is no note's
  }
}

function goTo(element, at) {
  element.focus({ preventScroll: true });
  scrollTo(0, at);
}

function open(id) {
  listAt = scrollY;
  history.pushState({ isInside: true }, "", address(id));
  show(true);
}

function back() {
  if (history.state?.isInside) return history.back();
  history.replaceState(null, "", "/notes");
  show();
}

function followNote() {
  stopNote();
  [stopNote, note] = [() => {}, null];
  clearNote();
  if (opened === null) return;
  showNoNote("Looking for the note…");
  if (notes) stopNote = notes.followOne(opened, told, failed);
}

function told(found, isCached) {
  const [was, isLost] = [note, document.activeElement === document.body];
  note = found;
  if (found) showNote(found);
  else if (isCached) showNoNote("This note is not kept here, and there is no connection. It appears when there is one.");
  else showNoNote(was ? "This note was deleted." : "There is no such note, or not any more.");
  document.title = `${$("title").textContent} · ${pageTitle}`;
  if (isLost) $("title").focus({ preventScroll: true });
}

// ---- What a person does

// Tell WORDS when what a person did is DONE. It is seen at once; if it is refused, Firestore takes it back.
function change(done, words) {
  const asked = uid;
  const late = setTimeout(() => tell(`${words} It is sent when there is a connection.`), navigator.onLine ? PATIENCE : 0);
  done.then(() => tell(words), (error) => uid === asked && explain(error, "That could not be changed")).finally(() => clearTimeout(late));
}

async function remove() {
  const [asked, { id, title }] = [uid, note];
  if (!(await confirmed(title)) || uid !== asked) return;
  change(notes.delete(id), `${isolated(title)} is deleted.`);
  if (opened !== id) return;
  note = null;
  back();
}

function confirmed(title) {
  question.querySelector("bdi").textContent = title;
  question.returnValue = "cancel"; // which Escape leaves as it is, in some browsers
  question.showModal();
  return new Promise((answer) => {
    question.addEventListener("close", () => answer(question.returnValue === "delete"), { once: true });
  });
}

// The presses of links that stay in this page; with a key held, the browser opens another.
function onPress(element, act) {
  element.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    act(link);
  });
}

onPress($("list"), (link) => open(link.dataset.id));
onPress($("back"), back);
$("pin").addEventListener("click", () =>
  change(notes.setPinned(note.id, !note.pinned), note.pinned ? "It is not pinned any more." : "Pinned: it comes first in the list."));
$("archive").addEventListener("click", () =>
  change(notes.setArchived(note.id, !note.archived), note.archived ? "It is back among your notes." : "Archived."));
$("delete").addEventListener("click", remove);
$("again").addEventListener("click", () => {
  $("again").hidden = true;
  say("");
  $(opened === null ? "go" : "title").focus();
  notes ? follow() : enter(auth.currentUser);
});
addEventListener("popstate", () => show(true));
await start((user) => {
  if (user?.uid === uid) return closing;
  if (uid) exit();
  if (user) enter(user);
  return closing;
});
