"""Firestore did it, but its answer was lost: nothing is done twice, and nobody is taken for a thief."""

import grpc
import pytest

from tests.world import Tokens, World

LOST = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.ABORTED]


@pytest.mark.parametrize("status", LOST, ids=lambda status: status.name)
def test_of_a_consent(world: World, status: grpc.StatusCode) -> None:
    chatgpt = world.assistant()
    world.service.counter.lose = [status]

    code = world.code(chatgpt, world.person())

    assert world.service.counter.lose == []
    assert world.exchange(chatgpt, code=code).status_code == 200


@pytest.mark.parametrize("status", LOST, ids=lambda status: status.name)
def test_of_an_exchange_and_of_a_refresh(world: World, status: grpc.StatusCode) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())

    world.service.counter.lose = [status]
    tokens = world.exchange(chatgpt, code=code)
    assert tokens.status_code == 200
    world.service.counter.lose = [status]
    renewed = world.refresh(chatgpt, tokens.json()["refresh_token"])

    assert world.service.counter.lose == []
    assert renewed.status_code == 200
    headers = {"Authorization": f"Bearer {renewed.json()['access_token']}"}
    assert world.service.post("/notes", json={"title": "t", "content": "c"}, headers=headers).status_code == 201
    # The refresh was decided again, as if the client had asked twice: one successor, and an access token to spare.
    assert len(world.stored("oauthTokens")) == 5


@pytest.mark.parametrize("status", LOST, ids=lambda status: status.name)
def test_of_a_save(world: World, status: grpc.StatusCode) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)
    world.service.counter.lose = [status]

    saved = world.save(tokens)

    assert world.service.counter.lose == []
    assert saved.status_code == 201  # the second try of the client of Firestore found the note, and whose it is
    assert len(world.notes(ada)) == 1


def test_a_refusal_that_firestore_makes_is_no_lost_answer(world: World) -> None:
    tokens = world.connect(world.assistant(), world.person())
    world.service.backends.oauth.end_grant(world.stored("oauthGrants")[0]["_id"])
    world.service.counter.calls.clear()

    assert world.save(tokens).status_code == 401
    assert world.service.counter.calls == ["Commit"]


@pytest.mark.parametrize("status", LOST, ids=lambda status: status.name)
def test_of_a_refresh_that_is_asked_for_again(world: World, status: grpc.StatusCode) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())
    unheard = world.refresh(chatgpt, tokens.refresh_token).json()
    world.service.counter.lose = [status]

    again = world.refresh(chatgpt, tokens.refresh_token)

    assert world.service.counter.lose == []
    assert again.json()["refresh_token"] == unheard["refresh_token"]
    assert world.refresh(chatgpt, unheard["refresh_token"]).status_code == 200


@pytest.mark.parametrize("status", LOST, ids=lambda status: status.name)
def test_of_the_end_of_a_connection(world: World, status: grpc.StatusCode) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())
    tokens = Tokens(**world.exchange(chatgpt, code=code).json())
    world.service.counter.lose = [status]

    replayed = world.exchange(chatgpt, code=code)

    assert world.service.counter.lose == []
    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
    assert world.save(tokens).status_code == 401


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("status", LOST, ids=lambda status: status.name)
def test_of_a_revocation(world: World, status: grpc.StatusCode, kind: str) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())
    world.service.counter.lose = [status]

    form = {"client_id": chatgpt.client_id, "client_secret": chatgpt.client_secret, "token": getattr(tokens, kind)}
    revoked = world.service.post("/revoke", data=form)

    assert world.service.counter.lose == []
    assert revoked.status_code == 200
    assert world.save(tokens).status_code == 401


def test_of_a_registration(world: World) -> None:
    world.service.counter.lose = [grpc.StatusCode.UNAVAILABLE]

    registered = world.service.post("/register", json={"redirect_uris": ["https://client.example/callback"]})

    assert world.service.counter.lose == []
    assert registered.status_code == 201
    (client,) = world.stored("oauthClients")
    assert client["_id"] == registered.json()["client_id"]


def test_of_an_exchange_that_the_client_of_firestore_does_not_try_again(world: World) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())
    world.service.counter.lose = [grpc.StatusCode.UNKNOWN]

    tokens = world.exchange(chatgpt, code=code)

    assert world.service.counter.lose == []
    assert tokens.status_code == 200
    assert world.save(Tokens(**tokens.json())).status_code == 201


def test_of_a_refresh_that_the_client_of_firestore_does_not_try_again(world: World) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())
    world.service.counter.lose = [grpc.StatusCode.UNKNOWN]

    failed = world.refresh(chatgpt, tokens.refresh_token)
    renewed = world.refresh(chatgpt, tokens.refresh_token)

    assert (failed.status_code, failed.json()["error"]) == (503, "temporarily_unavailable")
    assert world.refresh(chatgpt, renewed.json()["refresh_token"]).status_code == 200
