// The rows of the list: of what is looked for, as many as are asked for. All text of a note goes in as text.
import { compare, KINDS, oneLine, withoutMarks } from "./note.js";
import { isWanted, tagsOf, words } from "./note-search.js";

const PAGE = 50;
const MOST_OPTIONS = 300;
const $ = (id) => document.getElementById(id);
const [list, filter] = [$("list"), $("filter")];
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const number = new Intl.NumberFormat();
const rows = new Map(); // what is shown, by id
let most = PAGE;

export const address = (id) => `/notes/${encodeURIComponent(id)}`;
export const kindOf = (note) => (Object.hasOwn(KINDS, note.kind) ? KINDS[note.kind] : oneLine(note.kind, 30));
export const isFiltered = () => Boolean($("words").value.trim() || $("kind").value || $("tag").value);
export const isArchive = () => $("which").value === "archived";

function wanted() {
  return { words: words($("words").value), kind: $("kind").value, tag: $("tag").value, archived: isArchive() };
}

// Show of NOTES, which may be ALL, what is looked for. Returns how many are found, and how many of them are shown at most.
export function showRows(notes, isAll) {
  options($("kind"), [...new Set([...Object.keys(KINDS), ...notes.map((note) => note.kind)])].map((kind) => [kind, kindOf({ kind })]));
  options($("tag"), tagsOf(notes));
  const asked = wanted();
  const found = notes.filter((note) => isWanted(note, asked)).sort(compare);
  const shown = found.slice(0, most);
  place(shown.map(rowOf));
  const staying = new Set(shown.map((note) => note.id));
  for (const id of rows.keys()) if (!staying.has(id)) rows.delete(id);
  const count = found.length === 1 ? "1 note found" : `${number.format(found.length)} notes found`;
  $("found").textContent = isFiltered() ? count + (isAll ? "" : " so far") : "";
  return { found: found.length, most };
}

export const showMore = () => (most += PAGE);
export const showLess = () => (most = PAGE);

export function clearRows() {
  filter.reset();
  rows.clear();
  list.replaceChildren();
  $("found").textContent = "";
  showLess();
}

export const rowFor = (id) => rows.get(id)?.row.querySelector("a");

// Put ELEMENTS into the list, and move none that is in its place already: it may be read, or have the focus.
function place(elements) {
  const staying = new Set(elements);
  for (const row of [...list.children]) if (!staying.has(row)) remove(row);
  elements.forEach((row, n) => list.children[n] !== row && list.insertBefore(row, list.children[n] ?? null));
}

function remove(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const hadFocus = row.contains(document.activeElement);
  row.remove();
  if (hadFocus) (next?.querySelector("a") ?? $("go")).focus();
}

function rowOf(note) {
  const old = rows.get(note.id);
  if (old?.note === note) return old.row;
  const row = old?.row ?? $("row").content.firstElementChild.cloneNode(true);
  const [link, [beginning, about]] = [row.querySelector("a"), row.querySelectorAll("p")];
  link.href = address(note.id);
  link.dataset.id = note.id;
  link.textContent = note.title;
  beginning.textContent = oneLine(withoutMarks(note.content.slice(0, 1200)), 240);
  about.replaceChildren(...facts(note));
  rows.set(note.id, { note, row });
  return row;
}

function facts(note) {
  const found = [];
  if (note.pinned) found.push(Object.assign(document.createElement("span"), { className: "pinned", textContent: "Pinned" }));
  found.push(kindOf(note));
  if (note.createdAt) found.push(timeElement(note.createdAt, day));
  if (note.from) found.push(isolated(note.from));
  found.push(...note.tags.slice(0, 5).map((tag) => isolated(`#${tag}`)));
  return found.flatMap((fact, n) => (n ? [" · ", fact] : [fact]));
}

export function isolated(words) {
  const element = document.createElement("bdi");
  element.textContent = words;
  return element;
}

export function timeElement(time, format) {
  const element = document.createElement("time");
  element.dateTime = time.toISOString();
  element.textContent = format.format(time);
  element.lang = format.resolvedOptions().locale;
  return element;
}

// The choices of SELECT beside "All" become PAIRS of value and words; what is chosen stays chosen.
function options(select, pairs) {
  const chosen = select.value;
  const kept = pairs.filter(([value], n) => n < MOST_OPTIONS || value === chosen);
  if (chosen && !kept.some(([value]) => value === chosen)) kept.push([chosen, select.selectedOptions[0].text]);
  if (JSON.stringify(kept) === select.dataset.pairs) return;
  select.dataset.pairs = JSON.stringify(kept);
  select.replaceChildren(select.options[0], ...kept.map(([value, words]) => new Option(words, value)));
  select.value = chosen;
}
