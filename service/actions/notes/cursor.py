"""Where a list goes on: a position in the notes as opaque text."""

import base64
import json
from datetime import UTC, datetime, timedelta

from service.actions.notes.store import Position
from service.errors import ActionError
from service.paths import MOST, is_segment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def show(position: Position) -> str:
    """POSITION as unpadded base64url. It is the position of a note, so it holds whatever is written or deleted."""
    text = json.dumps(
        [(position.created_at - _EPOCH) // timedelta(microseconds=1), position.note_id], ensure_ascii=False
    )
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse(cursor: str) -> Position:
    """The position that `show` made CURSOR of. Raises `ActionError`.

    It is not signed: who makes one up reads another part of the notes that they may read anyway.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        match json.loads(raw):
            case [int() as microseconds, str() as note_id] if is_segment(note_id, MOST):
                position = Position(_EPOCH + timedelta(microseconds=microseconds), note_id)
                if show(position) == cursor:
                    return position
    except (ValueError, OverflowError, RecursionError):
        pass
    raise ActionError(400, "invalid_request", "cursor: it is not a nextCursor of this service. Begin without one.")
