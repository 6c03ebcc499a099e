// A phone: signs in with the real Firebase SDK and listens to notes. Each change is one line of JSON on stdout.
// node phone.mjs EMAIL PASSWORD UID-OF-THE-NOTES
import { initializeApp } from "firebase/app";
import { connectAuthEmulator, getAuth, signInWithEmailAndPassword } from "firebase/auth";
import { collection, connectFirestoreEmulator, getFirestore, onSnapshot, setLogLevel } from "firebase/firestore";

setLogLevel("silent"); // a refusal is an expected answer here
const { GOOGLE_CLOUD_PROJECT: projectId, FIREBASE_AUTH_EMULATOR_HOST, FIRESTORE_EMULATOR_HOST } = process.env;
const [email, password, uid] = process.argv.slice(2);
const app = initializeApp({ projectId, apiKey: "emulator-takes-any-key" });
const auth = getAuth(app);
connectAuthEmulator(auth, `http://${FIREBASE_AUTH_EMULATOR_HOST}`, { disableWarnings: true });
const firestore = getFirestore(app);
const [host, port] = FIRESTORE_EMULATOR_HOST.split(":");
connectFirestoreEmulator(firestore, host, Number(port));

const say = (line) => console.log(JSON.stringify(line));
await signInWithEmailAndPassword(auth, email, password);
onSnapshot(
  collection(firestore, `users/${uid}/notes`),
  (snapshot) => say({ notes: snapshot.docs.map((note) => ({ id: note.id, ...note.data(), createdAt: null, updatedAt: null })) }),
  (error) => { say({ refused: error.code }); process.exit(0); },
);
