"""requests-oauthlib and Authlib's client, used as their documentation says, in the kinds in which clients are registered.

Confidential ones send their secret over HTTP Basic or in the body, and no PKCE, as GPT actions do; public ones send
PKCE with S256 and come back to a loopback port of their own.
"""

from dataclasses import dataclass
from typing import Any

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc8414 import get_well_known_url
from oauthlib.oauth2 import AccessDeniedError, InvalidClientError, InvalidGrantError, WebApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from scripts.verbs.journey import Assistant
from tests.world import CALLBACK, World

METHODS = ["client_secret_basic", "client_secret_post", "none"]
LOOPBACK = "http://127.0.0.1:53211/callback"
LONG_AGO = -30
BEFORE, AFTER = "before the refresh", "after the refresh"


@pytest.fixture(autouse=True)
def http_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def owned(world: World, method: str) -> tuple[Assistant, str]:
    """A client that the operator registered, and the redirect URI that it uses."""
    return (world.public_client(), LOOPBACK) if method == "none" else (world.assistant(), CALLBACK)


def note(content: str) -> dict[str, str]:
    return {"title": "A title", "content": content}


@dataclass
class OAuthlibWays:
    """Where requests-oauthlib leaves the choice to its user: how the secret travels."""

    client: Assistant
    method: str

    @property
    def basic(self) -> HTTPBasicAuth | None:
        is_basic = self.method == "client_secret_basic"
        return HTTPBasicAuth(self.client.client_id, self.client.client_secret) if is_basic else None

    @property
    def body(self) -> dict[str, str]:
        return {
            "client_secret_basic": {},
            "client_secret_post": {
                "client_id": self.client.client_id,
                "client_secret": self.client.client_secret,
            },
            "none": {"client_id": self.client.client_id},
        }[self.method]

    @property
    def of_the_exchange(self) -> dict[str, Any]:
        if self.basic:
            return {"auth": self.basic}
        return {"include_client_id": True, "client_secret": self.client.client_secret or None}


@pytest.mark.parametrize("method", METHODS)
def test_requests_oauthlib_connects_and_lets_go(world: World, method: str) -> None:
    ada, (client, redirect_uri) = world.person(), owned(world, method)
    base, ways = world.service.url, OAuthlibWays(client, method)
    pkce = "S256" if method == "none" else None
    session = OAuth2Session(client.client_id, redirect_uri=redirect_uri, scope=["notes:write"], pkce=pkce)
    url, _state = session.authorization_url(f"{base}/authorization")
    answer = world.visit(url, ada)

    token = dict(session.fetch_token(f"{base}/token", authorization_response=answer, **ways.of_the_exchange))
    assert session.post(f"{base}/notes", json=note(BEFORE)).status_code == 201

    kept: list[dict[str, Any]] = []
    renewing = OAuth2Session(
        client.client_id,
        token=token | {"expires_in": LONG_AGO, "expires_at": LONG_AGO},
        auto_refresh_url=f"{base}/token",
        auto_refresh_kwargs=ways.body,
        token_updater=kept.append,
    )
    if ways.basic:  # it refreshes by itself with a secret in the body only
        kept.append(renewing.refresh_token(f"{base}/token", auth=ways.basic))
    assert renewing.post(f"{base}/notes", json=note(AFTER)).status_code == 201
    (renewed,) = kept
    assert renewed["refresh_token"] != token["refresh_token"]

    revocation, headers, body = WebApplicationClient(client.client_id).prepare_token_revocation_request(
        f"{base}/revoke", renewed["refresh_token"], token_type_hint="refresh_token", **ways.body
    )
    assert requests.post(revocation, headers=headers, data=body, auth=ways.basic, timeout=60).status_code == 200
    assert renewing.post(f"{base}/notes", json=note("after the end")).status_code == 401
    with pytest.raises(InvalidGrantError):
        renewing.refresh_token(f"{base}/token", auth=ways.basic)
    assert {saved["content"] for saved in world.notes(ada)} == {BEFORE, AFTER}


@pytest.mark.parametrize("method", METHODS)
def test_authlib_connects_and_lets_go(world: World, method: str) -> None:
    ada, (client, redirect_uri) = world.person(), owned(world, method)
    server = requests.get(get_well_known_url(world.service.url, external=True), timeout=60).json()
    api, verifier = f"{world.service.url}/notes", generate_token(48) if method == "none" else None
    kept: list[dict[str, Any]] = []
    session = AuthlibSession(
        client.client_id,
        client.client_secret or None,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope="notes:write",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint=server["token_endpoint"],
        update_token=lambda token, **_: kept.append(dict(token)),
    )
    url, state = session.create_authorization_url(server["authorization_endpoint"], code_verifier=verifier)
    proof = {"code_verifier": verifier} if verifier else {}

    answer = world.visit(url, ada)
    token = dict(session.fetch_token(authorization_response=answer, state=state, **proof))
    assert session.post(api, json=note(BEFORE)).status_code == 201

    session.token = token | {"expires_in": LONG_AGO, "expires_at": 1}
    assert session.post(api, json=note(AFTER)).status_code == 201  # it refreshes by itself
    (renewed,) = kept
    assert renewed["refresh_token"] != token["refresh_token"]

    def revoke(kind: str) -> int:
        answer = session.revoke_token(server["revocation_endpoint"], token=renewed[kind], token_type_hint=kind)
        status: int = answer.status_code
        return status

    assert revoke("access_token") == 200
    assert session.post(api, json=note("after the end of the access token")).status_code == 401
    assert session.refresh_token()["refresh_token"] != renewed["refresh_token"]
    renewed = dict(session.token)
    assert revoke("refresh_token") == 200
    with pytest.raises(OAuthError) as refused:
        session.refresh_token()
    assert refused.value.error == "invalid_grant"
    assert {saved["content"] for saved in world.notes(ada)} == {BEFORE, AFTER}


def test_requests_oauthlib_understands_that_a_person_said_no(world: World) -> None:
    client, redirect_uri = owned(world, "client_secret_post")
    session = OAuth2Session(client.client_id, redirect_uri=redirect_uri)
    url, _state = session.authorization_url(f"{world.service.url}/authorization")
    answer = world.visit(url, world.person(), "deny")

    with pytest.raises(AccessDeniedError):
        session.fetch_token(f"{world.service.url}/token", authorization_response=answer)


def test_they_understand_that_a_secret_is_wrong(world: World) -> None:
    client, redirect_uri = owned(world, "client_secret_basic")
    answer = world.visit(world.authorization_url(client, "s-1"), world.person())
    asked = {"url": f"{world.service.url}/token", "authorization_response": answer}

    with pytest.raises(OAuthError, match="invalid_client"):
        AuthlibSession(client.client_id, "wrong", redirect_uri=redirect_uri, state="s-1").fetch_token(**asked)
    session = OAuth2Session(client.client_id, redirect_uri=redirect_uri, state="s-1")
    with pytest.raises(InvalidClientError):
        session.fetch_token(asked["url"], authorization_response=answer, client_secret="wrong")
    assert world.stored("oauthGrants") == []
