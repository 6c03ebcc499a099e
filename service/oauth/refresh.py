"""How a connection is renewed: pure rules in order, spending last.

A refresh token is used once. Its successor is derived from it (`tokens.derive_successor`), so a client that lost our
answer asks again and gets the same successor, while only hashes are stored. Someone who comes with a token whose
successor was used, or after the grace, has a copy that went its own way: the whole grant ends (RFC 9700 section 4.14.2).
"""

from collections.abc import Callable
from dataclasses import field
from datetime import datetime

from service.errors import OAuthError
from service.oauth.authorization import OFFLINE_ACCESS
from service.oauth.clients import Client
from service.oauth.form import Form
from service.oauth.grants import Issued, Reused, Terms, asked_resource, invalid_grant, issue
from service.oauth.tokens import Extent, Secret, SecretHash
from service.record import record


@record
class RefreshToken:
    """A refresh token, known by its hash."""

    hash: SecretHash
    client_id: str
    uid: str
    grant_id: str
    scope: frozenset[str]
    resource: str
    expires_at: datetime
    used_at: datetime | None = None
    key_id: str | None = None
    """The key with which its successor was derived, since it was used."""
    version: object = field(default=None, repr=False)
    """The store's own mark of the state that was read."""


def check(token: RefreshToken, client: Client, form: Form, terms: Terms) -> None:
    """Everything but freshness. Raises `OAuthError`; a failure here changes nothing."""
    for rule in _RULES:
        rule(token, client, form, terms)


def check_unused(token: RefreshToken, now: datetime) -> None:
    """That TOKEN, never used so far, may be used now. Raises `OAuthError`."""
    if now >= token.expires_at:
        raise invalid_grant("The refresh token has expired.", "refresh_expired")


def check_grace(token: RefreshToken, now: datetime, terms: Terms) -> None:
    """That TOKEN, used before, may be asked for again. Raises `Reused`."""
    assert token.used_at is not None
    if now > token.used_at + terms.grace:
        raise Reused(token.grant_id, "refresh_reused_late")


def check_successor(token: RefreshToken, successor: RefreshToken | None) -> RefreshToken:
    """SUCCESSOR of TOKEN, which nobody has used yet. Raises `Reused`: from its first use on, TOKEN is a copy."""
    if successor is None or successor.used_at is not None:
        raise Reused(token.grant_id, "refresh_reused")
    return successor


def renew(  # noqa: PLR0913, PLR0917  # what a renewal is made of
    token: RefreshToken, client: Client, successor: Secret, form: Form, now: datetime, terms: Terms
) -> Issued:
    """SUCCESSOR beside a new access token of the scope and the resource that FORM asks for."""
    extent = Extent(_scope(token, form), asked_resource(token, form, terms))
    return issue(token, client, successor, extent, now, terms)


def _token_is_this_clients(token: RefreshToken, client: Client, _form: Form, _terms: Terms) -> None:
    if token.client_id != client.client_id:
        raise invalid_grant("The refresh token is not known.", "refresh_of_other_client")


def _scope_is_not_wider(token: RefreshToken, _client: Client, form: Form, _terms: Terms) -> None:
    if not _scope(token, form) <= token.scope:
        raise OAuthError(400, "invalid_scope", "A refresh cannot ask for more than was granted.")


def _resource_was_granted(token: RefreshToken, _client: Client, form: Form, terms: Terms) -> None:
    asked_resource(token, form, terms)


def _scope(token: RefreshToken, form: Form) -> frozenset[str]:
    # offline_access has no effect, so asking for it in vain is no wish for more.
    return form.words("scope") - ({OFFLINE_ACCESS} - token.scope) or token.scope


_RULES: tuple[Callable[[RefreshToken, Client, Form, Terms], None], ...] = (
    _token_is_this_clients,
    _scope_is_not_wider,
    _resource_was_granted,
)
