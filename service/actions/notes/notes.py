"""A note, and what makes two notes the same one."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

KIND = "note"


@dataclass(frozen=True)
class Note:
    """A note as it is stored, before it has a place. `content` is Markdown, byte for byte as it arrived."""

    note_id: str
    title: str = field(repr=False)
    content: str = field(repr=False)
    client_id: str
    conversation: str | None
    created_at: datetime
    kind: str = KIND


@dataclass(frozen=True)
class Receipt:
    """What is known of a stored note: the first one, when the same note is saved again (`created` is then False)."""

    note_id: str
    title: str = field(repr=False)
    saved_at: datetime
    created: bool


def compose(title: str, content: str, client_id: str, conversation: str | None, now: datetime) -> Note:
    """A new note from CLIENT_ID's call in CONVERSATION, if it said which."""
    return Note(note_id(client_id, conversation, KIND, content), title, content, client_id, conversation, now)


def note_id(client_id: str, conversation: str | None, kind: str, content: str) -> str:
    """32 hexadecimal digits (128 bits of SHA-256) of what makes it the same note for one person.

    The conversation when it is known, else the client; the kind; the content. Not the title: an assistant that
    repeats a call may word it anew. Each part is preceded by its length, so no two lists of parts read the same.
    """
    origin = ("conversation", conversation) if conversation else ("client", client_id)
    digest = hashlib.sha256()
    for part in (*origin, kind, content):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()[:32]
