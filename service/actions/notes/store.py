"""Where notes go."""

from datetime import datetime
from typing import Protocol

from service.actions.notes.notes import Note, Receipt
from service.identity.access import Access


class NoteStore(Protocol):
    def save(self, access: Access, note: Note, now: datetime) -> Receipt:
        """Prove ACCESS, note that its grant was used, and store NOTE under its person: one commit, all or nothing.

        If the person has the same note already, nothing is written and the receipt is the first one's; in a race
        exactly one caller gets `created=True`. Raises `errors.BearerError` when ACCESS is not true, and
        `errors.Unavailable` when the store does not answer (the note may have been stored; saving again is safe).
        """
        ...
