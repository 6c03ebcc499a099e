"""How the operator changes a client that is registered: one pure rule a change.

Each rule takes the client as it was read and returns it as it is to be stored, or raises `InvalidRegistration`, whose
text says what to do next.
"""

import re
from dataclasses import replace
from datetime import datetime

from service.oauth.clients import CHATGPT, Client, InvalidRegistration, check_redirect_uris
from service.oauth.tokens import SecretHash

_MOST_SECRETS = 2
_HOSTS = "|".join(map(re.escape, CHATGPT))
_GPT_ID = re.compile(rf"(g-\w{{1,100}})|https://(?:{_HOSTS})/aip/(g-\w{{1,100}})/oauth/callback", re.ASCII)


def add_secret(client: Client, secret: SecretHash) -> Client:
    """CLIENT with one more secret: from now on both work, so that whoever uses the first has time to change."""
    _check_has_secrets(client)
    if len(client.secret_hashes) >= _MOST_SECRETS:
        raise InvalidRegistration(
            f"{client.name} has {_MOST_SECRETS} secrets already. When it uses the newer one, retire the old one first "
            f"(scripts/client retire-secret {client.client_id}); if the newer one got lost, that (the same with --newer)."
        )
    return replace(client, secret_hashes=(*client.secret_hashes, secret))


def retire_secret(client: Client, *, newer: bool = False) -> Client:
    """CLIENT without the older of its two secrets; or without the NEWER one, which nobody uses when it got lost."""
    _check_has_secrets(client)
    if len(client.secret_hashes) < _MOST_SECRETS:
        raise InvalidRegistration(
            f"{client.name} has one secret, and would be locked out without it. "
            f"Give it a new one first: scripts/client rotate-secret {client.client_id}"
        )
    return replace(client, secret_hashes=client.secret_hashes[:-1] if newer else client.secret_hashes[1:])


def add_redirect(client: Client, uri: str) -> Client:
    """CLIENT, which may now return to URI too, as it is written (RFC 9700 section 2.1)."""
    _check_is_ours_to_change(client)
    if uri in client.redirect_uris:
        raise InvalidRegistration(f"{uri} is registered for {client.name} already: nothing is left to do.")
    return _with_redirect_uris(client, (*client.redirect_uris, uri))


def replace_redirect(client: Client, old: str, uri: str) -> Client:
    """CLIENT with URI in the place of OLD. If URI is registered already, OLD just goes."""
    _check_is_ours_to_change(client)
    if old not in client.redirect_uris:
        known = " ".join(client.redirect_uris) or "none"
        raise InvalidRegistration(
            f"{old} is not registered for {client.name}, so it cannot be replaced; known: {known}"
        )
    replaced = (uri if known == old else known for known in client.redirect_uris)
    return _with_redirect_uris(client, tuple(dict.fromkeys(replaced)))


def pin_gpt(client: Client, gpt: str) -> Client:
    """CLIENT, which may now return to both callbacks of one GPT: `clients.gpt_callbacks`.

    GPT is the id as the callback URL has it, which is another one than in the GPT's own address; or that whole URL.
    """
    _check_is_ours_to_change(client)
    if not (found := _GPT_ID.fullmatch(gpt)):
        raise InvalidRegistration(
            f"{gpt!r} is not a GPT's id. Copy it from the callback URL that its editor shows: "
            "https://chatgpt.com/aip/g-…/oauth/callback"
        )
    return replace(client, gpt_id=found[1] or found[2])


def unpin_gpt(client: Client) -> Client:
    """CLIENT, which may return to its redirect URIs only."""
    _check_is_ours_to_change(client)
    if not client.redirect_uris:
        raise InvalidRegistration(
            f"{client.name} would have nowhere to return to. Register its callback in the same step: "
            f"scripts/client add-redirect {client.client_id} URI --no-gpt-id"
        )
    return replace(client, gpt_id=None)


def disable(client: Client, now: datetime) -> Client:
    """CLIENT, which gets nothing any more. Its grants end by `OAuthStore.end_grants_of`, afterwards."""
    return replace(client, disabled_at=client.disabled_at or now)


def enable(client: Client) -> Client:
    """CLIENT, which may ask again. What ended stays ended."""
    return replace(client, disabled_at=None)


def _with_redirect_uris(client: Client, uris: tuple[str, ...]) -> Client:
    check_redirect_uris(uris)
    return replace(client, redirect_uris=uris)


def _check_has_secrets(client: Client) -> None:
    if client.is_public:
        raise InvalidRegistration(f"{client.name} is a public client: it has no secret, and proves itself by PKCE.")


def _check_is_ours_to_change(client: Client) -> None:
    if client.kind == "document":
        raise InvalidRegistration(f"{client.name} describes itself: change the document at {client.client_id}")
