"""The authorization code grant at the token endpoint: what a code is worth, to whom, and what a second try does."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from tests.world import CALLBACK, PKCE, VERIFIER, World, error_of

OTHER_CALLBACK = "https://chatgpt.com/aip/g-2/oauth/callback"
OTHER_VERIFIER = "x" * 43


def at_once(count: int, call: Callable[[], requests.Response]) -> list[requests.Response]:
    """The answers of COUNT calls that start together."""
    gate = threading.Barrier(count)

    def one() -> requests.Response:
        gate.wait()
        return call()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(count)]]


def test_b15_a_code_must_be_there_and_known(world: World) -> None:
    """B15 · RFC 6749 5.2: without a code the answer is `invalid_request`, and with one nobody knows `invalid_grant`."""
    chatgpt = world.assistant()

    assert error_of(world.exchange(chatgpt)) == (400, "invalid_request")
    assert error_of(world.exchange(chatgpt, code="")) == (400, "invalid_request")
    for unknown in ("A" * 43, "é/../x\0", "a" * 5000):
        assert error_of(world.exchange(chatgpt, code=unknown)) == (400, "invalid_grant")


def test_b16_a_code_is_worth_nothing_to_another_client(world: World) -> None:
    """B16 · RFC 6749 4.1.3: another client's code is `invalid_grant`, and its owner can still redeem it."""
    chatgpt, thief = world.assistant(), world.assistant("Thief")
    code = world.code(chatgpt, world.person())

    assert error_of(world.exchange(thief, code=code)) == (400, "invalid_grant")
    assert error_of(world.exchange(thief, code=code, redirect_uri=None)) == (400, "invalid_grant")
    assert world.exchange(chatgpt, code=code).status_code == 200


@pytest.mark.parametrize(
    "redirect_uri", [OTHER_CALLBACK, f"{CALLBACK}/", CALLBACK.upper(), "https://evil.example/", None]
)
def test_b17_a_code_belongs_to_its_redirect_uri(world: World, redirect_uri: str | None) -> None:
    """B17 · RFC 6749 4.1.3; OAuth 2.1 10.2: another `redirect_uri`, even a registered one, or none without PKCE is `invalid_grant`."""
    chatgpt = world.assistant("ChatGPT", CALLBACK, OTHER_CALLBACK)
    code = world.code(chatgpt, world.person())

    assert error_of(world.exchange(chatgpt, code=code, redirect_uri=redirect_uri)) == (400, "invalid_grant")
    assert world.exchange(chatgpt, code=code).status_code == 200


@pytest.mark.parametrize("is_public", [True, False], ids=["public", "confidential"])
def test_b18_a_challenge_must_be_met_and_may_be_tried_again(world: World, *, is_public: bool) -> None:
    """B18 · RFC 7636 4.6: a wrong or missing `code_verifier` is `invalid_grant` and does not use the code up; the right one is 200."""
    client = world.public_client() if is_public else world.assistant()
    code = world.code(client, world.person(), **PKCE)

    for wrong in (None, "", OTHER_VERIFIER, VERIFIER[:-1], f"{VERIFIER}x", PKCE["code_challenge"], "é" * 43):
        assert error_of(world.exchange(client, code=code, code_verifier=wrong)) == (400, "invalid_grant"), wrong
    assert world.exchange(client, code=code, code_verifier=VERIFIER).status_code == 200


def test_b19_a_verifier_without_a_challenge_is_refused(world: World) -> None:
    """B19 · RFC 9700 2.1.1, 4.8.2; OAuth 2.1 3.2.4: a `code_verifier` where no challenge was sent is 400 `invalid_request`."""
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())

    assert error_of(world.exchange(chatgpt, code=code, code_verifier=VERIFIER)) == (400, "invalid_request")
    assert world.exchange(chatgpt, code=code).status_code == 200


@pytest.mark.parametrize("later", [timedelta(), timedelta(minutes=30)], ids=["at once", "long after the code expired"])
def test_b20_a_replayed_code_ends_what_it_gave(world: World, later: timedelta) -> None:
    """B20 · RFC 6749 4.1.2; OAuth 2.1 4.1.3: a used code with all else right is `invalid_grant` and ends every token of its grant."""
    claude = world.public_client()
    code = world.code(claude, world.person(), **PKCE)
    first = world.exchange(claude, code=code, code_verifier=VERIFIER).json()
    newest = world.refresh(claude, first["refresh_token"]).json()
    world.service.clock.move(later)

    assert error_of(world.exchange(claude, code=code, code_verifier=VERIFIER)) == (400, "invalid_grant")

    assert not world.is_alive(first["access_token"])
    assert not world.is_alive(newest["access_token"])
    assert error_of(world.refresh(claude, newest["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "thief", ["wrong verifier", "no verifier", "other redirect_uri", "other resource", "other client"]
)
def test_b21_a_replay_that_proves_nothing_ends_nothing(world: World, thief: str) -> None:
    """B21 · OAuth 2.1 "Reuse of Authorization Codes": a used code from who could not have redeemed it ends nothing."""
    claude, other = world.public_client(), world.public_client("Thief")
    code = world.code(claude, world.person(), **PKCE)
    tokens = world.exchange(claude, code=code, code_verifier=VERIFIER).json()
    tries: dict[str, Callable[[], requests.Response]] = {
        "wrong verifier": lambda: world.exchange(claude, code=code, code_verifier=OTHER_VERIFIER),
        "no verifier": lambda: world.exchange(claude, code=code),
        "other redirect_uri": lambda: world.exchange(claude, code=code, code_verifier=VERIFIER, redirect_uri=CALLBACK),
        "other resource": lambda: world.exchange(
            claude, code=code, code_verifier=VERIFIER, resource="https://x.example"
        ),
        "other client": lambda: world.exchange(other, code=code, code_verifier=VERIFIER),
    }

    assert tries[thief]().status_code == 400

    assert world.is_alive(tokens["access_token"])
    assert world.refresh(claude, tokens["refresh_token"]).status_code == 200


def test_b22_of_16_parallel_redemptions_one_wins(world: World) -> None:
    """B22 · RFC 6749 4.1.2: of 16 parallel redemptions one is 200 and 15 are 400; as those are replays, the grant is ended."""
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())

    answers = at_once(16, lambda: world.exchange(chatgpt, code=code))

    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert [error_of(answer) for answer in answers if answer.status_code != 200] == [(400, "invalid_grant")] * 15
    assert not world.is_alive(won["access_token"])
    assert error_of(world.refresh(chatgpt, won["refresh_token"])) == (400, "invalid_grant")


def test_b24_an_expired_code_is_worth_nothing(world: World) -> None:
    """B24 · RFC 6749 4.1.2: a code that was issued 60 seconds ago is `invalid_grant`."""
    chatgpt, ada = world.assistant(), world.person()
    in_time, late = world.code(chatgpt, ada), world.code(chatgpt, ada)

    world.service.clock.move(timedelta(seconds=50))
    assert world.exchange(chatgpt, code=in_time).status_code == 200
    world.service.clock.move(timedelta(seconds=10))
    assert error_of(world.exchange(chatgpt, code=late)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        ("", ["https://other.example"]),
        ("", ["/nothing"]),
        ("", ["/notes/"]),
        ("", ["/notes", ""]),
        ("", ["/notes", "https://other.example"]),
        ("/notes", [""]),
        ("/notes", ["not a url"]),
    ],
)
def test_b32_a_code_is_for_the_resource_that_was_granted(world: World, granted: str, asked: list[str]) -> None:
    """B32 · RFC 8707 2, 2.2: a resource that was not granted is `invalid_target`, and the code is not used up."""
    chatgpt, ours = world.assistant(), world.service.url
    code = world.code(chatgpt, world.person(), resource=ours + granted)
    resources = [ours + name if name.startswith("/") or not name else name for name in asked]

    def exchange(*resources: str) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": chatgpt.redirect_uri}
        form |= {"client_id": chatgpt.client_id, "client_secret": chatgpt.client_secret}
        return world.service.post("/token", data=[*form.items(), *(("resource", name) for name in resources)])

    assert error_of(exchange(*resources)) == (400, "invalid_target")
    assert exchange(ours + granted, ours + granted).status_code == 200  # one value may repeat


def test_b35_a_gpt_and_an_oauth_2_1_client_both_get_tokens(world: World) -> None:
    """B35 · RFC 6749 4.1.3; OAuth 2.1 10.2: a GPT's secret and `redirect_uri` without PKCE, and a public client's PKCE alone, are both 200."""
    chatgpt, claude, ada = world.assistant(), world.public_client(), world.person()

    gpt = world.exchange(chatgpt, code=world.code(chatgpt, ada))
    modern = world.exchange(claude, code=world.code(claude, ada, **PKCE), redirect_uri=None, code_verifier=VERIFIER)

    assert [gpt.status_code, modern.status_code] == [200, 200]
    assert world.is_alive(gpt.json()["access_token"])
    assert world.is_alive(modern.json()["access_token"])


@pytest.mark.parametrize("is_named", [True, False], ids=["named", "not named"])
def test_a_grant_for_the_whole_may_be_narrowed_to_a_part(world: World, *, is_named: bool) -> None:
    chatgpt, whole = world.assistant(), world.service.url
    code = world.code(chatgpt, world.person(), resource=whole if is_named else None)

    tokens = world.exchange(chatgpt, code=code, resource=f"{whole}/notes").json()

    assert world.is_alive(tokens["access_token"])
    (access,) = (token for token in world.stored("oauthTokens") if token["use"] == "access")
    assert access["resource"] == f"{whole}/notes"
    assert world.refresh(chatgpt, tokens["refresh_token"], resource=whole).status_code == 200
