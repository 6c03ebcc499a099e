"""A save as it is usually written in Python: Flask and google-cloud-firestore, get the token's document, add a note."""

import os
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from flask import Flask, abort, request
from google.cloud import firestore

_KINDS = ("note", "bookmark", "quote", "post", "video")

app = Flask("usual")
db = firestore.Client()


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/notes")
def save() -> tuple[dict[str, object], int]:
    access, asked = _authenticate(), request.get_json()
    if not _is_note(asked):
        abort(400)
    now = datetime.now(UTC)
    note = {
        "kind": asked.get("kind", "note"),
        "title": asked["title"],
        "content": asked["content"],
        "tags": asked.get("tags", []),
        "source": {"clientId": access["clientId"], "clientName": access["clientName"]},
        "createdAt": now,
        "updatedAt": now,
    }
    _, made = db.collection("users").document(access["uid"]).collection("notes").add(note)
    url = f"{os.environ['NOTE_URL']}/{made.id}"
    return {"id": made.id, "title": note["title"], "createdAt": now.isoformat(), "created": True, "url": url}, 201


def _authenticate() -> dict[str, Any]:
    given = request.authorization
    if not given or given.type != "bearer" or not given.token:
        abort(401)
    found = db.collection("tokens").document(sha256(given.token.encode()).hexdigest()).get()
    access: dict[str, Any] | None = found.to_dict()
    if not access or access["expiresAt"] <= datetime.now(UTC) or "notes:write" not in access["scope"]:
        abort(401)
    return access


def _is_note(asked: dict[str, Any]) -> bool:
    title, content, tags = asked.get("title"), asked.get("content"), asked.get("tags", [])
    return (
        asked.get("kind", "note") in _KINDS
        and isinstance(title, str)
        and 1 <= len(title) <= 300
        and isinstance(content, str)
        and 1 <= len(content) <= 100_000
        and isinstance(tags, list)
        and len(tags) <= 20
        and all(isinstance(tag, str) and len(tag) <= 50 for tag in tags)
    )
