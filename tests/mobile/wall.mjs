// One Firestore behind the rules, reached in two ways: by the SDK that the app has, and by REST, which is quicker.
import { initializeTestEnvironment } from "@firebase/rules-unit-testing";
import {
  Bytes, GeoPoint, Timestamp, collection, collectionGroup, deleteDoc, deleteField, doc, getDoc, getDocs, limit, query, serverTimestamp, setDoc,
  setLogLevel, updateDoc,
} from "firebase/firestore";
import { CLAIMS, THERE } from "./cases.mjs";

setLogLevel("silent"); // a refusal is an expected answer here
const EMULATOR = process.env.FIRESTORE_EMULATOR_HOST;
const MADE = new Date(1_000_000);
const VALUES = {
  timestamp: { timestampValue: MADE.toISOString() },
  later: { timestampValue: new Date(2_000_000).toISOString() },
  bytes: { bytesValue: "AQ==" },
  geopoint: { geoPointValue: { latitude: 1, longitude: 2 } },
  nan: { doubleValue: "NaN" },
};

// ---- REST

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const bearer = (project, who) => {
  if (!CLAIMS[who]) return {};
  const claims = { iss: `https://securetoken.google.com/${project}`, aud: project, iat: 1, exp: 9_999_999_999, ...CLAIMS[who] };
  return { Authorization: `Bearer ${base64url({ alg: "none", typ: "JWT" })}.${base64url({ ...claims, user_id: claims.sub })}.` };
};

function encoded(project, value) {
  const encode = (item) => encoded(project, item);
  if (value === null) return { nullValue: null };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(encode) } };
  if (value.firestore === "reference") return { referenceValue: `projects/${project}/databases/(default)/documents/users/alice` };
  if (value.firestore === "now") return { timestampValue: new Date().toISOString() };
  if (value.firestore) return VALUES[value.firestore];
  if (typeof value === "object") return { mapValue: { fields: mapped(project, value) } };
  if (typeof value === "number") return Number.isInteger(value) ? { integerValue: `${value}` } : { doubleValue: value };
  return { [`${typeof value}Value`]: value };
}
const mapped = (project, fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, encoded(project, value)]));

// A project of its own behind RULES, with what is THERE.
export class RestWall {
  constructor(project) {
    this.project = project;
    this.root = `http://${EMULATOR}/v1/projects/${project}/databases/(default)/documents`;
  }

  async put(rules) {
    const url = `http://${EMULATOR}/emulator/v1/projects/${this.project}:securityRules`;
    const body = JSON.stringify({ rules: { files: [{ name: "firestore.rules", content: rules }] } });
    const answer = await fetch(url, { method: "PUT", body });
    if (!answer.ok) throw new Error(`These rules do not compile: ${await answer.text()}`);
    return (await answer.json()).issues ?? [];
  }

  async fill(there = THERE) {
    const writes = Object.entries(there).map(([path, fields]) => ({ update: { name: this.name(path), fields: mapped(this.project, fields) } }));
    for (let i = 0; i < writes.length; i += 100) await this.post(":commit", { writes: writes.slice(i, i + 100) }, { Authorization: "Bearer owner" });
  }

  name(path) {
    return `projects/${this.project}/databases/(default)/documents/${path}`;
  }

  async post(verb, body, headers, again = 5) {
    const answer = await fetch(this.root + verb, { method: "POST", body: JSON.stringify(body), headers });
    const text = await answer.text();
    if (answer.ok) return true;
    if (/PERMISSION_DENIED|NOT_FOUND/.test(text)) return false;
    if (/ABORTED/.test(text) && again) return this.post(verb, body, headers, again - 1);
    throw new Error(text.slice(0, 500));
  }

  isLetThrough({ who, operation, path, id, set = {}, now = [], away = [] }) {
    const headers = bearer(this.project, who);
    const [parent, from] = [path.split("/").slice(0, -1).join("/"), path.split("/").at(-1)];
    const query = (structuredQuery) => this.post(`${parent && structuredQuery.from[0].allDescendants === undefined ? `/${parent}` : ""}:runQuery`, { structuredQuery }, headers);
    if (operation === "list") return query({ from: [{ collectionId: from }], limit: 1 });
    if (operation === "collectionGroup") return query({ from: [{ collectionId: from, allDescendants: true }], limit: 1 });
    if (operation === "get") return this.post(":batchGet", { documents: [this.name(`${path}/${id}`)] }, headers);
    const name = this.name(operation === "create" ? `${path}/${crypto.randomUUID()}` : `${path}/${id}`);
    if (operation === "delete") return this.post(":commit", { writes: [{ delete: name }] }, headers);
    const updateTransforms = now.map((fieldPath) => ({ fieldPath, setToServerValue: "REQUEST_TIME" }));
    const isUpdate = operation === "update";
    const whole = Object.fromEntries(Object.entries(set).map(([key, value]) => (key.includes(".") ? [key.split(".")[0], { [key.split(".")[1]]: value }] : [key, value])));
    const write = { update: { name, fields: mapped(this.project, whole) }, updateTransforms, currentDocument: { exists: isUpdate } };
    if (isUpdate) write.updateMask = { fieldPaths: [...Object.keys(set), ...away] };
    return this.post(":commit", { writes: [write] }, headers);
  }

  close() {}
}

// ---- The SDK

const SDK_VALUES = {
  timestamp: () => Timestamp.fromDate(MADE),
  later: () => Timestamp.fromMillis(2_000_000),
  now: () => Timestamp.now(),
  bytes: () => Bytes.fromUint8Array(new Uint8Array([1])),
  geopoint: () => new GeoPoint(1, 2),
  nan: () => NaN,
};

function decoded(value) {
  if (Array.isArray(value)) return value.map(decoded);
  if (value === null || typeof value !== "object") return value;
  if (value.firestore) return SDK_VALUES[value.firestore]();
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decoded(item)]));
}

export class SdkWall {
  static async open(project, rules) {
    const wall = new SdkWall();
    const [host, port] = EMULATOR.split(":");
    wall.environment = await initializeTestEnvironment({ projectId: project, firestore: { host, port: Number(port), rules } });
    wall.seen = new Map(Object.entries(CLAIMS).map(([who, { sub, ...claims }]) => [who, wall.environment.authenticatedContext(sub, claims).firestore()]));
    wall.seen.set("signedOut", wall.environment.unauthenticatedContext().firestore());
    return wall;
  }

  async isLetThrough(one, again = 5) {
    const { who, operation, path, id, set = {}, now = [], away = [] } = one;
    const firestore = this.seen.get(who);
    const fields = { ...decoded(set), ...Object.fromEntries(now.map((name) => [name, serverTimestamp()])) };
    const document = doc(firestore, `${path}/${id}`);
    try {
      await {
        get: () => getDoc(document),
        list: () => getDocs(query(collection(firestore, path), limit(1))),
        collectionGroup: () => getDocs(query(collectionGroup(firestore, path.split("/").at(-1)), limit(1))),
        create: () => setDoc(doc(collection(firestore, path)), fields),
        update: () => updateDoc(document, { ...fields, ...Object.fromEntries(away.map((name) => [name, deleteField()])) }),
        delete: () => deleteDoc(document),
      }[operation]();
      return true;
    } catch (error) {
      if (["permission-denied", "not-found"].includes(error.code)) return false;
      // The SDK takes itself for offline when its first connection takes ten seconds, as on a busy machine.
      if (error.code === "unavailable" && again) return this.isLetThrough(one, again - 1);
      throw error;
    }
  }

  close() {
    return this.environment.cleanup();
  }
}

// What CASES may have changed or taken away, as it was at the beginning.
export const spent = (cases) => Object.fromEntries(
  cases.filter((one) => ["update", "delete"].includes(one.operation)).map(({ path, id }) => `${path}/${id}`)
    .filter((name) => name in THERE).map((name) => [name, THERE[name]]),
);

// Those of CASES that go otherwise than they should behind WALL. What is let through may spend what the next one needs,
// so REST, which is there for it, fills in again.
export async function wrongOnes(wall, rest, cases) {
  const wrong = [];
  const check = async (one) => {
    if ((await wall.isLetThrough(one)) !== one.isAllowed) wrong.push(one);
  };
  const spends = (one) => one.isAllowed && one.operation === "delete";
  for (const one of cases.filter(spends)) {
    await check(one);
    await rest.fill(spent([one]));
  }
  const left = cases.filter((one) => !spends(one)).values();
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (const one of left) await check(one);
  }));
  return wrong;
}
