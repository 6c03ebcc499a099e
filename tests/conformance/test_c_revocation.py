"""POST /revoke: a client gives a token back (RFC 7009). What it shares with /token is in test_b_token_request.py."""

import pytest
import requests

from scripts.verbs.journey import Assistant
from tests.conformance.test_b_token_request import basic
from tests.world import PKCE, VERIFIER, World, error_of


def revoke(world: World, client: Assistant, token: str | None, **parameters: str) -> requests.Response:
    form = {"client_id": client.client_id, "client_secret": client.client_secret, "token": token} | parameters
    return world.service.post("/revoke", data={name: value for name, value in form.items() if value})


def assert_done(answer: requests.Response) -> None:
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"


def test_c01_a_refresh_token_given_back_ends_the_session(world: World) -> None:
    """C01 · RFC 7009 2.1: revoking a refresh token is 200, and it and every access token of its grant are dead at once."""
    chatgpt = world.assistant()
    first = world.connect(chatgpt, world.person())
    second = world.refresh(chatgpt, first.refresh_token).json()

    assert_done(revoke(world, chatgpt, second["refresh_token"]))

    assert not world.is_alive(first.access_token)
    assert not world.is_alive(second["access_token"])
    for token in (first.refresh_token, second["refresh_token"]):
        assert error_of(world.refresh(chatgpt, token)) == (400, "invalid_grant")


def test_c02_an_access_token_given_back_ends_alone(world: World) -> None:
    """C02 · RFC 7009 2.1: revoking an access token is 200 and ends that token; the refresh token still works."""
    chatgpt = world.assistant()
    first = world.connect(chatgpt, world.person())
    second = world.refresh(chatgpt, first.refresh_token).json()

    assert_done(revoke(world, chatgpt, first.access_token))

    assert not world.is_alive(first.access_token)
    assert world.is_alive(second["access_token"])
    assert world.refresh(chatgpt, second["refresh_token"]).status_code == 200


def test_c03_unknown_missing_and_unauthenticated_are_told_apart(world: World) -> None:
    """C03 · RFC 7009 2.1, 2.2, 2.2.1: an unknown token is 200, no token `invalid_request`, a wrong Basic secret 401 `invalid_client`."""
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())

    for unknown in ("A" * 43, "mate_refresh_" + "A" * 43, "é/../\0", "a" * 5000):
        assert_done(revoke(world, chatgpt, unknown))
    assert error_of(revoke(world, chatgpt, None)) == (400, "invalid_request")
    wrong = basic(chatgpt.client_id, "x" * 43)
    refused = world.service.post("/revoke", data={"token": tokens.refresh_token}, headers=wrong)
    assert error_of(refused) == (401, "invalid_client")
    assert refused.headers["WWW-Authenticate"].startswith('Basic realm="')
    assert world.is_alive(tokens.access_token)


def test_c04_another_clients_token_stays_alive(world: World) -> None:
    """C04 · RFC 7009 2.1: for another client's token the answer is that for an unknown one, and the token stays alive."""
    chatgpt, thief = world.assistant(), world.assistant("Thief")
    tokens = world.connect(chatgpt, world.person())

    for token in (tokens.access_token, tokens.refresh_token):
        assert_done(revoke(world, thief, token))

    assert world.is_alive(tokens.access_token)
    assert world.refresh(chatgpt, tokens.refresh_token).status_code == 200


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "saml2_assertion", "é"])
@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_c05_a_hint_is_only_a_hint(world: World, kind: str, hint: str) -> None:
    """C05 · RFC 7009 2.1: a token is revoked whatever `token_type_hint` says, wrong or unknown."""
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())

    assert_done(revoke(world, chatgpt, getattr(tokens, kind), token_type_hint=hint))

    assert not world.is_alive(tokens.access_token)
    refreshed = world.refresh(chatgpt, tokens.refresh_token)
    assert refreshed.status_code == (200 if kind == "access_token" else 400)


def test_c06_a_public_client_gives_its_own_token_back(world: World) -> None:
    """C06 · RFC 7009 2.1: a public client revokes its own token with its `client_id` alone, and the family is dead."""
    claude, other = world.public_client(), world.public_client("Thief")
    code = world.code(claude, world.person(), **PKCE)
    tokens = world.exchange(claude, code=code, code_verifier=VERIFIER).json()

    assert_done(revoke(world, other, tokens["refresh_token"]))
    assert world.is_alive(tokens["access_token"])
    assert_done(revoke(world, claude, tokens["refresh_token"]))

    assert not world.is_alive(tokens["access_token"])
    assert error_of(world.refresh(claude, tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_token_may_be_given_back_twice(world: World) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())

    for token in (tokens.access_token, tokens.refresh_token):
        assert_done(revoke(world, chatgpt, token))
        assert_done(revoke(world, chatgpt, token))


def test_a_superseded_refresh_token_given_back_ends_the_session_too(world: World) -> None:
    chatgpt = world.assistant()
    first = world.connect(chatgpt, world.person())
    second = world.refresh(chatgpt, first.refresh_token).json()

    assert_done(revoke(world, chatgpt, first.refresh_token))

    assert not world.is_alive(second["access_token"])
