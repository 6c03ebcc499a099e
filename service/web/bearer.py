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
        raise too_narrow(scopes, scopes)
    return access


def too_narrow(needed: tuple[str, ...], all_of: tuple[str, ...]) -> BearerError:
    """The answer to an access token without a scope that is NEEDED; who asks for ALL_OF them next has enough."""
    message = f"This needs the scope {' '.join(needed)}. Connect again."
    return BearerError(403, "insufficient_scope", message, all_of)


def challenge(error: BearerError, metadata_url: str) -> str:
    """The value of WWW-Authenticate (RFC 6750 section 3, RFC 9728 section 5.1)."""
    attributes = {
        "error": error.error,
        "error_description": error.error and error.description,
        "scope": " ".join(error.scope) or None,
        "resource_metadata": metadata_url,
    }
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in attributes.items() if value)
