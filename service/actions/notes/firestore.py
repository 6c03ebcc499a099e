"""`NoteStore` on Firestore: `users/{uid}/notes/{noteId}`. See docs/storage.md."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from service.actions.notes.notes import KINDS, Note, Source
from service.actions.notes.store import Filter, NoteChanged
from service.errors import ActionError, Unavailable, invalid_token
from service.firestore import Changed, Documents, Exists, Missing, TooLarge
from service.firestore_query import Query
from service.firestore_values import Snapshot, as_of, version
from service.firestore_write import create, delete, update
from service.identity.access import Use
from service.paths import MOST, is_segment
from service.proof import noted, prove, proven

_TRIES = 3
_SCAN_SECONDS = 20.0
_FIELDS = ("kind", "title", "content", "tags", "sourceUrl", "createdAt", "updatedAt", "lastChange")


class FirestoreNoteStore:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def save(self, use: Use, note: Note, source: Source) -> tuple[Note, bool]:
        path, fields = (
            _path(use, note.note_id),
            _fields(note) | {"source": _source(source), "createdAt": note.created_at},
        )
        for _ in range(_TRIES):
            try:
                *_, updated = self._documents.commit(*prove(use, notes=1), create(path, fields))
            except Missing:
                raise invalid_token() from None
            except Exists:
                (first,) = proven(self._documents, use, path)
                if first is None:
                    continue  # the phone deleted it in between: it is saved as new
                saved = _note(path, first)
                return saved, saved.created_at == note.created_at  # our own commit, if its answer was lost
            noted(use)
            return replace(note, version=version(updated)), True
        raise Unavailable("notes: too many races")

    def find(self, use: Use, note_id: str) -> Note | None:
        if not is_segment(note_id, MOST):
            proven(self._documents, use)
            return None
        path = _path(use, note_id)
        (found,) = proven(self._documents, use, path)
        return _note(path, found) if found else None

    def newest(self, use: Use, which: Filter, limit: int | None = None) -> Iterator[Note]:
        after = which.after
        query = Query(
            collection=f"users/{use.access.uid}/notes",
            where={"kind": which.kind} if which.kind else {},
            contains={"tags": which.tag} if which.tag else {},
            newest_by="createdAt",
            after=(after.created_at, _path(use, after.note_id)) if after else None,
            select=_FIELDS,
            limit=limit or 0,
        )
        if limit is None:  # of somebody's notes perhaps all: not before it is sure that they asked
            proven(self._documents, use)
        with self._documents.begin(query, _SCAN_SECONDS) as found:
            if limit is not None:
                proven(self._documents, use)
            yield from (_note(path, each) for path, each in found)

    def replace(self, use: Use, seen: Note, changed: Note, call_id: str) -> Note:
        path = _path(use, seen.note_id)
        by = {"clientId": use.access.client_id, "clientName": use.access.client_name}
        state = changed.state
        author = by | {"callId": call_id, "madeState": state}
        before, after = _fields(seen), _fields(changed)
        fields = {name: value for name, value in after.items() if value != before.get(name)}
        try:
            write = update(path, fields | {"lastChange": author}, seen=as_of(seen.version))
            *_, updated = self._documents.commit(*prove(use), write)
        except (Missing, Changed):
            raise NoteChanged from None
        except TooLarge:
            raise ActionError(
                400, "too_large", "The note would be larger than a document can be. Save a new one instead."
            ) from None
        noted(use)
        return replace(changed, version=version(updated), last_call=call_id, made_state=state)

    def delete(self, use: Use, note_id: str) -> bool:
        if not is_segment(note_id, MOST):
            proven(self._documents, use)
            return False
        path = _path(use, note_id)
        try:
            self._documents.commit(*prove(use), delete(path, must_exist=True))
        except Missing:
            proven(self._documents, use)
            return False
        noted(use)
        return True


def _path(use: Use, note_id: str) -> str:
    return f"users/{use.access.uid}/notes/{note_id}"


def _fields(note: Note) -> dict[str, Any]:
    """What a change may change."""
    optional = {"sourceUrl": note.source_url} if note.source_url else {}
    return {
        "kind": note.kind,
        "title": note.title,
        "content": note.content,
        "tags": note.tags,
        "updatedAt": note.updated_at,
        **optional,
    }


def _source(source: Source) -> dict[str, str]:
    known = {
        "clientId": source.client_id,
        "clientName": source.client_name,
        "conversationId": source.conversation,
        "gptId": source.gpt_id,
        "software": source.software,
    }
    return {name: value for name, value in known.items() if value is not None}


def _note(path: str, found: Snapshot) -> Note:
    """The note at PATH. The phone may have written it, in any shape: what does not fit is left out."""
    fields = found.fields
    changed_at = found.update_time.ToDatetime(tzinfo=UTC)
    created_at = _time(fields.get("createdAt"), changed_at)
    last_change = fields.get("lastChange")
    made = last_change if isinstance(last_change, Mapping) else {}
    tags = fields.get("tags")
    return Note(
        note_id=path.rpartition("/")[2],
        kind=_text(fields.get("kind")) or KINDS[0],
        title=_text(fields.get("title")),
        content=_text(fields.get("content")),
        tags=tuple(map(_text, tags)) if isinstance(tags, list) else (),
        source_url=_text(fields.get("sourceUrl")) or None,
        created_at=created_at,
        updated_at=_time(fields.get("updatedAt"), created_at),
        version=found.version,
        last_call=_text(made.get("callId")) or None,
        made_state=_text(made.get("madeState")) or None,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _time(value: object, otherwise: datetime) -> datetime:
    return value if isinstance(value, datetime) else otherwise
