"""Where a person's data is read as a whole, and deleted as a whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from service.identity.store import Departures
from service.leaving.deletion import Deletion
from service.leaving.export import StoredNote


class LeavingStore(Departures, Protocol):
    """Each method raises `errors.Unavailable` when the store does not answer; then it can be repeated.

    A `uid` is a `User`'s: safe as one segment of a path.
    """

    def count_notes(self, uid: str) -> int: ...

    def notes(self, uid: str, after: str | None) -> Iterator[StoredNote]:
        """The person's notes in the order of their ids, those that come AFTER that id, one by one as they are taken.

        Every document is found, in whatever shape. One that is there all along is found after exactly one cursor.
        """
        ...

    def find_deletion(self, uid: str, now: datetime) -> Deletion | None:
        """The person's last one, as long as its receipt is kept."""
        ...

    def delete(self, uid: str, now: datetime) -> Deletion:
        """Begin a deletion, or carry on the one that is not finished: some seconds of work.

        When it returns no assistant has access to the person's data, and repeating it goes on until `finished_at`
        is set: from anywhere, after any end, also by several at once. It is set once nothing is found any more. What
        one call deletes is counted in the commit that deletes it, and only if it was still there, so `deleted` is
        exact. After a finished deletion a new one begins only when there is something to delete.
        """
        ...

    def delete_rest(self, uid: str, now: datetime) -> Deletion | None:
        """Carry on a deletion that its person has left: as `delete`, but what came after they last asked stays.

        None when there is none.
        """
        ...
