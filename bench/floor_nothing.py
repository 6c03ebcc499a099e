"""The least that Flask can answer to a save: a receipt that is always the same, of a note that nobody has read."""

from flask import Flask

app = Flask("nothing")
_RECEIPT = {
    "id": "0" * 32,
    "title": "A note",
    "createdAt": "2026-11-22T12:31:00.000000Z",
    "created": True,
    "url": f"https://app.example.com/notes/{'0' * 32}",
}


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/notes")
def save() -> tuple[dict[str, object], int]:
    return _RECEIPT, 201
