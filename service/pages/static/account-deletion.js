// Deletion of everything: asked twice, carried on until it is done, with a receipt (docs/leaving.md).
import { forgetUnlessOpen } from "./forget.js";
import { download } from "./account-download.js";
import { call, explain, patiently } from "./api.js";
import { auth, say } from "./sign-in.js";

const $ = (id) => document.getElementById(id);
const number = new Intl.NumberFormat();
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const ENDED = "Your sign-in has ended. What was deleted stays deleted; sign in again to go on.";
let current; // what is under way; who finds another one here was left behind by a change of person

export function forgetDeletion() {
  current = undefined;
  for (const dialog of document.querySelectorAll("dialog")) dialog.close("cancel");
  URL.revokeObjectURL($("save-receipt").href);
  for (const id of ["begun", "deleting", "receipt", "carry-on"]) $(id).hidden = true;
  $("delete").hidden = $("offer").hidden = false;
}

// Show what is known of an earlier deletion of who is signed in now.
export async function lookUpDeletion() {
  const mine = (current = {});
  try {
    const state = await call("GET", "/me/deletion");
    if (current !== mine) return;
    if (state.done) return showReceipt(state);
    write($("begun").querySelector("time"), state.requestedAt);
    $("begun").hidden = $("carry-on").hidden = false;
    $("delete").hidden = true;
  } catch (error) {
    if (current === mine && error.status !== 404) await explain(error);
  }
}

async function ask() {
  const answer = await answerTo($("question"));
  if (answer === "download") return download();
  if (answer !== "go-on") return;
  $("last-question").querySelector("b").textContent = $("who").textContent;
  if ((await answerTo($("last-question"))) === "delete") await carryOn();
}

function answerTo(dialog) {
  dialog.returnValue = "cancel"; // which Escape leaves as it is, in some browsers
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue), { once: true });
  });
}

async function carryOn() {
  if (!auth.currentUser) return;
  const mine = (current = {});
  for (const id of ["begun", "carry-on", "delete", "offer", "receipt"]) $(id).hidden = true;
  $("deletion").focus();
  say("Deleting. You may leave this page, and go on here later.");
  try {
    let state = { done: false };
    while (!state.done) {
      state = await patiently(() => call("POST", "/me/deletion", { confirm: "delete everything" }));
      if (current !== mine) return;
      showProgress(state);
    }
    await forgetUnlessOpen(auth.currentUser?.uid);
    if (current !== mine) return;
    showReceipt(state);
    say("Everything is deleted.");
    $("receipt-of").focus();
  } catch (error) {
    if (current !== mine) return;
    $("carry-on").hidden = false;
    $("carry-on").focus();
    await explain(error, ENDED);
  }
}

function showProgress({ found, deleted }) {
  const sum = (counts) => Object.values(counts).reduce((one, other) => one + other, 0);
  const [count, all] = [sum(deleted), Math.max(sum(deleted), sum(found))]; // some may have come meanwhile
  $("deleting").hidden = false;
  $("deleted").max = all || 1;
  $("deleted").value = all ? count : 1;
  const notes = `${number.format(deleted.notes)} of ${number.format(Math.max(deleted.notes, found.notes))} notes`;
  $("deleting").querySelector("[data-of]").textContent = `${notes}. Assistants have no access any more.`;
}

function showReceipt(state) {
  const receipt = $("receipt");
  for (const name of ["requestedAt", "finishedAt"]) write(receipt.querySelector(`[data-of=${name}]`), state[name]);
  for (const [kind, count] of Object.entries(state.deleted))
    receipt.querySelector(`[data-of=${kind}]`).textContent = number.format(count);
  const file = new Blob([`${JSON.stringify(state, null, 2)}\n`], { type: "application/json" });
  $("save-receipt").href = URL.createObjectURL(file);
  $("save-receipt").download = `deletion-${state.finishedAt.slice(0, 10)}.json`;
  $("deleting").hidden = true;
  receipt.hidden = $("delete").hidden = $("offer").hidden = false;
}

function write(time, moment) {
  time.dateTime = moment;
  time.textContent = minute.format(new Date(moment));
  time.lang = minute.resolvedOptions().locale;
}

$("delete").addEventListener("click", ask);
$("carry-on").addEventListener("click", carryOn);
