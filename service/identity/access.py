"""What a bearer token claims, and one use of it. It is true in one commit or read that requires its two documents."""

from dataclasses import dataclass
from datetime import datetime

from service.record import record


@record
class Access:
    """A well-formed, unproven access token.

    The claim was issued by us exactly when a document exists at `token_path`, because that path holds the hash of
    the whole token; it is still alive exactly when one exists at `grant_path`. Whoever acts on an `Access` must
    require both in the same commit or read.
    """

    uid: str
    grant_id: str
    client_id: str
    client_name: str
    scope: frozenset[str]
    resource: str
    """The audience (RFC 8707): the part of this service that it is good for."""
    expires_at: datetime
    token_path: str
    grant_path: str


@dataclass
class Sighting:
    """Which version of the contract (`Contract.digest`) a call came by, and to which operation."""

    contract: str
    operation_id: str
    is_noted: bool = False
    """Set by whoever has written it down."""


@record
class Use:
    """One call under an `Access`, at a time. `sighting` is there when it is to be noted down."""

    access: Access
    now: datetime
    sighting: Sighting | None = None
