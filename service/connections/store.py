"""Where connections are looked up, and ended."""

from collections.abc import Sequence
from typing import Protocol

from service.connections.connections import Grant


class ConnectionStore(Protocol):
    """Each method raises `errors.Unavailable` when the store does not answer; then it can be repeated.

    A `uid` is a `User`'s: safe as one segment of a path.
    """

    def find_grants(self, uid: str) -> Sequence[Grant]:
        """All of the person's, also those that have expired and are not deleted yet."""
        ...

    def end(self, uid: str, client_id: str) -> int:
        """From now on every token of the person's grants of this client is refused; how many grants there were.

        A code that was not exchanged yet is worth nothing any more, and an exchange that is under way fails, or its
        grant is among those that end.
        """
        ...

    def delete_notes(self, uid: str, client_id: str) -> int:
        """Delete the person's notes that this client has saved, until none is left; how many this call deleted.

        End the connection first, or it saves new ones meanwhile.
        """
        ...
