// No line of firestore.rules is there in vain: without it, or with it loosened, something goes otherwise than it should.
import { readFileSync } from "node:fs";
import { test } from "node:test";
import assert from "node:assert";
import { documented, permitted } from "./cases.mjs";
import { mutations, operands } from "./mutations.mjs";
import { RestWall, spent, wrongOnes } from "./wall.mjs";

const rules = readFileSync(new URL("../../firestore.rules", import.meta.url), "utf8");

// CASES of the same function, refusals, and those with the same words come first: one is enough.
function likelyFirst(cases, of, label) {
  const words = new Set(label.match(/\w+/g));
  const likely = (one) =>
    100 * (one.of === of) + 200 * words.has(one.of) + 60 * (of === "goesOn" && one.of === "isPerson") + 20 * !one.isAllowed +
    30 * words.has(one.field) + one.label.match(/\w+/g).filter((word) => words.has(word)).length;
  return cases.map((one) => [likely(one), one]).sort(([a], [b]) => b - a).map(([, one]) => one);
}

test("an expression falls into its parts", () => {
  assert.deepStrictEqual(operands("a(b && c) && (!d || 'e && \\'f') ? g[h] : i"), ["a(b && c)", "!d", "'e && \\'f'", "g[h]", "i"]);
});

test("every change to the rules is noticed", async () => {
  const rest = new RestWall(`demo-mutations-${process.pid}`);
  await rest.put(rules);
  await rest.fill();
  const cases = [...permitted, ...documented];
  assert.deepStrictEqual((await wrongOnes(rest, rest, permitted)).map((one) => one.label), [], "the rules as they are");
  const all = [...mutations(rules)];
  const [unnoticed, telling] = [[], []];
  let tried = 0;
  for (const { line, label, of, rules: changed } of all) {
    await rest.put(changed);
    let noticed = false;
    const ordered = [...telling.filter((one) => one.of === of).slice(-2), ...likelyFirst(cases, of, label)];
    for (let i = 0, some = 8; i < ordered.length && !noticed; i += some, some *= 2) {
      const wrong = await wrongOnes(rest, rest, ordered.slice(i, i + some));
      tried += Math.min(some, ordered.length - i);
      noticed = wrong.length > 0;
      if (noticed && !telling.includes(wrong[0])) telling.push(wrong[0]);
      await rest.fill(spent(wrong));
    }
    if (!noticed) unnoticed.push(`line ${line}: ${label.slice(0, 80)}`);
  }
  console.log(`# mutations: ${all.length}, unnoticed: ${unnoticed.length}; ${tried} calls`);
  assert.deepStrictEqual(unnoticed, []);
  assert.ok(all.length > 80, "hardly anything was changed");
});
