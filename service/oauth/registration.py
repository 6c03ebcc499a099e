"""POST /register: a client registers itself (RFC 7591)."""

import json
from datetime import datetime
from typing import Any

from service.errors import OAuthError
from service.oauth.clients import (
    AUTH_METHODS,
    MOST_REDIRECT_URIS,
    UNUSED,
    Client,
    InvalidRegistration,
    check_name,
    mint_client_id,
    redirect_uri_problem,
    redirectable,
)
from service.oauth.hosts import host_of
from service.oauth.tokens import mint

MOST_BYTES = 16_384


def register_dynamically(
    raw: bytes, known_scopes: frozenset[str], hosts: frozenset[str], now: datetime
) -> tuple[Client, dict[str, Any]]:
    """RAW as a new client and the answer of RFC 7591 section 3.2.1, with its secret if it has one. Raises `OAuthError`.

    HOSTS are those of `hosts.HOSTS` at which it may take its answers.

    Of lists, what is supported is registered and echoed (section 2); members that are not known are ignored.
    """
    wanted = _parse(raw)
    redirect_uris = _redirect_uris(wanted, hosts)
    method = _text(wanted, "token_endpoint_auth_method")
    methods = _auth_methods(method)
    grants = _supported(wanted, "grant_types", ("authorization_code", "refresh_token"), "authorization_code")
    responses = _supported(wanted, "response_types", ("code",), "code")
    asked = _text(wanted, "scope")
    scope = known_scopes & frozenset((asked or "").split(" ")) or known_scopes
    secret = None if methods == {"none"} else mint()
    client = Client(
        mint_client_id(),
        name=_name(wanted),
        kind="dynamic",
        redirect_uris=redirect_uris,
        auth_methods=methods,
        secret_hashes=(secret.hash(),) if secret else (),
        scope=scope,
        created_at=now,
        expires_at=now + UNUSED,
    )
    answer = {
        "client_id": client.client_id,
        "client_id_issued_at": int(now.timestamp()),
        "client_name": client.name,
        "redirect_uris": list(redirect_uris),
        "token_endpoint_auth_method": method or "client_secret_basic",
        "grant_types": grants,
        "response_types": responses,
        "scope": " ".join(sorted(scope)),
    }
    if secret:
        answer |= {"client_secret": secret.reveal(), "client_secret_expires_at": 0}
    return client, answer


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        wanted = json.loads(raw.decode())
    except (ValueError, RecursionError):
        raise _invalid("Send the client's metadata as a JSON object in UTF-8.") from None
    if not isinstance(wanted, dict):
        raise _invalid("Send the client's metadata as a JSON object.")
    return wanted


def _redirect_uris(wanted: dict[str, Any], hosts: frozenset[str]) -> tuple[str, ...]:
    uris = wanted.get("redirect_uris")
    if not isinstance(uris, list) or not 0 < len(uris) <= MOST_REDIRECT_URIS:
        raise _invalid_uri(f"redirect_uris must be a list of 1 to {MOST_REDIRECT_URIS} URIs.")
    if not all(isinstance(uri, str) for uri in uris):
        raise _invalid_uri("Each of redirect_uris must be a string.")
    for uri in (offered := redirectable(uris)):
        if problem := redirect_uri_problem(uri):
            raise _invalid_uri(f"One of redirect_uris {problem}.")
    taken = tuple(uri for uri in offered if host_of(uri) in hosts)
    if not taken:
        raise _invalid_uri("None of redirect_uris is taken here: it must be https, or http on localhost, and allowed.")
    return taken


def _auth_methods(method: str | None) -> frozenset[str]:
    if method is None:  # the default is Basic; who did not say may use either way
        return frozenset(("client_secret_basic", "client_secret_post"))
    if method not in AUTH_METHODS:
        raise _invalid(f"token_endpoint_auth_method must be one of {', '.join(AUTH_METHODS)}.")
    return frozenset((method,))


def _supported(wanted: dict[str, Any], name: str, known: tuple[str, ...], needed: str) -> list[str]:
    asked = wanted.get(name)
    if asked is None:
        return list(known)
    if not isinstance(asked, list) or not all(isinstance(item, str) for item in asked):
        raise _invalid(f"{name} must be a list of strings.")
    if needed not in asked:
        raise _invalid(f"{name} must have {needed}: nothing else can begin a connection here.")
    return [item for item in known if item in asked]


def _name(wanted: dict[str, Any]) -> str:
    name = _text(wanted, "client_name")
    if name is None:
        return "An assistant without a name"
    try:
        check_name(name)
    except InvalidRegistration as wrong:
        raise _invalid(f"client_name: {wrong}") from None
    return name


def _text(wanted: dict[str, Any], name: str) -> str | None:
    value = wanted.get(name)
    if value is not None and not isinstance(value, str):
        raise _invalid(f"{name} must be a string.")
    return value or None


def _invalid(description: str) -> OAuthError:
    return OAuthError(400, "invalid_client_metadata", description)


def _invalid_uri(description: str) -> OAuthError:
    return OAuthError(400, "invalid_redirect_uri", description)
