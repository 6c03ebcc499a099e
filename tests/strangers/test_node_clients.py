"""oauth4webapi and openid-client, used as their documentation says, get from an address to a saved note and back out."""

import json
from typing import Any

import pytest

from scripts.verbs.journey import Person
from tests.strangers.programs import FOLDER, play, started
from tests.world import CALLBACK, World

METHODS = ["client_secret_basic", "client_secret_post", "none"]
LOOPBACK = "http://127.0.0.1:53211/callback"


def tell(world: World, name: str, facts: dict[str, str], person: Person, decision: str = "allow") -> dict[str, Any]:
    """What the program NAME says in the end. PERSON decides when it sends them somewhere."""
    known = {"issuer": world.service.url, "api": f"{world.service.url}/notes"}
    return play(world, person, ["node", FOLDER / f"{name}.mjs"], known | facts, decision)


def owned(world: World, method: str) -> dict[str, str]:
    """A client that the operator registered, and what its owner knows of it."""
    client = world.public_client() if method == "none" else world.assistant()
    # The port of a public client's loopback address is free (RFC 8252 section 7.3).
    facts = {
        "method": method,
        "client_id": client.client_id,
        "redirect_uri": LOOPBACK if method == "none" else CALLBACK,
    }
    return facts | ({"client_secret": client.client_secret} if client.client_secret else {})


def check_the_end(world: World, person: Person, said: dict[str, Any]) -> None:
    assert "done" in said, said
    done = said["done"]
    assert (done["token_type"], done["scope"]) == ("bearer", "notes:write")
    assert (done["statuses"], done["rotated"]) == ([201, 201], True)
    assert done["gone"] == {"status": 401, "error": "invalid_token"}
    assert done["ended"] == {"status": 400, "error": "invalid_grant"}
    assert {note["content"] for note in world.notes(person)} == {"before the refresh", "after the refresh"}
    assert world.stored("oauthGrants") == []


@pytest.mark.parametrize("method", METHODS)
def test_oauth4webapi_finds_everything_from_the_address_of_the_api(world: World, method: str) -> None:
    ada = world.person()

    said = tell(world, "oauth4webapi", owned(world, method), ada)

    check_the_end(world, ada, said)
    assert said["done"]["challenge"] == {"scheme": "bearer", "error": "invalid_token"}
    assert said["done"]["issuer"] == world.service.url
    assert said["done"]["resource"] == f"{world.service.url}/notes"


@pytest.mark.parametrize("method", METHODS)
def test_oauth4webapi_registers_itself(world: World, method: str) -> None:
    ada = world.person()
    facts = {"method": method, "redirect_uri": LOOPBACK}

    said = tell(world, "oauth4webapi", facts, ada)

    check_the_end(world, ada, said)
    secret = [] if method == "none" else ["client_secret", "client_secret_expires_at"]
    assert said["done"]["registered"] == secret
    (client,) = world.stored("oauthClients")
    assert (client["kind"], client["authMethods"], client["name"]) == ("dynamic", [method], "A stranger")


@pytest.mark.parametrize("method", METHODS)
def test_openid_client_connects_and_lets_go(world: World, method: str) -> None:
    ada = world.person()

    said = tell(world, "openid-client", owned(world, method), ada)

    check_the_end(world, ada, said)
    assert said["done"]["pkce"] is True
    assert said["done"]["expiresIn"] is True


@pytest.mark.parametrize("name", ["oauth4webapi", "openid-client"])
def test_they_understand_that_a_person_said_no(world: World, name: str) -> None:
    said = tell(world, name, owned(world, "none"), world.person(), "deny")

    assert said["failed"]["code"] == "OAUTH_AUTHORIZATION_RESPONSE_ERROR"
    assert said["failed"]["error"] == "access_denied"
    assert world.stored("oauthCodes") == []


@pytest.mark.parametrize("name", ["oauth4webapi", "openid-client"])
def test_they_refuse_an_answer_that_does_not_say_who_gives_it(world: World, name: str) -> None:
    with started("node", FOLDER / f"{name}.mjs") as program:
        facts = {"issuer": world.service.url, "api": f"{world.service.url}/notes"} | owned(world, "none")
        program.tell(json.dumps(facts))
        sent_to = world.visit(program.hear()["visit"], world.person())
        program.tell(sent_to.partition("&iss=")[0])

        failed = program.hear()["failed"]
    assert 'parameter "iss" (issuer) missing' in failed["message"] + failed["cause"]
