"""Firestore did it, but its answer was lost: nothing is done twice, and nobody is taken for a thief."""

import grpc
import pytest

from tests.world import World

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
    assert len(world.stored("oauthTokens")) == 4


@pytest.mark.parametrize("status", LOST, ids=lambda status: status.name)
def test_of_a_save(world: World, status: grpc.StatusCode) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)
    world.service.counter.lose = [status]

    saved = world.save(tokens)

    assert world.service.counter.lose == []
    assert saved.status_code == 200  # the client's own second try found the note: the same receipt
    assert len(world.notes(ada)) == 1


def test_a_refusal_that_firestore_makes_is_no_lost_answer(world: World) -> None:
    tokens = world.connect(world.assistant(), world.person())
    world.service.backends.oauth.end_grant(world.stored("oauthGrants")[0]["_id"])
    world.service.counter.calls.clear()

    assert world.save(tokens).status_code == 401
    assert world.service.counter.calls == ["Commit"]
