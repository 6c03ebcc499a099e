// What the reader makes of what it finds in a document: the parts that need no browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "../../service/pages/static/markdown.js";
import { fold, isWanted, tagsOf, words } from "../../service/pages/static/note-search.js";
import { compare, readNote, safeLink, withoutMarks } from "../../service/pages/static/note.js";

const note = (data, id = "n") => readNote(id, data);
const time = (seconds) => ({ toDate: () => new Date(1000 * seconds) });
const isFound = (text, data) => isWanted(note(data), { words: words(text), kind: "", tag: "", archived: false });

test("what differs by case, accents or width only is the same", () => {
  for (const [a, b] of [["CAFÉ", "cafe"], ["Straße", "STRASSE"], ["Ｆｕｌｌ", "full"], ["Łódź", "lodz"], ["שָׁלוֹם", "שלום"],
    ["مُحَمَّد", "محمد"], ["ΟΔΟΣ", "οδος"], ["e\u0301", "é"], ["İ", "i"]]) assert.equal(fold(a), fold(b), a);
  assert.notEqual(fold("か"), fold("が"));
});

test("every word is looked for in title, text and tags", () => {
  const data = { title: "Un été", content: "à la **mer**", tags: ["Vacances"] };
  for (const found of ["", "  ", "ETE", "mer vacances", "VACAN", "a été"]) assert.ok(isFound(found, data), found);
  for (const other of ["hiver", "été hiver"]) assert.ok(!isFound(other, data), other);
});

test("tags are one however they are written", () => {
  assert.deepEqual(tagsOf([note({ tags: ["Été", "b"] }), note({ tags: ["ete"] })]), [["b", "b"], ["ete", "Été"]]);
});

test("only whole web addresses are links", () => {
  for (const address of ["https://example.com/", "HTTP://example.com/a?b#c", "https://user@example.com/"])
    assert.ok(safeLink(address), address);
  for (const address of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "\u0001javascript:alert(1)", " javascript:alert(1)",
    "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://a/b", "//evil.example", "/notes",
    "\\\\evil.example", "example.com", "", "https:", "http://", "https://[", "mailto:a@example.com", "intent://x#Intent;end"])
    assert.equal(safeLink(address), null, address);
});

test("whatever a document holds becomes a note", () => {
  const circular = {};
  circular.self = circular;
  const odd = [undefined, null, 0, NaN, true, "", "text", [], [[]], {}, { a: { b: 1 } }, circular, time(NaN), time(1), new Date(0),
    "x".repeat(1_048_576), "\u0000\ud800", ["a", 1, null, { b: 2 }], Array(50_000).fill("t"), { toDate: 1 }, { clientName: {} }];
  const names = ["title", "content", "kind", "tags", "sourceUrl", "source", "createdAt", "updatedAt", "archived", "pinned"];
  for (const name of names) for (const value of odd) {
    const read = note({ title: "t", content: "c", [name]: value });
    for (const field of ["title", "content", "kind", "sourceUrl"]) assert.equal(typeof read[field], "string", `${name}.${field}`);
    assert.ok(read.title.length > 0 && read.title.length <= 301);
    assert.ok(read.tags.length <= 100 && read.tags.every((tag) => typeof tag === "string" && tag));
    for (const field of ["createdAt", "updatedAt"]) assert.ok(read[field] === null || Number.isFinite(read[field].getTime()));
    assert.ok(["archived", "pinned"].every((field) => typeof read[field] === "boolean"));
    assert.ok(read.from === null || typeof read.from === "string");
    withoutMarks(read.content.slice(0, 1200));
  }
  assert.equal(note({}).title, "Untitled");
  assert.equal(note({ content: "# A *heading*\n\ntext" }).title, "A heading text");
  assert.deepEqual(note({ tags: 5 }).tags, ["5"]);
  assert.equal(note({ title: { de: "Titel" } }).title, '{ "de": "Titel" }');
  assert.equal(note({ createdAt: "2026-11-22T12:00:00Z" }).createdAt.getTime(), Date.UTC(2026, 10, 22, 12));
});

test("the newest are first, pinned ones before, and what has no time last", () => {
  const notes = [note({ createdAt: time(1) }, "old"), note({}, "b"), note({}, "a"), note({ pinned: true }, "pin"), note({ createdAt: time(2) }, "new")];
  assert.deepEqual(notes.sort(compare).map(({ id }) => id), ["pin", "new", "old", "a", "b"]);
});

const said = (markdown) => JSON.stringify(parse(markdown).flatMap((token) => (token.children ?? [token]).map(({ type, content }) => [type, content])));

test("formulas stay as they are written", () => {
  for (const formula of ["\\(a_1*b*c_2\\)", "$x*y*z$", "$$ \\alpha\\\\ \\beta_{*} $$", "\\[ x*y*z \\]", "\\[\na * b\n- c\n= d\n\\]", "$$\n*x*\n$$"])
    assert.ok(said(formula).includes(JSON.stringify(formula)), formula);
  for (const prose of ["it costs $5 and *not* $10", "\\(not *closed*", "a $ *b* $ c", "\\[\n\n*a*\n"]) assert.ok(said(prose).includes("em_open"), prose);
});

test("a formula ends with the list item that it is in", () => {
  assert.ok(said("1. one\n   $$\n# Heading\n2. two\n$$\n").includes("heading_open"));
  assert.ok(said("1. one\n   $$\n   a*b*c\n   $$\n").includes("a*b*c"));
});

test("no text keeps the page busy", () => {
  const parts = ["[", "![", "[a](", "*a ", "**a*", "<", "<a:", "_a", "> ", ">\n", "- ", "* a\n ", "http://a", "//a.b/", "a@", "$", "$a ", "\\(", "\\[ ",
    "\\[\n", "$$\n", "$$ a\n\n", "|a", "|-", "[a]: b\n", "&", "~~a", "\\", "a`\n", "- a\n", "a\n-\n", ">>>>>- ", "https://", "mailto:a@", "\n", " \n", "((("];
  for (const part of parts) {
    const began = performance.now();
    parse(part.repeat(30_000 / part.length));
    withoutMarks(part.repeat(1200 / part.length));
    fold(part.repeat(30_000 / part.length));
    // A patience, not a speed: what grows with the square takes minutes.
    assert.ok(performance.now() - began < 60_000, `${JSON.stringify(part)} took ${performance.now() - began} ms`);
  }
});
