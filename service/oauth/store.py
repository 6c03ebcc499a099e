"""What the authorization server keeps. By id, one round trip a method, on every path that a client can call."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from service.oauth.clients import Client
from service.oauth.grants import Code, Grant, Issued
from service.oauth.refresh import RefreshToken
from service.oauth.tokens import SecretHash
from service.record import record


class Spent(Exception):
    """Somebody else changed what was read before our commit. Nothing was written: read again and decide again."""


class Ended(Exception):
    """The grant is gone: it was revoked. Nothing was written."""


@record
class StoredToken:
    """A token of either kind, as far as revoking it needs to know it."""

    is_refresh: bool
    client_id: str
    grant_id: str


class OAuthStore(Protocol):
    """Each method raises `errors.Unavailable` when the store does not answer."""

    def add_client(self, client: Client) -> None: ...

    def keep_document(self, client: Client) -> None:
        """Store or renew the client of a metadata document; since when it is here, or disabled, stays as it is."""
        ...

    def change_client(self, client: Client) -> None:
        """Store CLIENT in place of the one that it was read as. Raises `Spent` when that one was changed since."""
        ...

    def find_client(self, client_id: str) -> Client | None: ...

    def list_clients(self) -> Sequence[Client]:
        """All of them, for an operator."""
        ...

    def add_code(self, code: Code) -> None: ...

    def find_code(self, client_id: str, code: SecretHash) -> tuple[Client | None, Code | None]: ...

    def spend_code(self, code: Code, client: Client, grant: Grant, issued: Issued) -> None:
        """Mark CODE used and store GRANT and ISSUED, all in one commit. Raises `Spent` unless CODE is as it was read.

        Of any number of callers, on any number of instances, exactly one does not get `Spent`. CLIENT is in use from
        now on: if it was to be forgotten, it is not.
        """
        ...

    def was_issued(self, issued: Issued) -> bool:
        """Whether a commit of ISSUED happened after all: told after `Spent`, when an answer may have been lost."""
        ...

    def find_refresh_token(self, client_id: str, token: SecretHash) -> tuple[Client | None, RefreshToken | None]: ...

    def find_successor(self, successor: SecretHash) -> RefreshToken | None: ...

    def spend_refresh_token(self, token: RefreshToken, issued: Issued, key_id: str) -> None:
        """Mark TOKEN used and store ISSUED, in one commit that also requires the grant. Raises `Spent` or `Ended`."""
        ...

    def repeat_refresh(self, successor: RefreshToken, issued: Issued) -> None:
        """Store the access token of ISSUED, if SUCCESSOR is still as it was read. Raises `Spent` or `Ended`."""
        ...

    def find_token(self, client_id: str, token: SecretHash) -> tuple[Client | None, StoredToken | None]: ...

    def end_token(self, token: SecretHash) -> None:
        """From now on this one token is refused."""
        ...

    def end_grant(self, grant_id: str) -> None:
        """From now on every token of the grant is refused. Ending it twice is no error."""
        ...

    def end_grants_of(self, client_id: str) -> int:
        """End every grant of a client that is disabled; the number of those found.

        An exchange that read the client before it was disabled has no grant afterwards either: it fails, or its grant
        is among those that are ended. When it breaks off half-way it can be repeated.
        """
        ...

    def count_grants_of(self, client_id: str, now: datetime, most: int) -> int | None:
        """How many of its grants have not expired; None when it has more than MOST grants."""
        ...
