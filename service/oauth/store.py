"""What the authorization server keeps. Every method is one round trip, by id; nothing is queried."""

from typing import Protocol

from service.oauth.clients import Client
from service.oauth.grants import Code, Grant, Issued, RefreshToken
from service.oauth.tokens import SecretHash


class Spent(Exception):
    """Somebody else changed what was read before our commit. Nothing was written: read again and decide again."""


class Ended(Exception):
    """The grant is gone: it was revoked. Nothing was written."""


class OAuthStore(Protocol):
    """Each method raises `errors.Unavailable` when the store does not answer."""

    def add_client(self, client: Client) -> None: ...

    def find_client(self, client_id: str) -> Client | None: ...

    def add_code(self, code: Code) -> None: ...

    def find_code(self, client_id: str, code: SecretHash) -> tuple[Client | None, Code | None]: ...

    def spend_code(self, code: Code, grant: Grant, issued: Issued) -> None:
        """Mark CODE used and store GRANT and ISSUED, all in one commit. Raises `Spent` unless CODE is as it was read.

        Of any number of callers, on any number of instances, exactly one does not get `Spent`.
        """
        ...

    def find_refresh_token(self, client_id: str, token: SecretHash) -> tuple[Client | None, RefreshToken | None]: ...

    def spend_refresh_token(self, token: RefreshToken, issued: Issued) -> None:
        """Mark TOKEN used and store ISSUED, in one commit that also requires the grant. Raises `Spent` or `Ended`."""
        ...

    def was_issued(self, issued: Issued) -> bool:
        """Whether a commit of ISSUED happened after all: told after `Spent`, when an answer may have been lost."""
        ...

    def end_grant(self, grant_id: str) -> None:
        """From now on every token of the grant is refused. Ending it twice is no error."""
        ...
