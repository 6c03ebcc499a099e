"""Who the person is, as Firebase Authentication says it."""

from dataclasses import field
from typing import Protocol

from service.record import record


@record
class User:
    """A signed-in person. `uid` is safe as one segment of a Firestore path."""

    uid: str


@record
class Account:
    """An account that exists, and how it shows itself; None for what its person did not give."""

    name: str | None = field(repr=False)
    email: str | None = field(repr=False)
    is_disabled: bool


class NotSignedIn(Exception):
    """The ID token proves nobody. `reason` is a word for the log; the token never is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Identity(Protocol):
    def verify(self, id_token: str) -> User:
        """The person whose Firebase ID token this is, checked for signature, audience, expiry, revocation and account.

        Raises `NotSignedIn`, or `errors.Unavailable` when Firebase does not answer.
        """
        ...

    def find_account(self, uid: str) -> Account | None:
        """None when it is gone, that is deleted. Raises `errors.Unavailable` as above."""
        ...
