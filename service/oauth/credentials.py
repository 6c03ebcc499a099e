"""How a client proves at the token endpoint that it is who it says (RFC 6749 section 2.3)."""

import base64
import binascii
import hmac
from dataclasses import field
from datetime import datetime
from urllib.parse import unquote_plus

from service.errors import OAuthError
from service.oauth.clients import Client, unusable
from service.oauth.form import Form
from service.oauth.tokens import Secret, SecretHash
from service.record import record


@record
class Credentials:
    """What a request presented. `secrets` has each reading of the secret that a client may have meant."""

    client_id: str
    secrets: tuple[Secret, ...] = field(repr=False)
    method: str
    """Of `AUTH_METHODS`; "none" when there was no secret, or an empty one (RFC 6749 section 2.3.1)."""
    over_basic: bool


def read_credentials(form: Form, authorization: str | None) -> Credentials:
    """The client's credentials, from HTTP Basic or the body, never from both (RFC 6749 section 2.3.1)."""
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if authorization is None:
        if not client_id:
            raise invalid_client("no_credentials")
        if secret is None:
            return Credentials(client_id, (), "none", over_basic=False)
        return Credentials(client_id, (Secret(secret),), "client_secret_post", over_basic=False)
    if secret is not None:
        raise OAuthError(
            400,
            "invalid_request",
            "Send the client secret in the body or over HTTP Basic, not both.",
            reason="two_credentials",
        )
    credentials = _basic(authorization)
    if client_id not in (None, credentials.client_id):
        raise OAuthError(
            400,
            "invalid_request",
            "The client_id in the body is not the one over HTTP Basic.",
            reason="two_credentials",
        )
    return credentials


def _basic(authorization: str) -> Credentials:
    scheme, _, encoded = authorization.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise invalid_client("malformed_basic", over_basic=True) from None
    if scheme.lower() != "basic" or not colon:
        raise invalid_client("malformed_basic", over_basic=True)
    client_id = unquote_plus(client_id)
    if not secret:  # as requests-oauthlib sends a public client's id
        return Credentials(client_id, (), "none", over_basic=True)
    # RFC 6749 form-encodes both before Basic; many clients do not. Our own ids and secrets read the same either way.
    readings = dict.fromkeys((unquote_plus(secret), secret))
    secrets = tuple(Secret(reading) for reading in readings)
    return Credentials(client_id, secrets, "client_secret_basic", over_basic=True)


def authenticate(client: Client | None, credentials: Credentials, now: datetime) -> Client:
    """CLIENT, if CREDENTIALS are its own. An unknown, a disabled and a wrong one get the same answer in the same time."""
    hashes = client.secret_hashes if client else (SecretHash("0" * 64),)
    matches = [hmac.compare_digest(presented.hash(), stored) for presented in credentials.secrets for stored in hashes]
    over_basic = credentials.over_basic
    if client is None or unusable(client, now):
        raise invalid_client((client and unusable(client, now)) or "unknown_client", over_basic=over_basic)
    if credentials.method not in client.auth_methods:
        raise invalid_client("other_auth_method", over_basic=over_basic)
    if credentials.method != "none" and not any(matches):
        raise invalid_client("wrong_secret", over_basic=over_basic)
    return client


def invalid_client(reason: str, *, over_basic: bool = False) -> OAuthError:
    headers = {"WWW-Authenticate": 'Basic realm="token"'} if over_basic else {}
    return OAuthError(401, "invalid_client", "The client id or the client secret is not right.", headers, reason=reason)
