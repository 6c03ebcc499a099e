"""What must be true of a Firebase ID token beside its signature, as rules that ask nobody.

https://firebase.google.com/docs/auth/admin/verify-id-tokens lists most of them; `tests/identity/test_firebase_admin.py`
holds them all against firebase-admin.
"""

import base64
import json
from dataclasses import field
from typing import Any

from service.identity.user import NotSignedIn
from service.record import record

ISSUER = "https://securetoken.google.com/"
_MOST_SUBJECT = 128


@record
class Token:
    """A JSON Web Token in parts. Nothing in it is true before its signature was checked."""

    header: dict[str, Any] = field(repr=False)
    claims: dict[str, Any] = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def parse(id_token: str) -> Token:
    """Raises `NotSignedIn` unless it is two JSON objects and a signature (RFC 7515 section 7.1)."""
    try:
        header, claims, signature = id_token.encode().split(b".")
        token = Token(_object(header), _object(claims), header + b"." + claims, _decode(signature))
    except (ValueError, RecursionError):
        raise NotSignedIn("malformed") from None
    return token


def check_header(token: Token) -> str:
    """The id of the key that signed it, by the one algorithm that Firebase signs with."""
    key = token.header.get("kid")
    if not isinstance(key, str) or not key:
        raise NotSignedIn("kid")
    if token.header.get("alg") != "RS256":
        raise NotSignedIn("alg")
    return key


def check_claims(token: Token, project: str) -> str:
    """The uid of whom it was issued for, by PROJECT."""
    claims = token.claims
    if claims.get("aud") != project:
        raise NotSignedIn("aud")
    if claims.get("iss") != ISSUER + project:
        raise NotSignedIn("iss")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MOST_SUBJECT:
        raise NotSignedIn("sub")
    provider = claims.get("firebase", {})
    if not isinstance(provider, dict):
        raise NotSignedIn("firebase")
    if provider.get("sign_in_provider") == "anonymous":
        raise NotSignedIn("anonymous")
    return subject


def check_times(token: Token, now: int) -> None:
    """Issued before NOW and not expired; no leeway, as Google's clock is ours."""
    if not _number(token, "iat") <= now:
        raise NotSignedIn("iat")
    if not now <= _number(token, "exp"):
        raise NotSignedIn("exp")


def check_account(token: Token, account: dict[str, Any] | None) -> None:
    """ACCOUNT is what Identity Toolkit has of it: there, not disabled, and not signed out everywhere since."""
    if account is None:
        raise NotSignedIn("no_account")
    if account.get("disabled"):
        raise NotSignedIn("disabled")
    if not _number(token, "iat") >= int(account.get("validSince") or 0):
        raise NotSignedIn("revoked")


def _number(token: Token, claim: str) -> float:
    found = token.claims.get(claim)
    if not isinstance(found, int | float):
        raise NotSignedIn(claim)
    return found


def _object(segment: bytes) -> dict[str, Any]:
    found = json.loads(_decode(segment).decode())
    if not isinstance(found, dict):
        raise ValueError  # noqa: TRY004  # as for all that cannot be read
    return found


def _decode(segment: bytes) -> bytes:
    return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
