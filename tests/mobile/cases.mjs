// What the rules let through and what they refuse, each case as data. {label, who, operation, path, id, isAllowed}: SET are
// fields, `now` those that get the server's time, `away` those that go; OF is the function of the rules it is most about.
import { readFileSync } from "node:fs";
import { BY_PERSON, GOOD, NOT_BY_PERSON, notes, schema } from "./documents.mjs";

export const { who: WHO, where: WHERE } = JSON.parse(readFileSync(new URL("permissions.json", import.meta.url), "utf8"));
const OPERATIONS = ["get", "list", "collectionGroup", "create", "update", "delete"];
const NOTES = "users/{uid}/notes";
const LATER = { firestore: "later" };
const FROM_ASSISTANT = {
  ...GOOD, createdAt: { firestore: "timestamp" }, updatedAt: { firestore: "timestamp" }, source: { clientId: "c", clientName: "ChatGPT" },
  lastChange: { clientId: "c", clientName: "ChatGPT", callId: "0", madeState: "0" }, ofTomorrow: 1,
};
const OWN = { ...GOOD, createdAt: { firestore: "timestamp" }, updatedAt: { firestore: "timestamp" } };
// No rule has seen it before it was there: the phone may still archive it.
const ODD = { kind: 7, title: ["a"], content: null, tags: "no list", sourceUrl: 5, archived: "yes", pinned: "no", createdAt: "then" };

// What there is at the beginning, by path: first what several cases go to, then a note for each edit.
export const FIRST = { "endedSessions/dora": { validSince: { firestore: "timestamp" } } };
for (const { uid } of Object.values(WHO).filter(Boolean)) {
  for (const where of Object.keys(WHERE)) FIRST[`${where.replace("{uid}", uid)}/n1`] = { ...FROM_ASSISTANT, uid };
  FIRST[`users/${uid}/notes/odd`] = ODD;
  FIRST[`users/${uid}/notes/own`] = OWN;
}

// The claims of each person's ID token.
export const CLAIMS = Object.fromEntries(Object.entries(WHO).filter(([, one]) => one).map(([name, { uid, ...more }]) => [
  name, { sub: uid, auth_time: 2_000, email_verified: true, firebase: { sign_in_provider: "password" }, ...more },
]));

const path = (where, who) => where.replace("{uid}", (WHO[who] ?? WHO.owner).uid);

function* permissions() {
  for (const who of Object.keys(WHO)) {
    for (const [where, allowed] of Object.entries(WHERE)) {
      const whose = who === "other" ? "owner" : who; // somebody else goes to the owner's; everybody else to their own
      for (const operation of OPERATIONS) {
        const isWrite = ["create", "update"].includes(operation);
        const set = !isWrite ? {} : where !== NOTES ? { uid: "mine" } : operation === "create" ? GOOD : { archived: true };
        const now = operation === "create" && where === NOTES ? ["createdAt", "updatedAt"] : [];
        const isAllowed = (allowed[who] ?? []).includes(operation);
        yield { label: `${who} ${operation} ${where}`, of: who === "disabled" || who === "signedInAnew" ? "goesOn" : "isPerson", who, isAllowed, operation, path: path(where, whose), id: "n1", set, now };
      }
    }
  }
}

// What the owner may change, field by field: with, and without the server's time beside it.
function* fields() {
  const common = { who: "owner", path: path(NOTES, "owner"), operation: "update", id: "n1", now: ["updatedAt"] };
  const edit = (label, isAllowed, set, more) => ({ ...common, label: `owner update ${label}`, of: "isEdit", isAllowed, set, ...more });
  const NEW = {
    kind: "quote", title: "Another", content: "Another", tags: ["another"], sourceUrl: "https://example.com/", archived: true, pinned: true,
    source: { clientId: "c", clientName: "Claude" }, lastChange: { clientId: "c", clientName: "Claude", callId: "1", madeState: "1" },
    createdAt: LATER, updatedAt: LATER,
  };
  for (const field of BY_PERSON) {
    yield edit(`${field} at the server's time`, true, { [field]: NEW[field] });
    yield edit(`${field} alone`, ["archived", "pinned"].includes(field), { [field]: NEW[field] }, { now: [] });
    yield edit(`${field} at a time of the phone's`, false, { [field]: NEW[field], updatedAt: LATER }, { now: [] });
    yield edit(`${field} away`, !schema.required.includes(field), {}, { away: [field], of: "isRight" });
  }
  for (const field of NOT_BY_PERSON) {
    const now = field === "updatedAt" ? [] : ["updatedAt"];
    yield edit(`${field} to another`, false, { [field]: NEW[field] }, { now });
    yield edit(`${field} away`, false, {}, { away: [field], now });
  }
  yield edit("updatedAt alone, to the server's time", true, {});
  yield edit("createdAt to the server's time", false, {}, { now: ["createdAt", "updatedAt"] });
  yield edit("createdAt of a note that the app made", false, {}, { id: "own", now: ["createdAt", "updatedAt"], of: "isPerson" });
  yield edit("a part of source", false, { "source.clientName": "Claude" });
  yield edit("a field that nobody knows", false, { unknown: 1 });
  yield edit("a field of tomorrow", false, { ofTomorrow: 2 });
  yield edit("a note that is not there", false, { archived: true }, { id: "none" });
  for (const mark of ["archived", "pinned"]) yield edit(`${mark} of an odd note`, true, { [mark]: true }, { id: "odd", now: [], of: "isRight" });
  yield edit("title of an odd note", true, { title: "Better" }, { id: "odd", of: "isRight" });
  for (const kind of schema.properties.kind.enum) {
    const isFree = ["note", "quote"].includes(kind);
    yield edit(`kind to ${kind} without an address`, isFree, { kind }, { of: "isRight" });
    yield edit(`kind to ${kind} with one`, true, { kind, sourceUrl: "https://example.com/" }, { of: "isAddressed" });
    yield edit(`kind to ${kind} with one that is none`, false, { kind }, { id: "odd", of: "isAddressed" });
  }
  const create = (label, set, now = ["createdAt", "updatedAt"]) =>
    ({ ...common, label: `owner create ${label}`, of: "isNew", isAllowed: false, operation: "create", set: { ...GOOD, ...set }, now });
  for (const [field, other] of [["createdAt", "updatedAt"], ["updatedAt", "createdAt"]]) {
    yield create(`without ${field}`, {}, [other]);
    yield create(`with ${field} of the phone's clock`, { [field]: { firestore: "now" } }, [other]);
  }
  for (const field of ["source", "lastChange"]) yield create(`with ${field}`, { [field]: NEW[field] });
  yield create("with a field that nobody knows", { unknown: 1 });
  for (const field of BY_PERSON) yield { ...create(`with ${field} of createdAt and updatedAt`, { [field]: NEW[field] }), isAllowed: true };
  yield { ...create("without a sourceUrl in note", {}), isAllowed: true, of: "isAddressed" };
}

// Every note of documents.mjs, as a new one and, where it differs in one field, as an edit.
function* documents() {
  const of = { title: "isTitle", content: "isContent", tags: "isTags", sourceUrl: "isAddress" };
  for (const { label, field, note, isGood } of notes()) {
    const common = { who: "owner", of: of[field] ?? "isRight", field, isAllowed: isGood, path: path(NOTES, "owner"), id: "n1" };
    yield { ...common, label: `a note: ${label}`, operation: "create", set: note, now: ["createdAt", "updatedAt"] };
    if (!field || !(field in note)) continue;
    const address = field === "kind" && "sourceUrl" in note ? { sourceUrl: note.sourceUrl } : {};
    const away = field === "kind" && !("sourceUrl" in note) ? ["sourceUrl"] : [];
    const set = { [field]: note[field], ...address };
    yield { ...common, label: `an edit: ${label}`, operation: "update", set, away, now: ["updatedAt"] };
  }
}

// Those of permissions and fields; those of documents.
// Each edit has a note of its own: two of one note wait for each other.
const apart = (cases) => [...cases].map((one, i) => (one.operation === "update" && one.id !== "none" ? { ...one, id: `${one.id}-${one.of}-${i}` } : one));
export const permitted = [...permissions(), ...apart(fields())];
export const documented = apart(documents());
export const THERE = { ...FIRST };
for (const { operation, path, id } of [...permitted, ...documented]) {
  if (operation === "update" && id.includes("-")) THERE[`${path}/${id}`] = FIRST[`${path}/${id.split("-")[0]}`];
}
