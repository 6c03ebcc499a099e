"""Secrets that we mint, and the only form in which they are kept: their SHA-256."""

import base64
import binascii
import hashlib
import json
import re
import secrets
from datetime import UTC, datetime
from typing import NewType, NoReturn, Protocol

from service.identity.access import Access
from service.oauth.keys import Key
from service.paths import is_segment
from service.record import record

SecretHash = NewType("SecretHash", str)
_PREFIX = "mate_"
_REFRESH_PREFIX = "mate_refresh_"
_SHAPE = re.compile(r"mate_([A-Za-z0-9_-]{1,2400})\.[A-Za-z0-9_-]{43}")


class Secret:
    """A code, token or client secret in the clear: hidden from `repr`, `str`, JSON and pickles."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the one answer that hands it over."""
        return self._value

    def hash(self) -> SecretHash:
        """64 hexadecimal digits: what is stored, and the id of the document that stores it."""
        return SecretHash(hashlib.sha256(self._value.encode("utf-8", "surrogatepass")).hexdigest())

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not copied or stored")


def mint() -> Secret:
    """256 random bits as 43 characters of `[A-Za-z0-9_-]`."""
    return Secret(secrets.token_urlsafe(32))


def mint_refresh_token() -> Secret:
    """The first one of a grant: 256 random bits."""
    return Secret(_REFRESH_PREFIX + mint().reveal())


def derive_successor(token: Secret, key: Key) -> Secret:
    """The refresh token that comes after TOKEN: the same one each time, and only for who holds both TOKEN and KEY."""
    return Secret(_REFRESH_PREFIX + key.mac("refresh", token.reveal()))


def token_path(token_hash: SecretHash) -> str:
    return f"oauthTokens/{token_hash}"


def grant_path(grant_id: str) -> str:
    return f"oauthGrants/{grant_id}"


class Spendable(Protocol):
    """What is exchanged for tokens: a `grants.Code` or a `refresh.RefreshToken`."""

    @property
    def uid(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def grant_id(self) -> str: ...
    @property
    def scope(self) -> frozenset[str]: ...
    @property
    def resource(self) -> str: ...


@record
class Extent:
    """What an access token is good for: which operations, and at which part of the service (RFC 8707)."""

    scope: frozenset[str]
    resource: str


def mint_access_token(spent: Spendable, client_name: str, extent: Extent, expires_at: datetime) -> Secret:
    """`mate_`, a readable head, a dot, and 256 random bits. The hash binds the head to the bits.

    The head is for us: it lets a save know whose it is before it has read anything. Clients must not rely on it.
    """
    who = [spent.uid, spent.grant_id, spent.client_id, client_name]
    claims = [*who, int(expires_at.timestamp()), " ".join(sorted(extent.scope)), extent.resource]
    head = (
        base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode())
        .decode()
        .rstrip("=")
    )
    return Secret(f"{_PREFIX}{head}.{mint().reveal()}")


def parse_access_token(token: str) -> Access | None:
    """What TOKEN claims, or None when we cannot have issued it. The claim is not proven: see `Access`."""
    if not (shape := _SHAPE.fullmatch(token)):
        return None
    head = shape[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        uid, grant_id, client_id, client_name, expires, scope, resource = claims
        return Access(
            uid=_segment(uid),
            grant_id=_segment(grant_id),
            client_id=_text(client_id),
            client_name=_text(client_name),
            scope=frozenset(_text(scope).split(" ")),
            resource=_text(resource),
            expires_at=datetime.fromtimestamp(expires, UTC),
            token_path=token_path(Secret(token).hash()),
            grant_path=grant_path(grant_id),
        )
    except (binascii.Error, ValueError, TypeError, OverflowError, OSError, RecursionError):
        return None


def _segment(value: object) -> str:
    # A forged head must not become another path than one of ours.
    if not is_segment(text := _text(value)):
        raise ValueError
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()
    return value
