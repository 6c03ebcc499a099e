// Download of all notes: part after part, joined here into one zip (docs/leaving.md).
import { explain, load, patiently } from "./api.js";
import { say } from "./sign-in.js";
import { Joined } from "./zip.js";

const $ = (id) => document.getElementById(id);
const number = new Intl.NumberFormat();
let current; // what is under way; who finds another one here was left behind by a change of person

export async function download() {
  forgetDownload();
  current = { zip: new Joined(), cursor: "", total: 0, count: 0 };
  await carryOn(current);
}

export function forgetDownload() {
  current = undefined;
  for (const link of $("files").querySelectorAll("a")) URL.revokeObjectURL(link.href);
  $("files").replaceChildren();
  for (const id of ["fetching", "no-notes", "files", "resume"]) $(id).hidden = true;
  $("download").hidden = false;
  $("delete").disabled = false;
}

async function carryOn(mine) {
  $("download").hidden = $("resume").hidden = $("delete").disabled = true; // nothing goes before it was taken along
  $("fetching").hidden = false;
  $("go").focus();
  say("Downloading your notes. Leave this page open.");
  try {
    while (mine.cursor !== null) {
      const headers = await patiently(() => next(mine));
      if (current !== mine) return;
      mine.total = Number(headers.get("Notes-Total") ?? mine.total);
      mine.count += Number(headers.get("Notes-In-Part"));
      mine.cursor = headers.get("Next-Cursor");
      show(mine);
    }
    finish(mine);
  } catch (error) {
    if (current !== mine) return;
    $("resume").hidden = $("delete").disabled = false;
    $("resume").focus();
    await explain(error);
  }
}

// Fetch the next part of MINE, and add it when all of it is there.
async function next(mine) {
  const { bytes, headers } = await load(`/me/export${mine.cursor && `?cursor=${mine.cursor}`}`);
  if (current === mine) mine.zip.add(bytes);
  return headers;
}

function show({ count, total }) {
  const all = Math.max(count, total); // some may have been added meanwhile
  $("fetched").max = all || 1;
  $("fetched").value = all ? count : 1;
  $("fetching").querySelector("[data-of]").textContent = `${number.format(count)} of ${number.format(all)}`;
}

function finish({ zip, count }) {
  $("download").hidden = $("delete").disabled = false;
  $("fetching").hidden = $("files").hidden = count === 0;
  $("no-notes").hidden = count > 0;
  if (count === 0) return say("");
  const day = new Date().toISOString().slice(0, 10);
  const files = zip.files();
  $("files").replaceChildren(...files.map((file, n) => row(file, `notes-${day}${files.length > 1 ? `-${n + 1}` : ""}.zip`)));
  say(`All ${number.format(count)} notes are here. Save them now: they are gone from this page when you close it.`);
  $("files").querySelector("a").focus();
}

function row(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.textContent = `Save ${name} (${size(file.size)})`;
  const made = document.createElement("li");
  made.append(link);
  return made;
}

function size(bytes) {
  const [unit, divisor] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
  return new Intl.NumberFormat(undefined, { style: "unit", unit, maximumFractionDigits: 1 }).format(bytes / divisor);
}

$("download").addEventListener("click", download);
$("resume").addEventListener("click", () => carryOn(current));
