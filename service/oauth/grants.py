"""What one consent gives, and how it is redeemed and renewed: pure rules in order, spending last.

Nothing here reads or writes. The rules take documents, a form and the time, and either raise or return what is to
be written; `exchange.py` reads, asks, and commits once.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.errors import OAuthError
from service.identity.user import User
from service.oauth.authorization import AuthorizationRequest
from service.oauth.clients import Client
from service.oauth.form import Form
from service.oauth.tokens import Secret, SecretHash, mint, mint_access_token

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True)
class Lifetimes:
    code: timedelta
    access_token: timedelta
    refresh_token: timedelta


@dataclass(frozen=True)
class Code:
    """An authorization code, known by its hash. `grant_id` names the grant that redeeming it will make."""

    hash: SecretHash
    client_id: str
    uid: str
    redirect_uri: str
    scope: frozenset[str]
    code_challenge: str | None
    grant_id: str
    expires_at: datetime
    used_at: datetime | None = None
    version: object = None
    """The store's own mark of the state that was read."""


@dataclass(frozen=True)
class Grant:
    """What one person allowed one client. It ends when its document is deleted."""

    grant_id: str
    uid: str
    client_id: str
    client_name: str
    scope: frozenset[str]
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token, known by its hash."""

    hash: SecretHash
    client_id: str
    uid: str
    grant_id: str
    scope: frozenset[str]
    expires_at: datetime
    used_at: datetime | None = None
    version: object = None


@dataclass(frozen=True)
class Issued:
    """A pair of new tokens in the clear, and the facts that are stored about them."""

    access_token: Secret
    refresh_token: Secret
    uid: str
    client_id: str
    grant_id: str
    granted_scope: frozenset[str]
    scope: frozenset[str]
    """What the access token may do: all of `granted_scope`, or the part that a refresh asked for."""
    issued_at: datetime
    access_expires_at: datetime
    refresh_expires_at: datetime


class Reused(Exception):
    """A code or refresh token came back after it was spent, by someone who could have spent it: end its grant."""

    def __init__(self, grant_id: str) -> None:
        super().__init__()
        self.grant_id = grant_id


def issue_code(request: AuthorizationRequest, user: User, now: datetime, lifetimes: Lifetimes) -> tuple[Secret, Code]:
    """A new code for what USER allowed. The grant's id is drawn now, so that a replay knows what to end."""
    secret = mint()
    code = Code(
        hash=secret.hash(),
        client_id=request.target.client.client_id,
        uid=user.uid,
        redirect_uri=request.target.redirect_uri,
        scope=request.scope,
        code_challenge=request.code_challenge,
        grant_id=mint().hash()[:32],
        expires_at=now + lifetimes.code,
    )
    return secret, code


def redeem(code: Code, client: Client, form: Form, now: datetime, lifetimes: Lifetimes) -> tuple[Grant, Issued]:
    """The grant and the tokens for CODE. Raises `OAuthError`, or `Reused` when everything but freshness is right."""
    for rule in _CODE_RULES:
        rule(code, client, form, now)
    issued = _issue(code, code.scope, now, lifetimes)
    grant = Grant(code.grant_id, code.uid, client.client_id, client.name, code.scope, now, issued.refresh_expires_at)
    return grant, issued


def rotate(token: RefreshToken, client: Client, form: Form, now: datetime, lifetimes: Lifetimes) -> Issued:
    """The successors of TOKEN. Raises `OAuthError`, or `Reused` when it was spent before."""
    for rule in _REFRESH_RULES:
        rule(token, client, form, now)
    return _issue(token, _narrowed(token, form), now, lifetimes)


def invalid_grant(description: str) -> OAuthError:
    return OAuthError(400, "invalid_grant", description)


def _issue(spent: Code | RefreshToken, scope: frozenset[str], now: datetime, lifetimes: Lifetimes) -> Issued:
    # The token carries whole seconds: rounded up, so that it lives at least as long as the client is told.
    expires_at = (now + lifetimes.access_token + timedelta(microseconds=999_999)).replace(microsecond=0)
    return Issued(
        access_token=mint_access_token(spent.uid, spent.grant_id, spent.client_id, scope, expires_at),
        refresh_token=mint(),
        uid=spent.uid,
        client_id=spent.client_id,
        grant_id=spent.grant_id,
        granted_scope=spent.scope,
        scope=scope,
        issued_at=now,
        access_expires_at=expires_at,
        refresh_expires_at=now + lifetimes.refresh_token,
    )


def _code_is_this_clients(code: Code, client: Client, _form: Form, _now: datetime) -> None:
    if code.client_id != client.client_id:
        raise invalid_grant("The code is not known.")


def _redirect_uri_is_the_same(code: Code, _client: Client, form: Form, _now: datetime) -> None:
    redirect_uri = form.get("redirect_uri")
    if redirect_uri is None and code.code_challenge is not None:
        return  # with PKCE it may be left out: OAuth 2.1, section 10.2
    if redirect_uri != code.redirect_uri:
        raise invalid_grant("redirect_uri is not the one that the code was sent to.")


def _verifier_fits(code: Code, _client: Client, form: Form, _now: datetime) -> None:
    verifier = form.get("code_verifier")
    if code.code_challenge is None:
        if verifier is not None:  # RFC 9700 section 4.8.2
            raise OAuthError(400, "invalid_request", "code_verifier was sent, but no code_challenge before.")
        return
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        raise invalid_grant("code_verifier is missing or malformed.")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if not hmac.compare_digest(digest, code.code_challenge):
        raise invalid_grant("code_verifier does not fit the code_challenge.")


def _code_is_fresh(code: Code, _client: Client, _form: Form, now: datetime) -> None:
    if code.used_at is not None:  # before expiry, so that a replay stays detectable
        raise Reused(code.grant_id)
    if now >= code.expires_at:
        raise invalid_grant("The code has expired.")


def _refresh_token_is_this_clients(token: RefreshToken, client: Client, _form: Form, _now: datetime) -> None:
    if token.client_id != client.client_id:
        raise invalid_grant("The refresh token is not known.")


def _scope_is_not_wider(token: RefreshToken, _client: Client, form: Form, _now: datetime) -> None:
    if not _narrowed(token, form) <= token.scope:
        raise OAuthError(400, "invalid_scope", "A refresh cannot ask for more than was granted.")


def _refresh_token_is_fresh(token: RefreshToken, _client: Client, _form: Form, now: datetime) -> None:
    if token.used_at is not None:
        raise Reused(token.grant_id)
    if now >= token.expires_at:
        raise invalid_grant("The refresh token has expired.")


def _narrowed(token: RefreshToken, form: Form) -> frozenset[str]:
    return frozenset((form.get("scope") or "").split()) or token.scope


_CODE_RULES: tuple[Callable[[Code, Client, Form, datetime], None], ...] = (
    _code_is_this_clients,
    _redirect_uri_is_the_same,
    _verifier_fits,
    _code_is_fresh,
)
_REFRESH_RULES: tuple[Callable[[RefreshToken, Client, Form, datetime], None], ...] = (
    _refresh_token_is_this_clients,
    _scope_is_not_wider,
    _refresh_token_is_fresh,
)
