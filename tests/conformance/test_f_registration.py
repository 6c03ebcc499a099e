"""Section F of the required behaviours: clients that register themselves, one story a row."""

import json
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from scripts.verbs.journey import Assistant, hidden_fields
from tests import world as worlds
from tests.conformance.answers import Page, error_sent_back, refusal
from tests.world import CALLBACK, PKCE, VERIFIER, World


def error_of_registration(answer: requests.Response) -> str:
    """The error of RFC 7591 section 3.2.2 that ANSWER is."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json()
    assert found.keys() == {"error", "error_description"}
    error: str = found["error"]
    return error


def connect(world: World, client: Assistant, **exchange: str | None) -> requests.Response:
    """The answer of the token endpoint, with the secret in the body unless EXCHANGE says otherwise."""
    code = world.code(client, world.person(), **PKCE)
    return world.exchange(client, code=code, code_verifier=VERIFIER, **exchange)


def test_f01_a_public_client_registers_without_a_secret(world: World) -> None:
    """F01 · RFC 7591 3.2.1: a client with the method `none` gets an id, no secret, and 201 that nobody keeps."""
    answer = world.register(client_name="Claude", token_endpoint_auth_method="none")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    known = answer.json()
    assert not {"client_secret", "client_secret_expires_at"} & known.keys()
    assert (known["client_name"], known["redirect_uris"]) == ("Claude", [CALLBACK])
    assert known["token_endpoint_auth_method"] == "none"
    assert connect(world, Assistant(known["client_id"], "", CALLBACK)).status_code == 200


def test_f02_a_client_without_a_method_gets_a_secret_for_good(world: World) -> None:
    """F02 · RFC 7591 2, 3.2.1: without an auth method it is client_secret_basic, with a secret that never expires."""
    answer = world.register()

    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    known = answer.json()
    assert (known["token_endpoint_auth_method"], known["client_secret_expires_at"]) == ("client_secret_basic", 0)
    assert len(known["client_secret"]) == 43
    client = Assistant(known["client_id"], known["client_secret"], CALLBACK)
    assert connect(world, client).status_code == 200
    assert connect(world, client, client_secret="x" * 43).status_code == 401
    assert connect(world, client, client_secret=None).status_code == 401


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "javascript:alert(1)",
        "javascript://client.example/%0aalert(1)",
        "data:text/html,x",
        "http://client.example/callback",
        "http://localhost.evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.2/callback",
        f"{CALLBACK}#fragment",
        f"{CALLBACK}#",
        "https://user@client.example/callback",
        "https://user:word@client.example/callback",
        "https://@client.example/callback",
        "http://localhost@evil.example/callback",
        "https:///callback",
        "https:callback",
        "//client.example/callback",
        "/callback",
        "client.example",
        "https://client.example/call back",
        "https://client.example/\ncallback",
        "https://client.example/é",
        "https://[::1/callback",
        "https://client.example:port/",
        "",
        7,
        None,
        ["https://client.example/callback"],
        {"uri": CALLBACK},
    ],
    ids=ascii,
)
def test_f03_a_redirect_uri_that_is_not_safe_is_not_registered(world: World, redirect_uri: object) -> None:
    """F03 · RFC 7591 3.2.2; RFC 9700 2.6; MCP "Communication Security": an unsafe URI is invalid_redirect_uri."""
    for uris in ([redirect_uri], [CALLBACK, redirect_uri]):
        assert error_of_registration(world.register(redirect_uris=uris)) == "invalid_redirect_uri"
    assert world.stored("oauthClients") == []


def test_the_scheme_of_a_program_that_nobody_knows_is_not_registered(world: World) -> None:
    """RFC 8252 7.1: it could be any program on the person's device; what is offered beside it is taken."""
    own = "com.example.app:/callback"

    assert error_of_registration(world.register(redirect_uris=[own])) == "invalid_redirect_uri"
    assert world.register(redirect_uris=[own, CALLBACK]).json()["redirect_uris"] == [CALLBACK]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "invalid_client_metadata"),
        (b"{", "invalid_client_metadata"),
        (b'{"redirect_uris": ["https://client.example/"]', "invalid_client_metadata"),
        (b"\xff\xfe{}", "invalid_client_metadata"),
        (b'{"redirect_uris": ["https://client.example/\xff"]}', "invalid_client_metadata"),
        (b"[" * 10_000, "invalid_client_metadata"),
        (b'{"redirect_uris":' * 900, "invalid_client_metadata"),
        (b"[]", "invalid_client_metadata"),
        (b'[{"redirect_uris": ["https://client.example/"]}]', "invalid_client_metadata"),
        (b'"https://client.example/"', "invalid_client_metadata"),
        (b"null", "invalid_client_metadata"),
        (b"7", "invalid_client_metadata"),
        (b"redirect_uris=https://client.example/", "invalid_client_metadata"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": CALLBACK}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": {"0": CALLBACK}}, "invalid_redirect_uri"),
        ({"redirect_uris": [f"{CALLBACK}/{number}" for number in range(200)]}, "invalid_redirect_uri"),
        ({"grant_types": "authorization_code"}, "invalid_client_metadata"),
        ({"grant_types": [7]}, "invalid_client_metadata"),
        ({"response_types": "code"}, "invalid_client_metadata"),
        ({"scope": 7}, "invalid_client_metadata"),
        ({"scope": ["notes:read"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": 7}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": ["none"]}, "invalid_client_metadata"),
        ({"client_name": 7}, "invalid_client_metadata"),
        ({"client_name": "a\nb"}, "invalid_client_metadata"),
        ({"client_name": "\u202eTPGtahC"}, "invalid_client_metadata"),
        ({"client_name": "x" * 81}, "invalid_client_metadata"),
        ({"client_name": "\ud800"}, "invalid_client_metadata"),
        ({"grant_types": ["\ud800"]}, "invalid_client_metadata"),
        ({"redirect_uris": ["https://client.example/\ud800"]}, "invalid_redirect_uri"),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_f04_metadata_of_the_wrong_shape_is_refused(world: World, body: bytes | dict[str, Any], error: str) -> None:
    """F04 · RFC 7591 3.2.2: what is no JSON object, or has members of another type, is 400 and no 5xx."""
    raw = body if isinstance(body, bytes) else json.dumps({"redirect_uris": [CALLBACK]} | body).encode()

    answer = world.service.post("/register", data=raw, headers={"Content-Type": "application/json"})

    assert error_of_registration(answer) == error
    assert world.stored("oauthClients") == []


@pytest.mark.parametrize(
    ("metadata", "echoed"),
    [
        ({"grant_types": ["implicit"]}, None),
        ({"grant_types": ["client_credentials", "password"]}, None),
        ({"grant_types": ["refresh_token"]}, None),
        ({"grant_types": []}, None),
        ({"response_types": ["token"]}, None),
        ({"response_types": ["code token", "id_token"]}, None),
        ({"response_types": []}, None),
        ({"token_endpoint_auth_method": "private_key_jwt"}, None),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, None),
        ({"grant_types": ["implicit", "authorization_code"]}, {"grant_types": ["authorization_code"]}),
        (
            {"grant_types": ["refresh_token", "authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"]},
            {"grant_types": ["authorization_code", "refresh_token"]},
        ),
        ({"response_types": ["token", "code"]}, {"response_types": ["code"]}),
        ({"scope": "openid notes:read email"}, {"scope": "notes:read"}),
        ({}, {"grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"]}),
    ],
    ids=str,
)
def test_f05_of_what_is_supported_in_part_that_part_is_registered(
    world: World, metadata: dict[str, Any], echoed: dict[str, Any] | None
) -> None:
    """F05 · RFC 7591 2, 3.2.1, 3.2.2: the intersection is registered and echoed; if empty, invalid_client_metadata."""
    answer = world.register(**metadata)

    if echoed is None:
        assert error_of_registration(answer) == "invalid_client_metadata"
        assert world.stored("oauthClients") == []
        return
    assert answer.status_code == 201
    assert echoed.items() <= answer.json().items()


def test_unknown_members_are_accepted_and_ignored(world: World) -> None:
    answer = world.register(
        application_type="native",
        client_id="chosen",
        client_secret="chosen",
        software_id=7,
        jwks={"keys": []},
        logo_uri="javascript:alert(1)",
        nothing=None,
    )

    assert answer.status_code == 201
    known = answer.json()
    assert "chosen" not in (known["client_id"], known["client_secret"])
    assert not {"application_type", "software_id", "jwks", "logo_uri", "nothing"} & known.keys()


def test_an_id_is_never_taken_for_a_document(world: World) -> None:
    """The ids of registered clients have no colon, so none begins with https:// (CIMD section 6.9)."""
    for _ in range(20):
        assert world.newcomer().client_id.replace("-", "").replace("_", "").isalnum()


def test_a_registered_redirect_uri_is_the_only_one(world: World) -> None:
    client = world.newcomer()

    refusal(world.ask(client, redirect_uri="https://evil.example/", **PKCE))


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_who_registered_itself_needs_pkce(world: World, method: str) -> None:
    client = world.newcomer(token_endpoint_auth_method=method)

    assert error_sent_back(world, world.allow(client, world.person())) == "invalid_request"


def test_who_registered_itself_begins_with_reading(world: World) -> None:
    client = world.newcomer()

    page = world.ask(client, scope=None, **PKCE)
    answer = world.exchange(client, code=world.code(client, world.person(), scope=None, **PKCE), code_verifier=VERIFIER)

    assert "Read your notes" in Page(page).text
    assert "Save new notes" not in Page(page).text
    assert answer.json()["scope"] == "notes:read"


def test_who_registered_itself_is_asked_for_every_time(world: World) -> None:
    client, ada = world.newcomer(client_name="Claude"), world.person()

    for _ in range(2):
        page = world.ask(client, **PKCE)
        assert hidden_fields(page.text)["decision"] == "deny"
        assert "Claude asks to use your ItsimpleAI" in Page(page).text
        assert "nobody has checked it" in Page(page).text
        world.follow(page, ada)


@pytest.mark.parametrize(
    ("method", "takes"),
    [
        (None, {"client_secret_basic", "client_secret_post"}),
        ("client_secret_basic", {"client_secret_basic"}),
        ("client_secret_post", {"client_secret_post"}),
        ("none", {"none"}),
    ],
)
def test_a_client_authenticates_as_it_said_it_would(world: World, method: str | None, takes: set[str]) -> None:
    client = world.newcomer(**({"token_endpoint_auth_method": method} if method else {}))
    secret = client.client_secret or "x" * 43

    def status(used: str) -> int:
        form = {"grant_type": "authorization_code", "code_verifier": VERIFIER, "redirect_uri": CALLBACK}
        form["code"] = world.code(client, world.person(), **PKCE)
        if used == "client_secret_basic":
            return world.service.post("/token", data=form, auth=(client.client_id, secret)).status_code
        form |= {"client_id": client.client_id} | ({"client_secret": secret} if used != "none" else {})
        return world.service.post("/token", data=form).status_code

    answers = {used: status(used) for used in ("client_secret_basic", "client_secret_post", "none")}

    assert answers == {used: 200 if used in takes else 401 for used in answers}


def test_a_registration_that_nobody_uses_is_forgotten(world: World) -> None:
    client = world.newcomer()
    world.service.clock.move(timedelta(days=29))
    assert world.ask(client, **PKCE).status_code == 200

    world.service.clock.move(timedelta(days=2))

    assert "No assistant is registered here" in refusal(world.ask(client, **PKCE))


def test_a_client_in_use_never_expires_and_keeps_its_secret(world: World) -> None:
    client = world.newcomer()
    answer = connect(world, client)

    for _ in range(4):
        world.service.clock.move(timedelta(days=29))
        answer = world.refresh(client, answer.json()["refresh_token"])
        assert answer.status_code == 200
    world.service.clock.move(timedelta(days=31))

    assert world.refresh(client, answer.json()["refresh_token"]).json()["error"] == "invalid_grant"
    assert connect(world, client).status_code == 200


def test_an_address_registers_so_many_clients_an_hour() -> None:
    with worlds.world(registrations_per_hour=3, proxies=1) as world:

        def register(address: str) -> requests.Response:
            headers = {"X-Forwarded-For": f"203.0.113.9, {address}"}
            return world.service.post("/register", json={"redirect_uris": [CALLBACK]}, headers=headers)

        assert [register("198.51.100.1").status_code for _ in range(5)] == [201] * 3 + [429] * 2
        refused = register("198.51.100.1")
        assert 0 < int(refused.headers["Retry-After"]) <= 3600
        assert refused.headers["Content-Type"] == "application/json"
        assert register("198.51.100.2").status_code == 201
        assert len(world.stored("oauthClients")) == 4


def test_an_address_registers_so_many_clients_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = 0
    later = SimpleNamespace(time=lambda: time.time() + hours * 3601)
    monkeypatch.setattr("limits.storage.memory.time", later)  # the limiter's own clock

    def register_an_hour_later() -> int:
        nonlocal hours
        hours += 1
        return world.register().status_code

    with worlds.world(registrations_per_hour=1) as world:
        statuses = [register_an_hour_later() for _ in range(26)]

    assert statuses == [201] * 5 + [429] * 19 + [201] * 2


def test_metadata_larger_than_any_is_refused(world: World) -> None:
    assert world.register(padding="x" * 20_000).status_code == 413
