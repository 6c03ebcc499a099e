"""Where a list goes on: a position in the notes as opaque text."""

import base64
from datetime import UTC, datetime, timedelta

from service.actions.notes.store import Position
from service.errors import ActionError
from service.paths import MOST, is_segment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def show(position: Position) -> str:
    """POSITION as unpadded base64url. It is the position of a note, so it holds whatever is written or deleted."""
    text = f"{(position.created_at - _EPOCH) // timedelta(microseconds=1)} {position.note_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse(cursor: str) -> Position:
    """The position that `show` made CURSOR of. Raises `ActionError`.

    It is not signed: who makes one up reads another part of the notes that they may read anyway.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        microseconds, _, note_id = raw.decode().partition(" ")
        position = Position(_EPOCH + timedelta(microseconds=int(microseconds)), note_id)
        if is_segment(note_id, MOST) and show(position) == cursor:
            return position
    except (ValueError, OverflowError):
        pass
    raise ActionError(400, "invalid_request", "cursor: it is not a nextCursor of this service. Begin without one.")
