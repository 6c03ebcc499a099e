"""The least that a save in Python can be: Flask, and one commit of one note by the client's own protobuf types.

Nobody is authenticated, nothing is checked and nothing is tried again.
"""

import os
import secrets
from datetime import UTC, datetime
from typing import Any

import grpc
from flask import Flask, request
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

_CommitRequest, _Write, _Document = types.CommitRequest.pb(), types.Write.pb(), types.Document.pb()
_Precondition, _Value, _Map = types.Precondition.pb(), types.Value.pb(), types.MapValue.pb()
_DATABASE = f"projects/{os.environ['GOOGLE_CLOUD_PROJECT']}/databases/(default)"
_OWNER = (("authorization", "Bearer owner"),)
_SOURCE = _Value(
    map_value=_Map(fields={"clientId": _Value(string_value="0" * 22), "clientName": _Value(string_value="A client")})
)

app = Flask("commit")
_client = FirestoreClient(
    transport=FirestoreGrpcTransport(channel=grpc.insecure_channel(os.environ["FIRESTORE_EMULATOR_HOST"]))
)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/notes")
def save() -> tuple[dict[str, object], int]:
    asked, note_id, now = request.get_json(), secrets.token_hex(16), datetime.now(UTC)
    time = _Value()
    time.timestamp_value.FromDatetime(now)
    fields: dict[str, Any] = {
        "kind": _Value(string_value="note"),
        "title": _Value(string_value=asked["title"]),
        "content": _Value(string_value=asked["content"]),
        "tags": _Value(array_value={}),
        "source": _SOURCE,
        "createdAt": time,
        "updatedAt": time,
    }
    document = _Document(name=f"{_DATABASE}/documents/users/ada/notes/{note_id}", fields=fields)
    write = _Write(update=document, current_document=_Precondition(exists=False))
    whole = types.CommitRequest.wrap(_CommitRequest(database=_DATABASE, writes=[write]))
    _client.commit(whole, retry=None, timeout=10, metadata=_OWNER)
    url = f"https://app.example.com/notes/{note_id}"
    return {"id": note_id, "title": asked["title"], "createdAt": now.isoformat(), "created": True, "url": url}, 201
