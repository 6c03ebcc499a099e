"""What the identity of a person needs stored."""

from datetime import datetime
from typing import Protocol

from service.identity.access import Use


class AccessStore(Protocol):
    def check(self, use: Use) -> None:
        """That USE is true. Raises `errors.BearerError`, or `errors.Unavailable` when the store does not answer."""
        ...


class Departures(Protocol):
    """What becomes of a person's access and data when Firebase has ended their account.

    Each method raises `errors.Unavailable`, and can be repeated.
    """

    def account_gone(self, uid: str, now: datetime) -> None:
        """The account was deleted: every grant ends, and sessions end. `scripts/account sweep` deletes its data."""
        ...

    def account_disabled(self, uid: str, now: datetime) -> None:
        """Sessions that began before NOW are refused by `firestore.rules`. Nothing is deleted."""
        ...
