"""A person's notes as files: one part of an export is a small zip, whole in itself.

Each note is two files: Markdown with YAML front matter for people and their tools, and JSON with every field.
"""

import base64
import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from service.leaving.front_matter import front_matter
from service.paths import MOST, is_segment
from service.record import record

MOST_NOTES, MOST_BYTES = 500, 8 << 20
_MOST_NAME = 120
_ILLEGAL = re.compile(r'[<>:"/\\|?*]')
_FIRST_YEAR, _LAST_YEAR = 1980, 2107  # of a zip's own times
_READABLE = 0o644 << 16


@record
class StoredNote:
    """A note as it is stored, in whatever shape."""

    note_id: str
    fields: Mapping[str, Any] = field(repr=False)


@record
class Part:
    """Some of the notes as a zip. `last` is the id of the last one, if there are more; after it the next part begins."""

    content: bytes = field(repr=False)
    count: int
    last: str | None


def write_part(notes: Iterable[StoredNote], most_notes: int, most_bytes: int = MOST_BYTES) -> Part:
    """The first of NOTES: at most MOST_NOTES, and no further one once their files have MOST_BYTES, not yet compressed."""
    buffer, size, count, last = BytesIO(), 0, 0, None
    is_whole = True
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for note in notes:
            if count >= most_notes or size >= most_bytes:
                is_whole = False
                break
            for entry, content in _entries(note):
                archive.writestr(entry, content)
                size += len(content)
            count, last = count + 1, note.note_id
    return Part(buffer.getvalue(), count, None if is_whole else last)


def write_cursor(note_id: str) -> str:
    """NOTE_ID as unpadded base64url."""
    return base64.urlsafe_b64encode(note_id.encode()).decode().rstrip("=")


def parse_cursor(text: str) -> str | None:
    """The id of which TEXT is the cursor; None when it is not one that `write_cursor` makes of an id."""
    try:
        note_id = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return None
    return note_id if is_segment(note_id, MOST) and write_cursor(note_id) == text else None


def stem(note: StoredNote) -> str:
    """What NOTE's files are called before their endings: date, title, and ten digits of the SHA-256 of its id.

    A name on Windows, macOS, Linux and in a zip, of at most 150 bytes of UTF-8. The digits tell notes apart that are
    called the same.
    """
    created_at, title = note.fields.get("createdAt"), note.fields.get("title")
    date = created_at.date().isoformat() if isinstance(created_at, datetime) else "undated"
    digits = hashlib.sha256(note.note_id.encode()).hexdigest()[:10]
    return " ".join(filter(None, (date, _name(title) if isinstance(title, str) else "", digits)))


def markdown(note: StoredNote) -> bytes:
    """NOTE's content, byte for byte, after a front matter of what is known about it."""
    content = note.fields.get("content")
    text = content if isinstance(content, str) else ""
    return (front_matter(note.note_id, note.fields) + text).encode()


def as_json(note: StoredNote) -> bytes:
    """All fields of NOTE, with values as ProtoJSON has them: times as RFC 3339, bytes as base64, NaN as text."""
    document = {"id": note.note_id, "fields": _plain(note.fields)}
    return (json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def _entries(note: StoredNote) -> Iterator[tuple[ZipInfo, bytes]]:
    name = stem(note)
    yield _entry(f"notes/{name}.md", note), markdown(note)
    yield _entry(f"notes/{name}.json", note), as_json(note)


def _entry(name: str, note: StoredNote) -> ZipInfo:
    entry = ZipInfo(name)
    entry.compress_type, entry.external_attr = ZIP_DEFLATED, _READABLE
    when = note.fields.get("updatedAt")
    if isinstance(when, datetime) and _FIRST_YEAR <= when.year <= _LAST_YEAR:
        entry.date_time = when.timetuple()[:6]
    return entry


def _name(title: str) -> str:
    """What of TITLE may stand in a file's name; a date before it and digits after it make it no reserved one."""
    # More characters could not be kept anyway, and what follows takes its time.
    cut = unicodedata.normalize("NFC", title[: 4 * _MOST_NAME])
    printable = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in cut)
    words = " ".join(_ILLEGAL.sub(" ", printable).split())
    short = unicodedata.normalize("NFC", words).encode()[:_MOST_NAME].decode(errors="ignore")
    return short.strip(". ")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case bytes():
            return base64.b64encode(value).decode()
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case Mapping():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case _:
            return value
