// The list, live: the newest notes, and as many more as are needed to show what is looked for.
import { isolated, tell } from "./notes-news.js";
import { clearRows, isArchive, isFiltered, showLess, showMore, showRows } from "./notes-rows.js";

const [AT_FIRST, MORE] = [60, 4]; // four times as many each time that they are too few
const MOST_UNASKED = 3840;
const PATIENCE = 5_000; // milliseconds in which an answer is not missed
const $ = (id) => document.getElementById(id);
let source; // {notes, failed}: where they come from
let all; // what it told last
let loaded, allowed; // how many it is asked for, and may be asked for unless a person wants more
let continueAt = null; // the place in the list to go on from, when more have come
let isPatient;
let stop = () => {};

export function followList(notes, failed) {
  source = { notes, failed };
  [loaded, allowed] = [AT_FIRST, MOST_UNASKED];
  load();
}

export function clearList() {
  stop();
  [source, all, continueAt, stop] = [undefined, undefined, null, () => {}];
  clearRows();
  for (const id of ["more", "none", "offline"]) $(id).hidden = true;
}

function load() {
  stop();
  isPatient = true;
  const patience = setTimeout(() => {
    isPatient = false;
    draw();
  }, PATIENCE);
  const end = source.notes.follow(loaded, told, source.failed);
  stop = () => {
    clearTimeout(patience);
    end();
  };
}

function told(state) {
  all = state;
  draw();
  if (state.arrived.length === 1) tell(`New note: ${isolated(state.arrived[0].title)}`);
  if (state.arrived.length > 1) tell(`${state.arrived.length} new notes`);
}

export function draw() {
  if (!source) return;
  const isKnown = all && !all.isCached;
  const isOffline = !navigator.onLine || (!isPatient && !isKnown);
  const { found, most } = showRows(all?.notes ?? [], isKnown && all.isAll);
  const isShort = isKnown && !all.isAll && found <= most;
  $("more").hidden = found <= most && !(isShort && loaded >= allowed);
  $("offline").hidden = !isOffline;
  $("offline").textContent = isOffline ? "There is no connection. You see what was here last; it goes on by itself." : "";
  $("none").hidden = found > 0 || isOffline;
  $("none").textContent = found ? "" : none(isKnown && all.isAll);
  if (isShort && loaded < allowed) {
    loaded *= MORE;
    load();
  } else if (isKnown) goOn();
}

function none(isComplete) {
  if (!isComplete) return loaded < allowed ? "Looking for notes…" : "There is nothing among the newest ones.";
  if (isFiltered()) return "Try other words, or fewer.";
  if (isArchive()) return "The archive is empty.";
  return "There is nothing yet. Say “save it” to your assistant, and its answer appears here at once.";
}

function goOn() {
  if (continueAt === null) return;
  ($("list").children[continueAt] ?? $("list").lastElementChild)?.querySelector("a").focus();
  continueAt = null;
}

$("filter").addEventListener("submit", (event) => event.preventDefault());
$("filter").addEventListener("input", () => {
  showLess();
  draw();
});
$("more").addEventListener("click", () => {
  continueAt = $("list").childElementCount;
  allowed = Math.max(allowed, MORE * loaded);
  showMore();
  draw();
});
for (const name of ["online", "offline"]) addEventListener(name, draw);
