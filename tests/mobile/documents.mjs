// Notes that a phone might write, good and bad in every single way: generated from docs/note.schema.json, which also says
// which are good. A value that JSON does not have is an object with `firestore`, so that the schema does not take it for text.
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export const schema = JSON.parse(readFileSync(new URL("../../docs/note.schema.json", import.meta.url), "utf8"));
const ajv = new Ajv({ allErrors: true, strictSchema: false });
addFormats(ajv);
export const isNote = ajv.compile(schema);

export const BY_PERSON = Object.keys(schema.properties).filter((name) => schema.properties[name]["x-writers"].includes("person"));
export const NOT_BY_PERSON = Object.keys(schema.properties).filter((name) => !BY_PERSON.includes(name));
export const GOOD = { kind: "note", title: "A title", content: "Some *text*", tags: ["one", "two"] };
const TIMES = { createdAt: "2026-11-22T12:00:00Z", updatedAt: "2026-11-22T12:00:00Z" };
const OTHER_TYPES = [
  null, true, 0, -1.5, "text", [], ["text"], {}, { text: "text" },
  ...["timestamp", "bytes", "geopoint", "reference", "nan"].map((firestore) => ({ firestore })),
];
const ADDRESSES = [
  "https://example.com", "HTTP://Example.com/", "https://[::1]:80/a", "https://example.com:65535/?q=a@b#c:d", "https://müller.example/käse",
  "http://a?b", "https://a#b", "https://", "https:///a", "https:example.com", "//example.com", "ftp://example.com/", "javascript:alert(1)",
  "https://user@example.com/", "https://user:secret@example.com/", "https://@example.com", "https://example.com:0/", "https://example.com:65536/",
  "https://example.com:/", "https://example.com:a/", "https://[::1", "https://exa[mple.com/", "https://example.com/ ", " https://example.com/",
  "https://example.com/\\", "https://example.com/a b", "xhttps://example.com/",
];

// Where a pattern's classes begin and end is where it can be wrong by one.
function edges(pattern) {
  const named = [...pattern.matchAll(/\\u([0-9a-f]{4})/g)].map((match) => parseInt(match[1], 16));
  return new Set([...named, ...named.map((code) => code - 1), ...named.map((code) => code + 1), 0x22, 0x3c, 0x5c, 0x7b, 0x1f600, 0xfeff, 0x200b]
    .filter((code) => code >= 0 && !(code >= 0xd800 && code < 0xe000)));
}

function* texts(of, good) {
  yield "";
  for (const letter of ["a", "é", "😀"]) {
    for (const length of [of.maxLength, of.maxLength + 1]) yield good + letter.repeat(length - good.length);
  }
  for (const code of edges(of.pattern ?? "")) {
    const character = String.fromCodePoint(code);
    yield* [character, good + character, character + good, good + character + good];
  }
}

function* values(name, of) {
  yield* OTHER_TYPES;
  if (of.enum) yield* [...of.enum, ...of.enum.map((option) => `${option} `), of.enum[0].toUpperCase(), "memo"];
  else if (name === "sourceUrl") yield* [...ADDRESSES, ...texts(of, "https://example.com/")];
  else if (of.type === "string") yield* texts(of, "a");
  else if (of.type === "boolean") yield* [true, false];
  else if (of.type === "array") yield* lists(of);
}

function* lists(of) {
  const full = Array.from({ length: of.maxItems }, (_, i) => `tag ${i}`);
  yield full;
  yield [...full, "one more"];
  yield ["same", "same"];
  yield ["Same", "same"];
  const items = OTHER_TYPES.filter((item) => !Array.isArray(item)); // Firestore has no lists in lists
  for (const item of [...items, ...texts(of.items, "a")]) yield ["first", item];
  for (let i = 0; i < full.length; i++) yield* [" padded", 7, "x".repeat(of.items.maxLength + 1)].map((item) => full.with(i, item));
}

function spelt(value) {
  const odd = Array.isArray(value) ? value.findIndex((item) => item !== `tag ${value.indexOf(item)}`) : -1;
  const shown = value?.length >= 20 && odd >= 0 ? { [`at ${odd}`]: value[odd] } : value;
  return JSON.stringify(shown).replace(/(.)\1{30,}/gu, "$1…").slice(0, 60);
}

// Each note is {label, field, note, isGood}; `field` is the one in which it differs from GOOD, or null.
export function* notes() {
  const judged = (label, field, note) => ({ label, field, note, isGood: isNote({ ...note, ...TIMES }) });
  yield judged("the plain one", null, GOOD);
  for (const field of BY_PERSON) {
    const kind = field === "sourceUrl" ? { kind: "bookmark" } : {};
    const address = field === "kind" ? { sourceUrl: "https://example.com/" } : {};
    for (const value of values(field, schema.properties[field]))
      yield judged(`${field} ${spelt(value)}`, field, { ...GOOD, ...kind, ...address, [field]: value });
    const { [field]: _, ...without } = GOOD;
    yield judged(`no ${field}`, null, without);
  }
  for (const kind of schema.properties.kind.enum) yield judged(`${kind} without an address`, "kind", { ...GOOD, kind });
}

// For another language: one JSON array.
if (process.argv[1] === new URL(import.meta.url).pathname) console.log(JSON.stringify([...notes()]));
