// What Firestore keeps of a person in this browser, notes among it: gone with them, on whatever page they sign out.
const OWNER = "mate:notes-of";
const LOCK = "mate:notes";
const PATIENCE = 5_000; // milliseconds: a tab that sleeps keeps nobody from leaving
let going = Promise.resolve();

// Say that this tab has it open, until what this gives is called: once all have closed it, it can be deleted. While one
// has it open Firestore would make it again.
export function hold() {
  const locked = (held) => navigator.locks.request(LOCK, { mode: "shared" }, () => new Promise(held));
  return new Promise((held) => Promise.resolve(held).then(locked).catch(() => held(() => {}))); // where there are none
}

// Delete it, unless it is somebody's who came after UID.
export function forget(uid) {
  going = going.then(() => alone(() => wipe(uid))).catch(() => {}); // where nothing can be kept there is nothing
  return going;
}

// The same, when all of UID's notes are deleted; a tab that has them open hears of it and goes on.
export async function forgetUnlessOpen(uid) {
  const locks = await Promise.resolve().then(() => navigator.locks.query()).catch(() => ({ held: [] }));
  if (!locks.held.some(({ name }) => name === LOCK)) await forget(uid);
}

// Let this browser keep the notes of UID, and of nobody else.
export async function keepOnly(uid) {
  await going;
  if (localStorage.getItem(OWNER) !== uid) await alone(() => wipe());
  localStorage.setItem(OWNER, uid);
}

// Do WORK when no tab has it open, or cannot say so.
async function alone(work) {
  let isBegun = false;
  const begin = () => ((isBegun = true), work());
  try {
    await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(PATIENCE) }, begin);
  } catch (error) {
    if (isBegun) throw error;
    await work();
  }
}

async function wipe(uid) {
  const owner = localStorage.getItem(OWNER);
  if (uid && owner !== null && owner !== uid) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith("firestore_")) localStorage.removeItem(key);
  const databases = await indexedDB.databases();
  await Promise.all(databases.map(({ name }) => name).filter((name) => name.startsWith("firestore/")).map(deleted));
  localStorage.removeItem(OWNER);
}

// Other tabs that have it open are told to let it go, and then it is deleted: there is nothing to wait for.
const deleted = (name) => new Promise((resolve) => {
  const request = indexedDB.deleteDatabase(name);
  request.onsuccess = request.onerror = request.onblocked = resolve;
});
