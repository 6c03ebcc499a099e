"""YAML front matter that every reader of YAML 1.1 and 1.2 reads alike."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

_SOURCE = ("clientId", "clientName", "conversationId", "gptId", "software")
_ESCAPED = {'"': '\\"', "\\": "\\\\"}


def front_matter(note_id: str, fields: Mapping[str, Any]) -> str:
    """What is known of the note, between two lines of three dashes. A field of another type than it should be is left out."""
    return "".join(("---\n", *(f"{line}\n" for line in _lines(note_id, fields)), "---\n"))


def quoted(text: str) -> str:
    """TEXT as a double-quoted scalar on one line."""
    return '"' + "".join(map(_character, text)) + '"'


def _lines(note_id: str, fields: Mapping[str, Any]) -> Iterator[str]:
    yield f"id: {quoted(note_id)}"
    yield from _texts(fields, ("title", "kind"))
    if isinstance(tags := fields.get("tags"), list):
        yield f"tags: [{', '.join(quoted(tag) for tag in tags if isinstance(tag, str))}]"
    yield from _texts(fields, ("sourceUrl",))
    for name in ("createdAt", "updatedAt"):
        if isinstance(when := fields.get(name), datetime):
            yield f"{name}: {when.isoformat().replace('+00:00', 'Z')}"
    for name in ("archived", "pinned"):
        if isinstance(is_so := fields.get(name), bool):
            yield f"{name}: {'true' if is_so else 'false'}"
    if isinstance(source := fields.get("source"), Mapping) and (lines := list(_texts(source, _SOURCE))):
        yield "source:"
        yield from (f"  {line}" for line in lines)


def _texts(fields: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{name}: {quoted(fields[name])}" for name in names if isinstance(fields.get(name), str))


def _character(char: str) -> str:
    """CHAR itself where no reader takes it for a line's end, a mark of the encoding or unprintable; else escaped."""
    if char.isprintable():  # U+0085, U+2028 and U+FEFF are not
        return _ESCAPED.get(char, char)
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
