// A person's notes in Firestore, under firestore.rules: listened to, put away, pinned and deleted as the phone app does it.
import {
  collection, connectFirestoreEmulator, deleteDoc, doc, getCountFromServer, initializeFirestore, limit, onSnapshot, orderBy,
  memoryLocalCache, persistentLocalCache, persistentMultipleTabManager, query, setLogLevel, terminate, updateDoc,
} from "./vendor/firebase-firestore.js";
import { hold, keepOnly } from "./forget.js";
import { readNote } from "./note.js";

setLogLevel("silent"); // what goes wrong is told on the page
const WITH_METADATA = { includeMetadataChanges: true }; // or nothing tells that the connection broke

// The notes of UID, until `close`. What the browser keeps of them stays until `forget`.
export async function open(app, { database, emulator }, uid) {
  await keepOnly(uid).catch(() => {}); // Firestore works from memory then
  const release = await hold();
  const firestore = initializeFirestore(app, { localCache: cache() }, database);
  if (emulator) {
    const [, host, port] = /^(.*):(\d+)$/.exec(emulator);
    connectFirestoreEmulator(firestore, host, Number(port));
  }
  const notes = collection(firestore, "users", uid, "notes");
  const one = (id) => doc(notes, id);
  return {
    follow: (most, told, failed) => follow(notes, most, told, failed),
    followOne(id, told, failed) {
      const changed = (found) => told(found.exists() ? readNote(id, found.data()) : null, found.metadata.fromCache);
      const refused = (error) => (error.code === "invalid-argument" ? told(null) : failed(error)); // an id of no note
      return onSnapshot(one(id), WITH_METADATA, changed, refused);
    },
    setArchived: (id, archived) => updateDoc(one(id), { archived }),
    setPinned: (id, pinned) => updateDoc(one(id), { pinned }),
    delete: (id) => deleteDoc(one(id)),
    close: () => terminate(firestore).finally(release),
  };
}

function cache() {
  try {
    localStorage; // throws where cookies are blocked, as Firestore would then
    return persistentLocalCache({ tabManager: persistentMultipleTabManager() });
  } catch {
    return memoryLocalCache();
  }
}

// Tell TOLD the newest MOST notes now and whenever they change, as {notes, arrived, isAll, isCached}: `arrived` are those
// that were saved since it listens. Returns what ends it.
//
// Ordered by createdAt, a query does not find notes without one. So when all that it finds are there they are counted,
// and if there are others it goes on without an order.
function follow(notes, most, told, failed) {
  let isCounted = false;
  let stop = listen(query(notes, orderBy("createdAt", "desc"), limit(most)), most, (state) => {
    told(state);
    if (isCounted || state.isCached || !state.isAll) return;
    isCounted = true;
    getCountFromServer(notes).then((all) => all.data().count > state.notes.length && followAll(), () => {});
  }, failed);
  let followAll = () => {
    stop();
    stop = listen(notes, Infinity, told, failed);
  };
  return () => {
    followAll = () => {};
    stop();
  };
}

function listen(asked, most, told, failed) {
  const known = new Map(); // a note's object stays the same as long as its document does
  let since = null; // what is newer than this was saved meanwhile
  return onSnapshot(asked, WITH_METADATA, (found) => {
    const arrived = [];
    for (const { type, doc: { id }, doc: document } of found.docChanges()) {
      if (type === "removed") {
        known.delete(id);
        continue;
      }
      const note = readNote(id, document.data());
      known.set(id, note);
      if (type === "added" && since !== null && note.createdAt > since) arrived.push(note);
    }
    const [notes, isAll, isCached] = [[...known.values()], found.size < most, found.metadata.fromCache];
    // When one of many is deleted, an older one moves up: it is not new.
    if (!isCached) since = isAll ? -Infinity : Math.min(...notes.map((note) => note.createdAt ?? Infinity));
    told({ notes, arrived, isAll, isCached });
  }, failed);
}
