// One note, opened. Its Markdown becomes elements in markdown.js; everything else goes in as text.
import { link, render } from "./markdown.js";
import { isolated, kindOf, timeElement } from "./notes-rows.js";

const $ = (id) => document.getElementById(id);
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
let shown = null;

// NOTE, drawn anew only where it has changed.
export function showNote(note) {
  $("of").hidden = false;
  $("title").textContent = note.title;
  $("origin").replaceChildren(...origin(note));
  showSource(note.sourceUrl);
  $("pin").textContent = note.pinned ? "Unpin" : "Pin";
  $("archive").textContent = note.archived ? "Unarchive" : "Archive";
  if (note.content !== shown) $("content").replaceChildren(render(note.content));
  shown = note.content;
}

// That there is none, and why.
export function showNoNote(words) {
  clearNote();
  $("title").textContent = words;
}

export function clearNote() {
  shown = null;
  $("of").hidden = true;
  for (const id of ["title", "origin", "source", "content"]) $(id).replaceChildren();
}

function origin(note) {
  const [from, kind] = [isolated(note.from ?? "you"), kindOf(note)];
  const found = [`${kind}, saved by `, from];
  if (note.createdAt) found.push(", ", timeElement(note.createdAt, minute));
  if (note.updatedAt && note.updatedAt - note.createdAt) found.push(", changed ", timeElement(note.updatedAt, minute));
  for (const tag of note.tags) found.push(" · ", isolated(`#${tag}`));
  return found;
}

function showSource(address) {
  const source = link(address, ["http:", "https:"]);
  source.textContent = address;
  $("source").replaceChildren("From ", source);
  $("source").hidden = !address;
}
