// What node-oidc-provider's adapters have to do (its docs' "Adapter"), on Firestore: a collection for each model.
import { Firestore } from "@google-cloud/firestore";

// A payload leaves out with `undefined` what a token has not.
const db = new Firestore({ ignoreUndefinedProperties: true });

export class FirestoreAdapter {
  constructor(name) {
    this.collection = db.collection(`oidc${name}`);
  }

  async upsert(id, payload, expiresIn) {
    const expiresAt = expiresIn ? new Date(Date.now() + expiresIn * 1000) : null;
    await this.collection.doc(id).set({ payload, expiresAt });
  }

  async find(id) {
    const found = await this.collection.doc(id).get();
    return current(found);
  }

  async findByUid(uid) {
    return this.#first("payload.uid", uid);
  }

  async findByUserCode(userCode) {
    return this.#first("payload.userCode", userCode);
  }

  async consume(id) {
    await this.collection.doc(id).update({ "payload.consumed": Math.floor(Date.now() / 1000) });
  }

  async destroy(id) {
    await this.collection.doc(id).delete();
  }

  async revokeByGrantId(grantId) {
    const found = await this.collection.where("payload.grantId", "==", grantId).get();
    const batch = db.batch();
    for (const each of found.docs) batch.delete(each.ref);
    await batch.commit();
  }

  async #first(field, value) {
    const found = await this.collection.where(field, "==", value).limit(1).get();
    return found.empty ? undefined : current(found.docs[0]);
  }
}

/** What SNAPSHOT holds; Firestore deletes what has expired only later. */
function current(snapshot) {
  if (!snapshot.exists) return undefined;
  const { payload, expiresAt } = snapshot.data();
  return expiresAt && expiresAt.toMillis() <= Date.now() ? undefined : payload;
}
