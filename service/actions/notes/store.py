"""Where notes go, and where they come from."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from service.actions.notes.notes import Note, Source
from service.identity.access import Use
from service.record import record


class NoteChanged(Exception):
    """The note is not as it was read: it was changed or deleted meanwhile. Nothing was written."""


@record
class Position:
    """A place in the notes of a person, newest first."""

    created_at: datetime
    note_id: str


@record
class Filter:
    """Which notes: of one kind, with one tag, after a position."""

    kind: str | None = None
    tag: str | None = None
    after: Position | None = None


class NoteStore(Protocol):
    """The notes of the person who `use` is for. Each method proves `use` in the commit or read that it makes, or before.

    All raise `errors.BearerError` when it is not true, and `errors.Unavailable` when the store does not answer.
    """

    def save(self, use: Use, note: Note, source: Source) -> tuple[Note, bool]:
        """Store NOTE and note that its grant was used: one commit, all or nothing. Returns it, and whether it is new.

        If the person has the same note already, nothing is written and the first one is returned; in a race exactly
        one caller gets True, also one whose first answer was lost. After `errors.Unavailable` the note may have been stored; saving again is safe.
        """
        ...

    def find(self, use: Use, note_id: str) -> Note | None: ...

    def newest(self, use: Use, which: Filter, limit: int | None = None) -> Iterator[Note]:
        """The notes that fit WHICH, newest first, as they arrive; at most LIMIT. Notes without `createdAt` are not seen."""
        ...

    def replace(self, use: Use, seen: Note, changed: Note, call_id: str) -> Note:
        """Write CHANGED in place of SEEN, and CALL_ID with it, if SEEN is still what is there.

        Raises `NoteChanged`, also when USE is not true: whoever finds the note again is told.
        """
        ...

    def delete(self, use: Use, note_id: str) -> bool:
        """Delete the note, whatever state it is in; whether there was one."""
        ...
