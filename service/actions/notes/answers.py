"""What an assistant is told about notes: within what ChatGPT takes, whatever the phone has stored."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from service.actions.notes import cursor
from service.actions.notes.notes import Note
from service.actions.notes.search import cut
from service.actions.notes.store import Position
from service.record import record

MOST = 95_000
"""Characters of an answer that are notes; ChatGPT takes 100,000 in all."""
_MOST_TITLE, _MOST_URL, _MOST_TAGS, _MOST_TAG = 300, 2_048, 20, 50


@record
class Shown:
    """How notes are shown for the service that NOTE_URL belongs to."""

    note_url: str

    def receipt(self, note: Note, asked: Note, *, created: bool) -> dict[str, Any]:
        """Of NOTE, stored for ASKED. Its version is told to who has seen all of it: when it is just as was asked."""
        return {
            "id": note.note_id,
            "title": _title(note),
            "createdAt": _time(note.created_at),
            "created": created,
            "url": self._url(note),
            **({} if note.says(asked) else {"changedSince": True}),
            **({"version": note.version} if note.is_as(asked) else {}),
        }

    def changed(self, note: Note) -> dict[str, Any]:
        return {
            "id": note.note_id,
            "title": _title(note),
            "updatedAt": _time(note.updated_at),
            "url": self._url(note),
            "version": note.version,
        }

    def page(self, note: Note, offset: int) -> dict[str, Any]:
        """NOTE with its content from character OFFSET on, as much as fits, and where it goes on."""
        head = self._head(note)
        content = _fitting(note.content[offset:], MOST - _length(head))
        left = {"nextOffset": offset + len(content)} if offset + len(content) < len(note.content) else {}
        return head | {"content": content, "length": len(note.content), **left, "version": note.version}

    def previews(self, notes: Iterable[Note]) -> list[dict[str, Any]]:
        """Of each note what fits on a page of them; as many of NOTES as fit together, one at least."""
        shown: list[dict[str, Any]] = []
        left = MOST
        for note in notes:
            preview = self._head(note) | {"preview": cut(note.content)}
            left -= _length(preview)
            if left < 0 and shown:
                break
            shown.append(preview)
        return shown

    def _head(self, note: Note) -> dict[str, Any]:
        url = note.source_url or ""
        about = {"sourceUrl": url} if url.isprintable() and 0 < len(url) <= _MOST_URL else {}
        return {
            "id": note.note_id,
            "kind": note.kind[:_MOST_TAG],
            "title": _title(note),
            "tags": [tag[:_MOST_TAG] for tag in note.tags[:_MOST_TAGS]],
            **about,
            "createdAt": _time(note.created_at),
            "updatedAt": _time(note.updated_at),
            "url": self._url(note),
        }

    def _url(self, note: Note) -> str:
        return self.note_url.replace("{id}", quote(note.note_id, safe=""))


def next_cursor(note: Note) -> str:
    """The cursor for what comes after NOTE."""
    return cursor.show(Position(note.created_at, note.note_id))


def _title(note: Note) -> str:
    return note.title if len(note.title) <= _MOST_TITLE else note.title[: _MOST_TITLE - 1] + "…"


def _fitting(text: str, most: int) -> str:
    """As much of the beginning of TEXT as is at most MOST characters long when it is written as JSON."""
    text = text[:most]
    while (length := _length(text)) > most:
        text = text[: len(text) * most // length - 1]
    return text


def _length(value: Any) -> int:
    """The length of VALUE as JSON in UTF-16 units, the widest way of counting characters."""
    return len(json.dumps(value, ensure_ascii=False).encode("utf-16-le")) // 2


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
