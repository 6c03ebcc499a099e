// firestore.rules: every permission and every field as the app's own SDK meets them, and every note of documents.mjs.
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import assert from "node:assert";
import { documented, permitted } from "./cases.mjs";
import { RestWall, SdkWall, wrongOnes } from "./wall.mjs";

const rules = readFileSync(new URL("../../firestore.rules", import.meta.url), "utf8");
const project = `demo-rules-${process.pid}`;
const rest = new RestWall(project);
let sdk;
before(async () => {
  sdk = await SdkWall.open(project, rules);
  await rest.fill();
});
after(() => sdk.close());

const spelt = (wrong) => wrong.map((one) => `${one.isAllowed ? "refused" : "let through"}: ${one.label}`);

test("the rules compile without an issue", async () => {
  assert.deepStrictEqual(await rest.put(rules), []);
});

test("every permission and every field, with the SDK", async () => {
  assert.deepStrictEqual(spelt(await wrongOnes(sdk, rest, permitted)), []);
  console.log(`# permissions: ${permitted.length} cases, ${permitted.filter((one) => one.isAllowed).length} let through`);
});

test("every note is taken or refused as the schema says, new or edited", async () => {
  assert.deepStrictEqual(spelt(await wrongOnes(rest, rest, documented)), []);
  console.log(`# notes: ${documented.length} cases, ${documented.filter((one) => one.isAllowed).length} let through`);
});
