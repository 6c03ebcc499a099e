"""`NoteStore` on Firestore: `users/{uid}/notes/{noteId}`. See docs/storage.md."""

from datetime import datetime

from service.actions.notes.notes import Note, Receipt
from service.errors import Unavailable, invalid_token
from service.firestore import Documents, Exists, Missing, Snapshot, create, prove, proven
from service.identity.access import Access

_TRIES = 3


class FirestoreNoteStore:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def save(self, access: Access, note: Note, now: datetime) -> Receipt:
        path = f"users/{access.uid}/notes/{note.note_id}"
        fields = {
            "kind": note.kind,
            "title": note.title,
            "content": note.content,
            "source": _source(note),
            "createdAt": note.created_at,
            "updatedAt": note.created_at,
        }
        for _ in range(_TRIES):
            try:
                self._documents.commit(*prove(access, now, notes=1), create(path, fields))
            except Missing:
                raise invalid_token() from None
            except Exists:
                (first,) = proven(self._documents, access, path)
                if first is None:
                    continue  # the phone deleted it in between: it is saved as new
                return _first_receipt(first, note)
            return Receipt(note.note_id, note.title, note.created_at, created=True)
        raise Unavailable("notes: too many races")


def _source(note: Note) -> dict[str, str]:
    conversation = {"conversationId": note.conversation} if note.conversation else {}
    return {"clientId": note.client_id, **conversation}


def _first_receipt(first: Snapshot, note: Note) -> Receipt:
    # The phone may have edited it since, into any shape.
    title, saved_at = first.fields.get("title"), first.fields.get("createdAt")
    return Receipt(
        note.note_id,
        title if isinstance(title, str) else note.title,
        saved_at if isinstance(saved_at, datetime) else note.created_at,
        created=False,
    )
