// What Firestore keeps of a person in this browser, notes among it: gone with them, on whatever page they sign out.
const OWNER = "mate:notes-of";
let going = Promise.resolve();

// Delete it, unless it is somebody's who came after UID. Whoever has it open closes it first, or it is made again.
export function forget(uid) {
  going = going.then(() => wipe(uid)).catch(() => {}); // where nothing can be kept there is nothing
  return going;
}

// Let this browser keep the notes of UID, and of nobody else.
export async function keepOnly(uid) {
  await going;
  if (localStorage.getItem(OWNER) !== uid) await wipe();
  localStorage.setItem(OWNER, uid);
}

async function wipe(uid) {
  const owner = localStorage.getItem(OWNER);
  if (uid && owner !== null && owner !== uid) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith("firestore_")) localStorage.removeItem(key);
  const names = (await indexedDB.databases()).map(({ name }) => name).filter((name) => name.startsWith("firestore/"));
  await Promise.all(names.map(deleted));
  localStorage.removeItem(OWNER);
}

// Other tabs that have it open are told to let it go, and then it is deleted: there is nothing to wait for.
const deleted = (name) => new Promise((resolve) => {
  const request = indexedDB.deleteDatabase(name);
  request.onsuccess = request.onerror = request.onblocked = resolve;
});
