// firestore.rules as the phone app's SDK meets them.
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import { assertFails, assertSucceeds, initializeTestEnvironment } from "@firebase/rules-unit-testing";
import {
  collection, collectionGroup, deleteDoc, doc, getDoc, getDocs, setDoc, setLogLevel, updateDoc,
} from "firebase/firestore";

setLogLevel("silent");
const [host, port] = process.env.FIRESTORE_EMULATOR_HOST.split(":");
const rules = readFileSync(new URL("../../firestore.rules", import.meta.url), "utf8");
const CLOSED = ["oauthClients/x", "oauthCodes/x", "oauthTokens/x", "oauthGrants/x", "users/alice", "users/alice/other/x", "anything/x"];
const NOTE = "users/alice/notes/n1";
let environment;

before(async () => {
  environment = await initializeTestEnvironment({
    projectId: `demo-rules-${process.pid}`, firestore: { host, port: Number(port), rules },
  });
  await environment.withSecurityRulesDisabled(async (context) => {
    for (const path of [NOTE, ...CLOSED]) await setDoc(doc(context.firestore(), path), { title: "a", uid: "alice" });
  });
});
after(() => environment.cleanup());

const as = (uid) => (uid ? environment.authenticatedContext(uid) : environment.unauthenticatedContext()).firestore();

test("a person gets and lists their own notes", async () => {
  await assertSucceeds(getDoc(doc(as("alice"), NOTE)));
  const listed = await assertSucceeds(getDocs(collection(as("alice"), "users/alice/notes")));
  if (listed.size !== 1) throw new Error("the list is not complete");
});

for (const other of ["bob", null]) {
  test(`${other ?? "someone not signed in"} sees none of them`, async () => {
    await assertFails(getDoc(doc(as(other), NOTE)));
    await assertFails(getDocs(collection(as(other), "users/alice/notes")));
    await assertFails(getDocs(collectionGroup(as(other), "notes")));
  });
}

for (const person of ["alice", "bob", null]) {
  test(`${person ?? "someone not signed in"} writes nothing`, async () => {
    await assertFails(setDoc(doc(as(person), "users/alice/notes/new"), { title: "b" }));
    await assertFails(updateDoc(doc(as(person), NOTE), { title: "b" }));
    await assertFails(deleteDoc(doc(as(person), NOTE)));
  });
  for (const path of CLOSED) {
    test(`${person ?? "someone not signed in"} cannot touch ${path}`, async () => {
      await assertFails(getDoc(doc(as(person), path)));
      await assertFails(setDoc(doc(as(person), path), { title: "b" }));
      await assertFails(deleteDoc(doc(as(person), path)));
      const parent = path.split("/").slice(0, -1).join("/");
      await assertFails(getDocs(collection(as(person), parent)));
    });
  }
}
