// A phone that listens to the newest notes: one line of JSON a snapshot, {at: ms since 1970, added: ids, newest first}.
// "offline" and "online" on stdin switch its network.   node listener.mjs EMAIL PASSWORD UID [HOW-MANY]
import { createInterface } from "node:readline";
import { initializeApp } from "firebase/app";
import { connectAuthEmulator, getAuth, signInWithEmailAndPassword } from "firebase/auth";
import {
  collection, connectFirestoreEmulator, disableNetwork, enableNetwork, getFirestore, limit, onSnapshot, orderBy, query, setLogLevel,
} from "firebase/firestore";

setLogLevel("silent"); // going offline is no surprise here
const { GOOGLE_CLOUD_PROJECT: projectId, FIREBASE_AUTH_EMULATOR_HOST, FIRESTORE_EMULATOR_HOST } = process.env;
const [email, password, uid, most = "1000"] = process.argv.slice(2);
const app = initializeApp({ projectId, apiKey: "emulator-takes-any-key" });
const auth = getAuth(app);
connectAuthEmulator(auth, `http://${FIREBASE_AUTH_EMULATOR_HOST}`, { disableWarnings: true });
const firestore = getFirestore(app);
const [host, port] = FIRESTORE_EMULATOR_HOST.split(":");
connectFirestoreEmulator(firestore, host, Number(port));

const say = (line) => console.log(JSON.stringify({ at: performance.timeOrigin + performance.now(), ...line }));
await signInWithEmailAndPassword(auth, email, password);
onSnapshot(
  query(collection(firestore, `users/${uid}/notes`), orderBy("createdAt", "desc"), limit(Number(most))),
  (snapshot) => say({ added: snapshot.docChanges().filter(({ type }) => type === "added").map((change) => change.doc.id) }),
  (error) => say({ refused: error.code }),
);
for await (const line of createInterface(process.stdin)) {
  await (line === "offline" ? disableNetwork : enableNetwork)(firestore);
  say({ is: line });
}
