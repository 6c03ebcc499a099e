// What the app's SDK sends for queries of notes: one StructuredQuery a line on stdout. Nothing is sent.
// node wire.mjs '[{"filters": [["kind", "=="]], "order": [["createdAt", "desc"]]}]'
import { initializeApp } from "firebase/app";
import {
  _internalQueryToProtoQueryTarget, collection, disableNetwork, getFirestore, limit, orderBy, query, where,
} from "firebase/firestore";

const firestore = getFirestore(initializeApp({ projectId: "demo-wire" }));
await disableNetwork(firestore); // the SDK has no serializer before its first task
for (const { filters, order } of JSON.parse(process.argv[2])) {
  const parts = [...filters.map(([path, op]) => where(path, op, "x")), ...order.map(([path, way]) => orderBy(path, way))];
  const asked = query(collection(firestore, "users/ada/notes"), ...parts, limit(50));
  console.log(JSON.stringify(_internalQueryToProtoQueryTarget(asked).structuredQuery));
}
process.exit(0);
