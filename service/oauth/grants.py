"""What one consent gives and how its code is redeemed: pure rules in order, spending last.

Nothing here reads or writes. The rules take documents, a form and the time, and either raise or return what is to
be written; `exchange.py` reads, asks, and commits once. `refresh.py` has the rules of what comes after.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import field
from datetime import datetime, timedelta

from service.errors import OAuthError
from service.identity.user import User
from service.oauth.authorization import AuthorizationRequest
from service.oauth.clients import Client
from service.oauth.form import Form
from service.oauth.resources import Resources
from service.oauth.tokens import Extent, Secret, SecretHash, Spendable, mint, mint_access_token, mint_refresh_token
from service.record import record

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@record
class Terms:
    """What this server grants: for how long, and for which parts of the service."""

    code: timedelta
    access_token: timedelta
    refresh_token: timedelta
    grace: timedelta
    """How long the last refresh may be asked for again, its answer having been lost."""
    resources: Resources


@record
class Code:
    """An authorization code, known by its hash. `grant_id` names the grant that redeeming it will make."""

    hash: SecretHash
    client_id: str
    uid: str
    redirect_uri: str
    is_redirect_explicit: bool
    scope: frozenset[str]
    resource: str
    code_challenge: str | None
    grant_id: str
    expires_at: datetime
    used_at: datetime | None = None
    version: object = field(default=None, repr=False)
    """The store's own mark of the state that was read."""


@record
class Grant:
    """What one person allowed one client. It ends when its document is deleted."""

    grant_id: str
    uid: str
    client_id: str
    client_name: str
    scope: frozenset[str]
    resource: str
    created_at: datetime
    expires_at: datetime


@record
class Issued:
    """A pair of tokens in the clear, and the facts that are stored about them."""

    access_token: Secret
    refresh_token: Secret
    uid: str
    client_id: str
    grant_id: str
    granted_scope: frozenset[str]
    granted_resource: str
    scope: frozenset[str]
    """What the access token may do: all of `granted_scope`, or the part that a refresh asked for."""
    resource: str
    issued_at: datetime
    access_expires_at: datetime
    refresh_expires_at: datetime


class Reused(Exception):
    """A code or refresh token came back after it was spent, by someone who could have spent it: end its grant."""

    def __init__(self, grant_id: str, reason: str) -> None:
        super().__init__(reason)
        self.grant_id, self.reason = grant_id, reason


def issue_code(request: AuthorizationRequest, user: User, now: datetime, terms: Terms) -> tuple[Secret, Code]:
    """A new code for what USER allowed. The grant's id is drawn now, so that a replay knows what to end."""
    secret = mint()
    code = Code(
        hash=secret.hash(),
        client_id=request.target.client.client_id,
        uid=user.uid,
        redirect_uri=request.target.redirect_uri,
        is_redirect_explicit=request.target.is_explicit,
        scope=request.scope,
        resource=request.resource,
        code_challenge=request.code_challenge,
        grant_id=mint().hash()[:32],
        expires_at=now + terms.code,
    )
    return secret, code


def redeem(code: Code, client: Client, form: Form, now: datetime, terms: Terms) -> tuple[Grant, Issued]:
    """The grant and the tokens for CODE. Raises `OAuthError`, or `Reused` when everything but freshness is right."""
    for rule in _RULES:
        rule(code, client, form, terms)
    _check_freshness(code, now)
    extent = Extent(code.scope, asked_resource(code, form, terms))
    issued = issue(code, client, mint_refresh_token(), extent, now, terms)
    grant = Grant(
        grant_id=code.grant_id,
        uid=code.uid,
        client_id=client.client_id,
        client_name=client.name,
        scope=code.scope,
        resource=code.resource,
        created_at=now,
        expires_at=issued.refresh_expires_at,
    )
    return grant, issued


def issue(  # noqa: PLR0913, PLR0917  # what a pair of tokens is made of
    spent: Spendable, client: Client, refresh_token: Secret, extent: Extent, now: datetime, terms: Terms
) -> Issued:
    """What SPENT is worth to CLIENT: a new access token for EXTENT beside REFRESH_TOKEN."""
    # The token carries whole seconds: rounded up, so that it lives at least as long as the client is told.
    expires_at = (now + terms.access_token + timedelta(microseconds=999_999)).replace(microsecond=0)
    return Issued(
        access_token=mint_access_token(spent, client.name, extent, expires_at),
        refresh_token=refresh_token,
        uid=spent.uid,
        client_id=spent.client_id,
        grant_id=spent.grant_id,
        granted_scope=spent.scope,
        granted_resource=spent.resource,
        scope=extent.scope,
        resource=extent.resource,
        issued_at=now,
        access_expires_at=expires_at,
        refresh_expires_at=now + terms.refresh_token,
    )


def asked_resource(spent: Spendable, form: Form, terms: Terms) -> str:
    """The audience that FORM asks for: a part of what was granted, or all of it. Raises `OAuthError` (RFC 8707, 2.2)."""
    asked = form.get_all("resource")
    if not asked:
        return spent.resource
    resource = terms.resources.parse(asked)
    if resource is None or not terms.resources.covers(spent.resource, resource):
        raise OAuthError(400, "invalid_target", "resource is not the one that was granted.")
    return resource


def invalid_grant(description: str, reason: str) -> OAuthError:
    return OAuthError(400, "invalid_grant", description, reason=reason)


def _code_is_this_clients(code: Code, client: Client, _form: Form, _terms: Terms) -> None:
    if code.client_id != client.client_id:
        raise invalid_grant("The code is not known.", "code_of_other_client")


def _redirect_uri_is_the_same(code: Code, _client: Client, form: Form, _terms: Terms) -> None:
    redirect_uri = form.get("redirect_uri")
    if redirect_uri is None and (code.code_challenge is not None or not code.is_redirect_explicit):
        return  # with PKCE it may be left out: OAuth 2.1, section 10.2
    if redirect_uri != code.redirect_uri:
        raise invalid_grant("redirect_uri is not the one that the code was sent to.", "other_redirect_uri")


def _verifier_fits(code: Code, _client: Client, form: Form, _terms: Terms) -> None:
    verifier = form.get("code_verifier")
    if code.code_challenge is None:
        if verifier is not None:  # RFC 9700 section 4.8.2
            raise OAuthError(
                400,
                "invalid_request",
                "code_verifier was sent, but no code_challenge before.",
                reason="verifier_without_challenge",
            )
        return
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        raise invalid_grant("code_verifier is missing or malformed.", "no_verifier")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if not hmac.compare_digest(digest, code.code_challenge):
        raise invalid_grant("code_verifier does not fit the code_challenge.", "wrong_verifier")


def _resource_was_granted(code: Code, _client: Client, form: Form, terms: Terms) -> None:
    asked_resource(code, form, terms)


def _check_freshness(code: Code, now: datetime) -> None:
    if code.used_at is not None:  # before expiry, so that a replay stays detectable
        raise Reused(code.grant_id, "code_reused")
    if now >= code.expires_at:
        raise invalid_grant("The code has expired.", "code_expired")


_RULES: tuple[Callable[[Code, Client, Form, Terms], None], ...] = (
    _code_is_this_clients,
    _redirect_uri_is_the_same,
    _verifier_fits,
    _resource_was_granted,
)
