"""The refresh grant: a token is used once, a lost answer may be asked for again, and a thief ends the session."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import grpc
import pytest

from scripts.verbs.journey import Assistant
from tests.conformance.test_b_code import at_once
from tests.world import PKCE, VERIFIER, Tokens, World, error_of, running

GRACE = timedelta(seconds=60)
BOTH = "notes:read notes:write"


def connected(world: World, scope: str = "notes:write") -> tuple[Assistant, Tokens]:
    """A public client that a person has allowed, and its first tokens."""
    claude = replace(world.public_client(), scope=scope)
    answer = world.exchange(claude, code=world.code(claude, world.person(), **PKCE), code_verifier=VERIFIER)
    return claude, Tokens(**answer.json())


def renewed(world: World, client: Assistant, refresh_token: str, **parameters: str) -> Tokens:
    answer = world.refresh(client, refresh_token, **parameters)
    assert answer.status_code == 200, answer.text
    return Tokens(**answer.json())


@contextmanager
def second_instance(world: World) -> Iterator[World]:
    """The same project seen through another instance of the service."""
    with running(world.project) as service:
        yield replace(world, service=service)


def test_b25_a_refresh_gives_two_new_tokens(world: World) -> None:
    """B25 · RFC 6749 6; OAuth 2.1 4.3.1: a refresh by a public client answers with a new access and a new refresh token that work."""
    claude, first = connected(world)

    answer = world.refresh(claude, first.refresh_token)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    second = Tokens(**answer.json())
    assert len({first.access_token, first.refresh_token, second.access_token, second.refresh_token}) == 4
    assert (second.token_type, second.scope) == ("bearer", "notes:write")
    assert world.is_alive(second.access_token)
    assert world.refresh(claude, second.refresh_token).status_code == 200


def test_b26_a_refresh_token_is_worth_nothing_to_another_client(world: World) -> None:
    """B26 · RFC 6749 6: another client's refresh token, even a superseded one, is `invalid_grant`, and nothing changes."""
    (claude, first), (thief, own) = connected(world), connected(world)
    second = renewed(world, claude, first.refresh_token)
    world.service.clock.move(GRACE * 2)  # its owner would end the grant with the first one now
    before = [world.stored(name) for name in ("oauthGrants", "oauthTokens")]

    for stolen in (first.refresh_token, second.refresh_token):
        assert error_of(world.refresh(thief, stolen)) == (400, "invalid_grant")

    assert [world.stored(name) for name in ("oauthGrants", "oauthTokens")] == before
    assert world.is_alive(second.access_token)
    assert world.refresh(claude, second.refresh_token).status_code == 200
    assert world.refresh(thief, own.refresh_token).status_code == 200


def test_b27_a_refresh_may_narrow_the_scope_and_never_widen_it(world: World) -> None:
    """B27 · RFC 6749 6; OAuth 2.1 4.3.3: a wider scope is `invalid_scope`; a narrower one is granted for once, the next refresh has all."""
    narrow, small = connected(world, "notes:write")
    assert error_of(world.refresh(narrow, small.refresh_token, scope=BOTH)) == (400, "invalid_scope")
    assert error_of(world.refresh(narrow, small.refresh_token, scope="notes:write admin")) == (400, "invalid_scope")
    assert renewed(world, narrow, small.refresh_token).scope == "notes:write"

    claude, tokens = connected(world, BOTH)
    reading = renewed(world, claude, tokens.refresh_token, scope="notes:read")
    assert reading.scope == "notes:read"
    assert world.save(reading).status_code == 403
    full = renewed(world, claude, reading.refresh_token)
    assert set(full.scope.split()) == set(BOTH.split())
    assert world.save(full).status_code == 201


@pytest.mark.parametrize("lost_by", ["client", "client, other instance asked", "service"])
def test_b28_a_lost_answer_may_be_asked_for_again(world: World, lost_by: str) -> None:
    """B28 · policy: the same refresh token again, at once and on any instance, gives the same successor, and the chain goes on."""
    claude, first = connected(world)
    with second_instance(world) as other:
        if lost_by == "service":  # Firestore did it, and the service tries again by itself
            world.service.counter.lose = [grpc.StatusCode.UNAVAILABLE]
        second = renewed(world, claude, first.refresh_token)
        again = renewed(other if "instance" in lost_by else world, claude, first.refresh_token)

    assert world.service.counter.lose == []
    assert again.refresh_token == second.refresh_token
    assert again.access_token != second.access_token
    assert world.is_alive(second.access_token)
    assert world.is_alive(again.access_token)
    third = renewed(world, claude, again.refresh_token)
    assert world.refresh(claude, third.refresh_token).status_code == 200


@pytest.mark.parametrize("late", [GRACE + timedelta(seconds=1), timedelta(days=29)], ids=["61 s", "29 days"])
def test_b29_a_superseded_token_after_the_grace_ends_the_session(world: World, late: timedelta) -> None:
    """B29 · RFC 9700 4.14.2; OAuth 2.1 4.3.1: a superseded refresh token after the grace is `invalid_grant`, and the whole family is dead."""
    claude, first = connected(world)
    second = renewed(world, claude, first.refresh_token)
    world.service.clock.move(late)
    newest = second if late < timedelta(hours=1) else renewed(world, claude, second.refresh_token)
    assert world.is_alive(newest.access_token)

    assert error_of(world.refresh(claude, first.refresh_token)) == (400, "invalid_grant")

    assert not world.is_alive(newest.access_token)
    assert error_of(world.refresh(claude, newest.refresh_token)) == (400, "invalid_grant")
    with second_instance(world) as other:
        assert not other.is_alive(newest.access_token)


def test_b30_a_token_whose_successor_was_used_ends_the_session_within_the_grace(world: World) -> None:
    """B30 · RFC 9700 4.14.2: once its successor was used, a superseded token is theft at any time: the whole family is dead."""
    claude, first = connected(world)
    second = renewed(world, claude, first.refresh_token)
    third = renewed(world, claude, second.refresh_token)

    assert error_of(world.refresh(claude, first.refresh_token)) == (400, "invalid_grant")

    for tokens in (first, second, third):
        assert not world.is_alive(tokens.access_token)
    for tokens in (second, third):
        assert error_of(world.refresh(claude, tokens.refresh_token)) == (400, "invalid_grant")


def test_b31_8_parallel_refreshes_leave_one_successor(world: World) -> None:
    """B31 · policy: 8 parallel refreshes with one token are all 200 with one and the same successor, which refreshes."""
    claude, first = connected(world)

    answers = at_once(8, lambda: world.refresh(claude, first.refresh_token))

    assert [answer.status_code for answer in answers] == [200] * 8
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    assert all(world.is_alive(answer.json()["access_token"]) for answer in answers)
    assert world.refresh(claude, successor).status_code == 200


def test_a_refresh_token_must_be_there_and_known(world: World) -> None:
    claude, tokens = connected(world)

    assert error_of(world.refresh(claude, "")) == (400, "invalid_request")
    for unknown in ("A" * 43, "mate_refresh_" + "A" * 43, tokens.access_token):
        assert error_of(world.refresh(claude, unknown)) == (400, "invalid_grant")


def test_the_grace_ends_at_the_minute(world: World) -> None:
    claude, first = connected(world)
    second = renewed(world, claude, first.refresh_token)
    world.service.clock.move(timedelta(seconds=50))

    assert renewed(world, claude, first.refresh_token).refresh_token == second.refresh_token


def test_a_refresh_is_for_the_resource_that_was_granted(world: World) -> None:
    claude, tokens = connected(world)

    for other in ("https://other.example", f"{world.service.url}/nothing"):
        assert error_of(world.refresh(claude, tokens.refresh_token, resource=other)) == (400, "invalid_target")
    narrowed = renewed(world, claude, tokens.refresh_token, resource=f"{world.service.url}/notes")
    assert world.is_alive(narrowed.access_token)
    assert renewed(world, claude, narrowed.refresh_token, resource=world.service.url).access_token


def test_what_is_wrong_in_a_repeated_refresh_ends_nothing(world: World) -> None:
    claude, first = connected(world)
    second = renewed(world, claude, first.refresh_token)
    renewed(world, claude, second.refresh_token)

    assert error_of(world.refresh(claude, first.refresh_token, scope="admin")) == (400, "invalid_scope")
    assert error_of(world.refresh(claude, first.refresh_token, resource="x:y")) == (400, "invalid_target")

    assert world.is_alive(second.access_token)


def test_asking_again_does_not_make_the_grace_longer(world: World) -> None:
    claude, first = connected(world)
    renewed(world, claude, first.refresh_token)
    world.service.clock.move(timedelta(seconds=50))
    again = renewed(world, claude, first.refresh_token)
    world.service.clock.move(timedelta(seconds=11))

    assert error_of(world.refresh(claude, first.refresh_token)) == (400, "invalid_grant")
    assert not world.is_alive(again.access_token)
