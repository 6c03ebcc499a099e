"""`Authorization` header -> `Access`, in this one place (RFC 6750 section 2.1)."""

from datetime import datetime

from service.errors import BearerError, invalid_token
from service.identity.access import Access
from service.oauth.resources import Resources
from service.oauth.tokens import parse_access_token


def read_access(
    authorization: str | None, scopes: tuple[str, ...], path: str, resources: Resources, now: datetime
) -> Access:
    """The access that the header claims, unexpired, for this PATH, and wide enough for SCOPES. Raises `BearerError`.

    It is not proven yet: whoever acts on it proves it in the same commit or read (`service.proof.prove`).
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        raise BearerError(401, None, "Sign in first: send an access token as Authorization: Bearer.", scopes)
    access = parse_access_token(token.strip())
    if access is None:
        raise invalid_token("malformed", scopes)
    if now >= access.expires_at:
        raise invalid_token("expired", scopes)
    if not resources.admits(access.resource, path):
        raise invalid_token("other_audience", scopes)
    if not access.scope.issuperset(scopes):
        needed = " ".join(scopes)
        raise BearerError(403, "insufficient_scope", f"This needs the scope {needed}. Connect again.", scopes)
    return access
