"""Who fails too often waits; nobody else does. Row G01 is in tests/conformance; here is whom it does not concern."""

import logging
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import requests

from scripts.verbs.journey import Assistant
from tests import world as worlds
from tests.world import World, error_of

TRIES = 40
UNKNOWN_CODE = (400, "invalid_grant")  # what a client is told that has authenticated


@pytest.fixture
def behind_proxy() -> Iterator[World]:
    """A service that stands behind one proxy, as on Cloud Run, which adds the caller's address as the last one."""
    with worlds.world(proxies=1) as made:
        yield made


def guess(world: World, client: Assistant, *addresses: str, secret: str = "a guess") -> requests.Response:
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": client.redirect_uri}
    form |= {"client_id": client.client_id, "client_secret": secret}
    headers = {"X-Forwarded-For": ", ".join(addresses)} if addresses else {}
    return world.service.post("/token", data=form, headers=headers)


def test_the_right_secret_and_other_clients_get_through_while_somebody_guesses(world: World) -> None:
    chatgpt, other = world.assistant(), world.assistant("Other")

    assert {guess(world, chatgpt).status_code for _ in range(TRIES)} == {401, 429}

    assert error_of(guess(world, chatgpt, secret=chatgpt.client_secret)) == UNKNOWN_CODE
    assert error_of(guess(world, other, secret=other.client_secret)) == UNKNOWN_CODE
    assert guess(world, other).status_code == 401
    tokens = world.connect(chatgpt, world.person())
    assert world.refresh(chatgpt, tokens.refresh_token).status_code == 200


def test_how_one_is_counted_does_not_tell_whether_one_is_registered(world: World) -> None:
    chatgpt = world.assistant()
    nobody = Assistant("nobody", "", chatgpt.redirect_uri)

    told = [[guess(world, client).status_code for _ in range(TRIES)] for client in (chatgpt, nobody)]

    assert told[0] == told[1]
    assert set(told[0]) == {401, 429}


def test_revocation_is_counted_with_the_token_endpoint(world: World) -> None:
    chatgpt = world.assistant()
    wrong = {"client_id": chatgpt.client_id, "client_secret": "a guess", "token": "x"}

    assert {world.service.post("/revoke", data=wrong).status_code for _ in range(TRIES)} == {401, 429}
    assert guess(world, chatgpt).status_code == 429


def test_each_source_address_is_counted_for_itself(behind_proxy: World) -> None:
    world = behind_proxy
    chatgpt = world.assistant()

    assert {guess(world, chatgpt, "192.0.2.1").status_code for _ in range(TRIES)} == {401, 429}

    assert guess(world, chatgpt, "192.0.2.2").status_code == 401
    assert guess(world, chatgpt, "2001:db8::1").status_code == 401
    assert guess(world, chatgpt, "192.0.2.1").status_code == 429


def test_one_house_of_ipv6_addresses_is_one_source(behind_proxy: World) -> None:
    world = behind_proxy
    chatgpt = world.assistant()

    statuses = {guess(world, chatgpt, f"2001:db8:1:2::{number:x}").status_code for number in range(1, TRIES)}

    assert statuses == {401, 429}
    assert guess(world, chatgpt, "2001:db8:1:3::1").status_code == 401


def test_an_address_that_the_caller_wrote_is_not_believed(behind_proxy: World) -> None:
    world = behind_proxy
    chatgpt = world.assistant()

    forged = {guess(world, chatgpt, f"198.51.100.{number}", "192.0.2.1").status_code for number in range(TRIES)}

    assert forged == {401, 429}
    assert guess(world, chatgpt, "192.0.2.1", "192.0.2.2").status_code == 401


def test_without_a_proxy_the_header_is_not_read(world: World) -> None:
    chatgpt = world.assistant()

    assert {guess(world, chatgpt, f"192.0.2.{number}").status_code for number in range(TRIES)} == {401, 429}


def test_after_the_time_that_was_named_one_may_try_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    chatgpt = world.assistant()
    (refused, *_) = (answer for answer in (guess(world, chatgpt) for _ in range(TRIES)) if answer.status_code == 429)
    wait = int(refused.headers["Retry-After"])
    later = time.time() + wait

    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: later))

    assert guess(world, chatgpt).status_code == 401


def test_wrong_links_are_limited_and_right_ones_are_not(world: World) -> None:
    chatgpt = world.assistant()

    wrong = {world.ask(chatgpt, redirect_uri="https://evil.example/").status_code for _ in range(TRIES)}

    assert wrong == {400, 429}
    assert world.ask(chatgpt).status_code == 200


def test_registrations_are_limited_by_the_hour() -> None:
    with worlds.world(registrations_per_hour=3, proxies=1) as world:
        wanted = {"redirect_uris": ["https://assistant.example/callback"]}

        def register(address: str) -> requests.Response:
            return world.service.post("/register", json=wanted, headers={"X-Forwarded-For": address})

        assert [register("192.0.2.1").status_code for _ in range(3)] == [201] * 3
        refused = register("192.0.2.1")
        assert error_of(refused) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["Retry-After"]) <= 3600
        assert register("192.0.2.2").status_code == 201


def test_the_log_says_why_also_when_the_answer_is_to_wait(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="service.audit")
    chatgpt = world.assistant()

    told = {guess(world, chatgpt).status_code for _ in range(TRIES)}

    assert told == {401, 429}
    decided = [vars(record)["fields"] for record in caplog.records if record.name == "service.audit"]
    assert {fields["reason"] for fields in decided if fields["event"] == "token"} == {"wrong_secret"}
