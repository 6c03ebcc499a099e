"""One address for people and programs: /notes and /notes/{id}, over HTTP."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from service.app import create_app
from tests import world as worlds
from tests.assistant import connected
from tests.world import World

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with worlds.world() as made:
        yield made


def is_reader(answer: requests.Response) -> bool:
    return answer.status_code == 200 and "<h1>Your notes in ItsimpleAI</h1>" in answer.text


def directives(policy: str) -> dict[str, str]:
    return {name: value for name, _, value in (directive.partition(" ") for directive in policy.split("; "))}


@pytest.mark.parametrize(
    "path", ["/notes", "/notes?kind=note", "/notes/0123", "/notes/a%20b%2E", "/notes/%F0%9F%98%80"]
)
def test_a_browser_that_opens_the_address_gets_the_reader(world: World, path: str) -> None:
    answer = world.service.get(path, headers=HTML)

    assert is_reader(answer)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Accept, Authorization"
    assert "0123" not in answer.text, "the page is the same whatever note it shows"
    head = world.service.call("HEAD", path, headers=HTML)
    assert (head.status_code, head.headers["Content-Type"], head.text) == (200, "text/html; charset=utf-8", "")


@pytest.mark.parametrize("path", ["/notes", "/notes/0123"])
@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/plain, */*"])
def test_a_program_without_a_token_is_still_challenged(world: World, path: str, accept: str) -> None:
    answer = world.service.get(path, headers={"Accept": accept})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.headers["Vary"] == "Accept, Authorization"


def test_a_token_reaches_the_api_whatever_is_accepted(world: World) -> None:
    assistant = connected(world, world.person())
    bearer = assistant.tokens.bearer

    listed = world.service.get("/notes", headers=HTML | bearer)
    missing = world.service.get("/notes/0123", headers=HTML | bearer)
    refused = world.service.get("/notes", headers=HTML | {"Authorization": "Bearer nothing"})

    assert listed.json() == {"notes": []}
    assert listed.headers["Vary"] == "Accept, Authorization"
    assert missing.json()["error"]["code"] == "not_found"
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_token")


def test_only_these_two_addresses_have_a_reader(world: World) -> None:
    for method, path in (
        ("GET", "/at/0123456789ab/notes"),
        ("GET", "/at/0123456789ab/notes/1"),
        ("GET", "/search?query=x"),
        ("GET", "/notes/1/2"),
        ("POST", "/notes"),
        ("PATCH", "/notes/1"),
        ("DELETE", "/notes/1"),
        ("OPTIONS", "/notes"),
    ):
        answer = world.service.call(method, path, headers=HTML)
        assert not is_reader(answer), path
        assert "Authorization" not in answer.headers.get("Vary", ""), path


def test_the_page_may_connect_to_firestore_and_to_nobody_else(world: World) -> None:
    local = directives(world.service.get("/notes", headers=HTML).headers["Content-Security-Policy"])
    assert local["connect-src"] == f"'self' http://{worlds.AUTH} http://{worlds.FIRESTORE}"
    production = replace(world.service.settings, firestore_emulator=None, auth_emulator=None)
    client = create_app(production, world.service.backends).test_client()

    policy = directives(client.get("/notes", headers=HTML).headers["Content-Security-Policy"])

    google = (
        "https://identitytoolkit.googleapis.com https://securetoken.googleapis.com https://firestore.googleapis.com"
    )
    assert policy["connect-src"] == f"'self' {google}"
    elsewhere = directives(client.get("/connections").headers["Content-Security-Policy"])
    assert policy | {"connect-src": ""} == elsewhere | {"connect-src": ""}
    assert "firestore" not in elsewhere["connect-src"]
    assert "unsafe" not in "".join(policy.values())


def test_what_the_page_loads_of_others_asks_nobody_else_either(world: World) -> None:
    page = world.service.get("/notes", headers=HTML).text
    digest = page.partition('"/assets/')[2].partition("/")[0]

    sdk = world.service.get(f"/assets/{digest}/vendor/firebase-firestore.js").text

    assert "gstatic.com" not in sdk
    assert "if(f.Image)" not in sdk, "it would ask Google for one when a connection breaks"
