"""What a bearer token claims. It becomes true in one commit, or one read, that requires its two documents."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Access:
    """A well-formed, unproven access token.

    The claim was issued by us exactly when a document exists at `token_path`, because that path holds the hash of
    the whole token; it is still alive exactly when one exists at `grant_path`. Whoever acts on an `Access` must
    require both in the same commit or read.
    """

    uid: str
    grant_id: str
    client_id: str
    scope: frozenset[str]
    resource: str
    """The audience (RFC 8707): the part of this service that it is good for."""
    expires_at: datetime
    token_path: str
    grant_path: str
