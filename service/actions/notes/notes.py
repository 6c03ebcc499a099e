"""A note, and what makes two notes the same one."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from service.errors import ActionError
from service.record import record

KINDS = ("note", "bookmark", "quote", "post", "video")
MOST_CONTENT = 100_000
_MOST_TAG = 50
_ADDRESS = re.compile(r"https?://[^/?#@\\\s]+([/?#]|$)", re.IGNORECASE)
_NEED_SOURCE = ("bookmark", "post", "video")


@record
class Source:
    """Which call a note came by: for the app to show, never a permission."""

    client_id: str
    client_name: str
    conversation: str | None
    gpt_id: str | None
    software: str | None = None


@record
class Note:
    """A note as it is stored. `content` is Markdown, byte for byte as it arrived.

    The person's phone writes notes too: what is read may be emptier than what `compose` makes.
    """

    note_id: str
    kind: str
    title: str = field(repr=False)
    content: str = field(repr=False)
    tags: tuple[str, ...] = field(repr=False)
    source_url: str | None = field(repr=False)
    created_at: datetime
    updated_at: datetime
    version: str = ""
    """The store's name for this state; empty as long as it is not stored."""
    last_call: str | None = None
    """The `call_id` of the last change by an assistant."""
    made_state: str | None = None
    """The `state` that it left behind."""

    @property
    def state(self) -> str:
        """32 hexadecimal digits of all that a person or an assistant may change."""
        return _digest(self.kind, self.title, self.content, json.dumps([self.source_url, *self.tags]))

    def is_as(self, other: "Note") -> bool:
        """Whether both have the same `state`, without making it."""
        return self.says(other) and (self.title, self.tags) == (other.title, other.tags)

    def says(self, other: "Note") -> bool:
        """Whether what makes OTHER the note that it is, is what this one says."""
        return (self.kind, self.content, self.source_url) == (other.kind, other.content, other.source_url)


def compose(arguments: Mapping[str, Any], source: Source, now: datetime) -> Note:
    """The new note of a call with ARGUMENTS. Raises `ActionError`."""
    kind, content, source_url = arguments.get("kind", "note"), arguments["content"], arguments.get("sourceUrl")
    note = Note(
        note_id=note_id(source, kind, content, source_url),
        kind=kind,
        title=arguments["title"],
        content=content,
        tags=tidy(arguments.get("tags", ())),
        source_url=source_url,
        created_at=now,
        updated_at=now,
    )
    _check(note)
    return note


def change(note: Note, arguments: Mapping[str, Any], now: datetime) -> Note:
    """NOTE with the changes of ARGUMENTS, which have a `version` and at least one more. Raises `ActionError`."""
    if arguments.keys() <= {"version", "id"}:
        raise _wrong("Nothing is to be changed: send at least one field beside version.")
    if {"content", "append"} <= arguments.keys():
        raise _wrong("append: it cannot go together with content.")
    content = arguments.get("content", note.content)
    if "append" in arguments:
        if not content:  # or not text: then there is something that would be lost
            raise _wrong("append: this note has no text that can be read here. To put one in its place, send content.")
        content = append(content, arguments["append"])
    if len(content) > MOST_CONTENT and content != note.content:
        raise _wrong(f"append: the text would be longer than {MOST_CONTENT:,} characters. Save a new note instead.")
    changed = replace(
        note,
        kind=arguments.get("kind", note.kind),
        title=arguments.get("title", note.title),
        content=content,
        tags=tidy(arguments["tags"]) if "tags" in arguments else note.tags,
        source_url=arguments.get("sourceUrl", note.source_url),
        updated_at=now,
    )
    if {"kind", "sourceUrl"} & arguments.keys():  # what the phone wrote may stay as it is
        _check(changed)
    return changed


def append(content: str, more: str) -> str:
    """MORE after CONTENT, with a blank line between."""
    breaks = len(content) - len(content.rstrip("\n"))
    return content + "\n" * max(0, 2 - breaks) + more


def tidy(tags: Iterable[str]) -> tuple[str, ...]:
    """TAGS without space around them, each once, however it is spelt; the first spelling stays. Raises `ActionError`."""
    kept: dict[str, str] = {}
    for tag in tags:
        trimmed = " ".join(unicodedata.normalize("NFC", tag).split())
        if len(trimmed) > _MOST_TAG:  # a few characters are longer in this form
            raise _wrong(
                f"tags: one is longer than {_MOST_TAG} characters in Unicode's form NFC, in which tags are stored."
            )
        kept.setdefault(trimmed.casefold(), trimmed)
    return tuple(kept.values())


def note_id(source: Source, kind: str, content: str, source_url: str | None) -> str:
    """32 hexadecimal digits (128 bits of SHA-256) of what makes it the same note for one person.

    The conversation when it is known, else the client; the kind; the content, and the address that it is about. Not
    the title or the tags: an assistant that repeats a call may word them anew. Each part is preceded by its length,
    so no two lists of parts read the same.
    """
    origin = ("conversation", source.conversation) if source.conversation else ("client", source.client_id)
    return _digest(*origin, kind, content, *([source_url] if source_url else []))


def call_id(client_id: str, arguments: Mapping[str, Any]) -> str:
    """32 hexadecimal digits of a change by CLIENT_ID: the same when the same call comes again."""
    return _digest(client_id, json.dumps(arguments, sort_keys=True, ensure_ascii=False))


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()[:32]


def _check(note: Note) -> None:
    if note.source_url is None:
        if note.kind in _NEED_SOURCE:
            raise _wrong(f"sourceUrl: a {note.kind} needs the web address that it is about.")
    elif not _ADDRESS.match(note.source_url):  # the contract has looked at one that is sent, not at one that is stored
        raise _wrong("sourceUrl: what is stored there is no web address. Send a sourceUrl as well.")


def _wrong(message: str) -> ActionError:
    return ActionError(400, "invalid_request", message)
