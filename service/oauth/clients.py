"""Who asks on a person's behalf: registration and authentication of clients (RFC 6749 sections 2 and 3.2.1)."""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote_plus, urlsplit

from service.errors import OAuthError
from service.oauth.form import Form
from service.oauth.tokens import Secret, SecretHash, mint
from service.paths import is_segment

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True)
class Client:
    """A registered confidential client. Two secret hashes may live at once, so that a rotation has no gap."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    secret_hashes: tuple[SecretHash, ...]
    scope: frozenset[str]
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True)
class Credentials:
    """What a request presented. `secrets` has each reading of the secret that a client may have meant."""

    client_id: str
    secrets: tuple[Secret, ...] = field(repr=False)
    over_basic: bool


class InvalidRegistration(ValueError):
    """A client cannot be registered so; the text says why."""


def register(name: str, redirect_uris: Sequence[str], scope: frozenset[str], now: datetime) -> tuple[Client, Secret]:
    """A new client and its secret, which is shown once and never stored. Raises `InvalidRegistration`."""
    if not re.fullmatch(r"[^\x00-\x1f\x7f]{1,80}", name) or not name.strip():
        raise InvalidRegistration("The name must have 1 to 80 printable characters.")
    if not redirect_uris:
        raise InvalidRegistration("Name at least one --redirect-uri.")
    for uri in redirect_uris:
        if problem := redirect_uri_problem(uri):
            raise InvalidRegistration(f"Redirect URI {uri!r} {problem}.")
    secret = mint()
    client = Client(secrets.token_urlsafe(16), name, tuple(redirect_uris), (secret.hash(),), scope, now)
    return client, secret


def redirect_uri_problem(uri: str) -> str | None:
    """Why URI may not be registered, or None (RFC 6749 section 3.1.2, RFC 8252 section 7.3, RFC 9700 section 2.6)."""
    if not re.fullmatch(r"[\x21-\x7e]{1,2000}", uri):
        return "must be 1 to 2000 printable ASCII characters without spaces"
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URI"
    if "#" in uri:
        return "must not have a fragment"
    if "@" in parts.netloc or not host:
        return "must have a host and no user name"
    if parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK):
        return None
    return "must be https (http is for localhost only)"


def is_client_id(text: str | None) -> bool:
    """Whether TEXT can be the id of a client; anything else is not looked up."""
    return bool(text and _CLIENT_ID.fullmatch(text) and is_segment(text))


def read_credentials(form: Form, authorization: str | None) -> Credentials:
    """The client's credentials, from HTTP Basic or the body, never from both (RFC 6749 section 2.3.1)."""
    in_body = form.get("client_id"), form.get("client_secret")
    if authorization is None:
        client_id, secret = in_body
        if not client_id or not secret:
            raise invalid_client(over_basic=False)
        return Credentials(client_id, (Secret(secret),), over_basic=False)
    if in_body[1] is not None:
        raise OAuthError(400, "invalid_request", "Send the client secret in the body or over HTTP Basic, not both.")
    credentials = _basic(authorization)
    if in_body[0] not in (None, credentials.client_id):
        raise OAuthError(400, "invalid_request", "The client_id in the body is not the one over HTTP Basic.")
    return credentials


def _basic(authorization: str) -> Credentials:
    scheme, _, encoded = authorization.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise invalid_client(over_basic=True) from None
    if scheme.lower() != "basic" or not colon:
        raise invalid_client(over_basic=True)
    # RFC 6749 form-encodes both before Basic; many clients do not. Our own ids and secrets read the same either way.
    readings = dict.fromkeys((unquote_plus(secret), secret))
    return Credentials(unquote_plus(client_id), tuple(Secret(reading) for reading in readings), over_basic=True)


def authenticate(client: Client | None, credentials: Credentials) -> Client:
    """CLIENT, if CREDENTIALS are its own. An unknown, a disabled and a wrong one get the same answer in the same time."""
    hashes = client.secret_hashes if client else (SecretHash("0" * 64),)
    matches = [hmac.compare_digest(presented.hash(), stored) for presented in credentials.secrets for stored in hashes]
    if client is None or client.disabled_at is not None or not any(matches):
        raise invalid_client(over_basic=credentials.over_basic)
    return client


def invalid_client(*, over_basic: bool) -> OAuthError:
    headers = {"WWW-Authenticate": 'Basic realm="token"'} if over_basic else {}
    return OAuthError(401, "invalid_client", "The client id or the client secret is not right.", headers)
