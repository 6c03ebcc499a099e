"""The token endpoint: who asks and how (rows B01 to B14, B23, B33, B34). What holds at revocation too is tried there."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
import requests

from scripts.verbs.journey import Assistant
from service.oauth.tokens import Secret
from tests import world as worlds
from tests.world import LOOPBACK_CALLBACK, PKCE, VERIFIER, World, error_of

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
everywhere = pytest.mark.parametrize("path", ["/token", "/revoke"])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for all: each test has its own people and clients, and none moves the clock."""
    with worlds.world() as made:
        yield made


@dataclass
class Right:
    """A client and the form that PATH would answer with 200."""

    world: World
    path: str
    client: Assistant
    form: dict[str, str]

    @property
    def credentials(self) -> dict[str, str]:
        return {"client_id": self.client.client_id, "client_secret": self.client.client_secret}

    def send(self, form: Any = None, **options: Any) -> requests.Response:
        return self.world.service.post(self.path, data=self.form if form is None else form, **options)


def right(world: World, path: str) -> Right:
    """All but the credentials: a code to exchange, or a token to give back."""
    client = world.assistant()
    code = world.code(client, world.person())
    if path == "/token":
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}
    else:
        form = {"token": world.exchange(client, code=code).json()["access_token"]}
    return Right(world, path, client, form)


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def with_secret(world: World, *secrets: str) -> Assistant:
    """A client of the operator's that knows the last of SECRETS, all of which are live."""
    client = world.assistant()
    store = world.service.backends.oauth
    stored = store.find_client(client.client_id)
    assert stored
    store.change_client(replace(stored, secret_hashes=tuple(Secret(secret).hash() for secret in secrets)))
    return replace(client, client_secret=secrets[-1])


def test_b01_an_exchange_answers_with_tokens(world: World) -> None:
    """B01 · RFC 6749 5.1: an exchange answers with both tokens, their type, lifetime and scope as JSON with `no-store`."""
    chatgpt = world.assistant()

    answer = world.exchange(chatgpt, code=world.code(chatgpt, world.person()))

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert min(len(body["access_token"]), len(body["refresh_token"])) >= 43  # 256 bits
    assert body["token_type"] == "bearer"
    assert type(body["expires_in"]) is int
    assert 3600 <= body["expires_in"] <= 3601
    assert body["scope"] == "notes:write"
    assert world.is_alive(body["access_token"])


@pytest.mark.parametrize("secret", ["a:b", "a+b", "a/b", "a%b", "a%41b", ":+/%", "%3A+%2B", "~!@ é"])
@pytest.mark.parametrize("encode", [quote_plus, str], ids=["encoded", "raw"])
def test_b02_basic_takes_any_secret_in_both_readings(world: World, secret: str, encode: Callable[[str], str]) -> None:
    """B02 · RFC 6749 2.3.1: over Basic any secret is right, form-encoded as the RFC has it or raw as many clients send it."""
    client = with_secret(world, secret)
    form = {"grant_type": "authorization_code", "code": world.code(client, world.person())}
    form["redirect_uri"] = client.redirect_uri

    wrong = world.service.post("/token", data=form, headers=basic(client.client_id, encode(secret + "x")))
    answer = world.service.post("/token", data=form, headers=basic(encode(client.client_id), encode(secret)))

    assert error_of(wrong) == (401, "invalid_client")
    assert answer.status_code == 200, answer.text


def test_b03_an_old_and_a_new_secret_both_open_while_both_are_configured(world: World) -> None:
    """B03 · policy: while a client has two secrets, the old one and the new one both open, so a rotation has no gap."""
    new = with_secret(world, "the-old-one", "the-new-one")
    old, third = replace(new, client_secret="the-old-one"), replace(new, client_secret="the-third-one")
    ada = world.person()

    assert world.exchange(old, code=world.code(new, ada)).status_code == 200
    assert world.exchange(new, code=world.code(new, ada)).status_code == 200
    assert error_of(world.exchange(third, code=world.code(new, ada))) == (401, "invalid_client")


@everywhere
def test_b04_a_wrong_secret_over_basic_is_challenged(world: World, path: str) -> None:
    """B04 · RFC 6749 5.2: a wrong secret over Basic is 401 `invalid_client` with a Basic challenge that names a realm."""
    asked = right(world, path)

    refused = asked.send(headers=basic(asked.client.client_id, "x" * 43))

    assert error_of(refused) == (401, "invalid_client")
    assert refused.headers["WWW-Authenticate"] == 'Basic realm="token"'
    assert asked.send(headers=basic(*asked.credentials.values())).status_code == 200


@everywhere
def test_b05_a_wrong_secret_in_the_body_is_refused(world: World, path: str) -> None:
    """B05 · RFC 6749 5.1, 5.2: a wrong secret in the body is 401 `invalid_client` with `no-store`."""
    asked = right(world, path)

    refused = asked.send(asked.form | asked.credentials | {"client_secret": "x" * 43})

    assert error_of(refused) == (401, "invalid_client")
    assert asked.send(asked.form | asked.credentials).status_code == 200


@everywhere
@pytest.mark.parametrize("over_basic", [True, False], ids=["basic", "body"])
def test_b06_nobody_learns_which_clients_exist(world: World, path: str, *, over_basic: bool) -> None:
    """B06 · RFC 6749 10.10: an unknown client and a known one with a wrong secret get the same answer to the byte."""
    asked = right(world, path)

    def refused(client_id: str) -> requests.Response:
        if over_basic:
            return asked.send(headers=basic(client_id, "x" * 43))
        return asked.send(asked.form | {"client_id": client_id, "client_secret": "x" * 43})

    known, unknown = refused(asked.client.client_id), refused("A" * 22)

    assert error_of(known) == (401, "invalid_client")
    assert (unknown.status_code, unknown.content) == (known.status_code, known.content)
    assert _without_date(unknown) == _without_date(known)


@everywhere
def test_b07_two_ways_of_authenticating_at_once_are_refused(world: World, path: str) -> None:
    """B07 · RFC 6749 2.3; OAuth 2.1 3.2.4: a secret over Basic and one in the body together are 400 `invalid_request`."""
    asked = right(world, path)

    both = asked.send(asked.form | asked.credentials, headers=basic(*asked.credentials.values()))

    assert error_of(both) == (400, "invalid_request")
    assert asked.send(asked.form | asked.credentials).status_code == 200


@everywhere
def test_b08_credentials_in_the_address_are_not_read(world: World, path: str) -> None:
    """B08 · RFC 6749 2.3.1: a client id and secret in the address are not read: 401 `invalid_client`."""
    asked = right(world, path)

    assert error_of(asked.send(params=asked.credentials)) == (401, "invalid_client")
    half = {"client_id": asked.client.client_id}
    secret = {"client_secret": asked.client.client_secret}
    assert error_of(asked.send(asked.form | half, params=secret)) == (401, "invalid_client")
    assert asked.send(asked.form | asked.credentials).status_code == 200


@everywhere
def test_b09_parameters_in_the_address_are_not_read(world: World, path: str) -> None:
    """B09 · OAuth 2.1 3.2.2: parameters in the address are not read, so they are missing: 400 `invalid_request`."""
    asked = right(world, path)
    whole = asked.form | asked.credentials
    moved = {name: whole.pop(name) for name in ("grant_type", "redirect_uri", "token") if name in whole}

    assert error_of(asked.send(whole, params=moved)) == (400, "invalid_request")
    assert asked.send(asked.form | asked.credentials, params={"grant_type": "x", "token": "x"}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_b10_tokens_are_only_given_to_a_post(world: World, method: str) -> None:
    """B10 · RFC 6749 3.2: a GET, or whatever is no POST, is 405 and gives no token."""
    asked = right(world, "/token")
    whole = asked.form | asked.credentials

    refused = world.service.call(method, "/token", params=whole, data=whole if method != "HEAD" else None)

    assert refused.status_code == 405
    assert set(refused.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
    assert "access_token" not in refused.text
    assert asked.send(whole).status_code == 200


@everywhere
def test_b11_a_json_body_is_told_how_to_ask(world: World, path: str) -> None:
    """B11 · RFC 6749 4.1.3, 5.2: a JSON body is 400 `invalid_request`, and the description says what to send instead."""
    asked = right(world, path)

    refused = world.service.post(path, json=asked.form | asked.credentials)

    assert error_of(refused) == (400, "invalid_request")
    assert "application/x-www-form-urlencoded" in refused.json()["error_description"]
    assert asked.send(asked.form | asked.credentials).status_code == 200


@pytest.mark.parametrize("grant_type", [None, ""])
def test_b12_a_request_without_a_grant_type_is_refused(world: World, grant_type: str | None) -> None:
    """B12 · RFC 6749 5.2: a client that authenticates but names no `grant_type` is told 400 `invalid_request`."""
    asked = right(world, "/token")

    refused = world.exchange(asked.client, code=asked.form["code"], grant_type=grant_type)

    assert error_of(refused) == (400, "invalid_request")
    assert asked.send(asked.form | asked.credentials).status_code == 200


@pytest.mark.parametrize(
    "grant_type",
    ["password", "implicit", "client_credentials", 'authorization_code"', "\\", "codé", "許可", "\n", "a" * 3000, "\0"],
)
def test_b13_other_grant_types_are_not_supported(world: World, grant_type: str) -> None:
    """B13 · RFC 6749 5.2: any other `grant_type`, readable or not, is 400 `unsupported_grant_type` in clean words."""
    client = world.assistant()

    refused = world.exchange(client, code="x", grant_type=grant_type, username="ada", password="x")

    assert error_of(refused) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *(("/token", name) for name in ("grant_type", "code", "redirect_uri", "client_id", "client_secret", "foo")),
        *(("/revoke", name) for name in ("token", "token_type_hint", "client_id", "client_secret")),
    ],
)
def test_b14_a_parameter_sent_twice_is_refused(world: World, path: str, name: str) -> None:
    """B14 · RFC 6749 3.2, 5.2: any parameter that comes twice, even with one value, makes it 400 `invalid_request`."""
    asked = right(world, path)
    whole = asked.form | asked.credentials
    twice = [*whole.items(), (name, whole.get(name, "x")), *([] if name in whole else [(name, "x")])]

    refused = asked.send(urlencode(twice), headers=_FORM)

    assert error_of(refused) == (400, "invalid_request")
    assert asked.send(whole).status_code == 200


@everywhere
def test_b23_a_client_with_a_secret_must_show_it(world: World, path: str) -> None:
    """B23 · RFC 6749 3.2.1: a confidential client that sends only its `client_id` is 401 `invalid_client`."""
    asked = right(world, path)

    for secret in ({}, {"client_secret": ""}):
        refused = asked.send(asked.form | {"client_id": asked.client.client_id} | secret)
        assert error_of(refused) == (401, "invalid_client")
    assert asked.send(asked.form | asked.credentials).status_code == 200


@pytest.mark.parametrize("path", ["/token", "/revoke", "/register"])
def test_b33_a_script_of_another_origin_may_call(world: World, path: str) -> None:
    """B33 · OAuth 2.1 3.2; RFC 9700 2.6: a browser's preflight is 204 and lets any origin post, and read the answer."""
    origin = {"Origin": "https://claude.ai"}
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}

    preflight = world.service.call("OPTIONS", path, headers=origin | asking)
    answer = world.service.post(path, headers=origin)

    assert (preflight.status_code, preflight.content) == (204, b"")
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "Content-Type"} <= set(preflight.headers["Access-Control-Allow-Headers"].split(", "))
    assert error_of(answer)[0] == 400
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in {*preflight.headers, *answer.headers}


@pytest.mark.parametrize("path", ["/token", "/revoke", "/register"])
def test_b34_a_body_of_two_megabytes_is_refused(world: World, path: str) -> None:
    """B34 · policy: a body of 2 MB is refused with 413, whether its length is announced or not."""
    body = b"grant_type=authorization_code&code=" + b"x" * 2_000_000

    announced = world.service.post(path, data=body, headers=_FORM)
    in_chunks = world.service.post(path, data=iter([body[:1000], body[1000:]]), headers=_FORM)

    assert [announced.status_code, in_chunks.status_code] == [413, 413]
    assert error_of(announced) == error_of(in_chunks)


def test_a_public_client_has_no_secret_to_send(world: World) -> None:
    claude = world.public_client()
    code = world.code(claude, world.person(), **PKCE)

    refused = world.exchange(claude, code=code, code_verifier=VERIFIER, client_secret="x")

    assert error_of(refused) == (401, "invalid_client")
    assert world.exchange(claude, code=code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", None])
def test_a_client_that_named_how_it_authenticates_keeps_to_it(world: World, method: str | None) -> None:
    metadata = {"redirect_uris": [LOOPBACK_CALLBACK], "token_endpoint_auth_method": method, "scope": "notes:write"}
    registered = world.service.post("/register", json=metadata).json()
    client = Assistant(registered["client_id"], registered["client_secret"], LOOPBACK_CALLBACK)
    form = {"grant_type": "refresh_token", "refresh_token": "unknown"}

    over_basic = world.service.post("/token", data=form, headers=basic(client.client_id, client.client_secret))
    in_the_body = world.exchange(client, **form)

    known, refused = (400, "invalid_grant"), (401, "invalid_client")
    assert error_of(over_basic) == (refused if method == "client_secret_post" else known)
    assert error_of(in_the_body) == (refused if method == "client_secret_basic" else known)


def _without_date(answer: requests.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "Date"}
