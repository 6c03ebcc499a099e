// POST /notes as a Firebase developer writes it: get the token's document, then add a note. See bench/saves.
import { createHash } from "node:crypto";

import express from "express";
import { initializeApp } from "firebase-admin/app";
import { getFirestore } from "firebase-admin/firestore";

const KINDS = new Set(["note", "bookmark", "quote", "post", "video"]);

initializeApp();
const db = getFirestore();
const app = express();
app.disable("x-powered-by");
app.use(express.json({ limit: "1mb" }));

/** The token's document if it is there, in force and for saving. */
async function authenticate(request) {
  const [scheme, token] = (request.get("authorization") ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer" || !token) return undefined;
  const found = await db.collection("tokens").doc(createHash("sha256").update(token).digest("hex")).get();
  if (!found.exists) return undefined;
  const access = found.data();
  return access.expiresAt.toMillis() > Date.now() && access.scope.includes("notes:write") ? access : undefined;
}

function isNote({ kind = "note", title, content, tags = [] }) {
  return (
    KINDS.has(kind) &&
    typeof title === "string" && title.length >= 1 && title.length <= 300 &&
    typeof content === "string" && content.length >= 1 && content.length <= 100_000 &&
    Array.isArray(tags) && tags.length <= 20 && tags.every((tag) => typeof tag === "string" && tag.length <= 50)
  );
}

app.get("/health", (request, response) => response.json({ status: "ok" }));

app.post("/notes", async (request, response) => {
  const access = await authenticate(request);
  if (!access) return response.status(401).set("WWW-Authenticate", "Bearer").json({ error: "invalid_token" });
  if (!isNote(request.body ?? {})) return response.status(400).json({ error: "invalid_note" });
  const { kind = "note", title, content, tags = [] } = request.body;
  const now = new Date();
  const source = { clientId: access.clientId, clientName: access.clientName };
  const note = await db
    .collection("users").doc(access.uid).collection("notes")
    .add({ kind, title, content, tags, source, createdAt: now, updatedAt: now });
  const url = `${process.env.NOTE_URL}/${note.id}`;
  return response.status(201).json({ id: note.id, title, createdAt: now.toISOString(), created: true, url });
});

app.listen(Number(process.env.PORT), "127.0.0.1");
