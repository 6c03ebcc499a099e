"""A Firebase ID token as a bearer token: how a person calls what is theirs, from our pages and from the phone app."""

from service.audit import Decision
from service.errors import ActionError
from service.identity.user import Identity, NotSignedIn


def verify_person(authorization: str | None, identity: Identity, decision: Decision) -> str:
    """The uid of whose Firebase ID token the `Authorization` header carries; DECISION then has it too.

    Raises `ActionError` 401, or `errors.Unavailable`. This is no OAuth resource: nothing here sends a client to the
    authorization server, and its access tokens are not taken.
    """
    scheme, _, id_token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        message = "Sign in first: send a Firebase ID token as Authorization: Bearer."
        raise ActionError(401, "unauthorized", message, {"WWW-Authenticate": "Bearer"})
    try:
        decision.uid = identity.verify(id_token.strip()).uid
    except NotSignedIn as refused:
        decision.reason = f"not_signed_in:{refused.reason}"
        message = "The Firebase ID token is malformed, expired or revoked. Sign in again."
        raise ActionError(401, "invalid_token", message, {"WWW-Authenticate": 'Bearer error="invalid_token"'}) from None
    return decision.uid
