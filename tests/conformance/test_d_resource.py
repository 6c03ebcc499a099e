"""Section D of the required behaviours: the resource server's challenges, one story a row."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from scripts.verbs.journey import Person
from tests.world import Tokens, World, running

NOTE = {"title": "A title", "content": "Some *text*"}


def challenge(answer: requests.Response) -> dict[str, str]:
    """The attributes of the one challenge of ANSWER (RFC 6750 section 3)."""
    header = answer.headers["WWW-Authenticate"]
    scheme, _, attributes = header.partition(" ")
    assert scheme == "Bearer"
    assert re.fullmatch(r'[a-z_]+="[^"\\]*"(?:, [a-z_]+="[^"\\]*")*', attributes), header
    pairs = re.findall(r'([a-z_]+)="([^"]*)"', attributes)
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def metadata_url(world: World) -> str:
    return f"{world.service.url}/.well-known/oauth-protected-resource/notes"


def assert_is_dead(world: World, answer: requests.Response) -> None:
    """ANSWER is 401 `invalid_token`, and says where to find out how to get another one."""
    assert answer.status_code == 401
    found = challenge(answer)
    assert found.pop("error_description")
    assert found == {"error": "invalid_token", "scope": "notes:write", "resource_metadata": metadata_url(world)}


def test_d01_who_has_no_token_is_told_where_to_get_one(world: World) -> None:
    """D01 · RFC 6750 3.1; RFC 9728 5.1; MCP "Scope Selection Strategy": no credentials, a challenge without an error."""
    for answer in (
        world.service.post("/notes", json=NOTE),
        world.service.post("/notes", data=b"no JSON"),
        world.service.post("/notes", json=NOTE, headers={"Authorization": ""}),
    ):
        assert answer.status_code == 401
        assert challenge(answer) == {"scope": "notes:write", "resource_metadata": metadata_url(world)}


def a_token_that_we_cannot_have_made(_world: World, _person: Person) -> str:
    return "garbage"


def a_token_of_the_right_shape(world: World, person: Person) -> str:
    token = world.connect(world.assistant(), person).access_token
    return token[:-1] + ("A" if token[-1] != "A" else "B")


def a_token_whose_head_was_changed(world: World, person: Person) -> str:
    chatgpt, other = world.assistant(), world.person("other")
    heads = [world.connect(chatgpt, who).access_token.partition(".") for who in (person, other)]
    return f"{heads[1][0]}.{heads[0][2]}"


def a_refresh_token(world: World, person: Person) -> str:
    return world.connect(world.assistant(), person).refresh_token


def a_revoked_token(world: World, person: Person) -> str:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, person)
    assert world.save(tokens).status_code == 201
    credentials = {"client_id": chatgpt.client_id, "client_secret": chatgpt.client_secret}
    ended = world.service.post("/revoke", data=credentials | {"token": tokens.access_token})
    assert ended.status_code == 200
    return tokens.access_token


def a_token_for_another_service(world: World, person: Person) -> str:
    """It is good there, and its grant is in the same database."""
    with running(world.project) as other:
        elsewhere = World(other, world.firebase, world.project)
        tokens = elsewhere.connect(elsewhere.assistant(), person)
        assert elsewhere.save(tokens).status_code == 201
    return tokens.access_token


@pytest.mark.parametrize(
    "make",
    [
        a_token_that_we_cannot_have_made,
        a_token_of_the_right_shape,
        a_token_whose_head_was_changed,
        a_refresh_token,
        a_revoked_token,
        a_token_for_another_service,
    ],
)
def test_d02_a_token_that_is_none_here_is_invalid(world: World, make: Callable[[World, Person], str]) -> None:
    """D02 · RFC 6750 3.1; MCP "Token Handling": garbage, revoked or for another audience, a token is invalid_token."""
    ada = world.person()
    token = make(world, ada)
    before = world.notes(ada)

    answer = world.service.post("/notes", json=NOTE | {"title": "Stolen"}, headers={"Authorization": f"Bearer {token}"})

    assert_is_dead(world, answer)
    assert world.notes(ada) == before


def test_d03_an_expired_token_is_invalid(world: World) -> None:
    """D03 · RFC 6750 3.1: an expired access token is invalid_token."""
    tokens = world.connect(world.assistant(), world.person())
    world.service.clock.move(timedelta(seconds=tokens.expires_in - 5))
    assert world.save(tokens).status_code == 201

    world.service.clock.move(timedelta(seconds=6))

    assert_is_dead(world, world.save(tokens, title="Too late"))


def test_d04_a_token_that_may_only_read_is_told_what_a_write_needs(world: World) -> None:
    """D04 · RFC 6750 3.1; MCP "Runtime Insufficient Scope Errors": 403 names every scope that the operation needs."""
    chatgpt, ada = world.assistant(), world.person()
    tokens = world.exchange(chatgpt, code=world.code(chatgpt, ada, scope="notes:read")).json()

    answer = world.save(Tokens(**tokens))

    assert answer.status_code == 403
    found = challenge(answer)
    assert found.pop("error_description")
    assert found == {"error": "insufficient_scope", "scope": "notes:write", "resource_metadata": metadata_url(world)}
    assert world.notes(ada) == []


def test_d05_a_token_in_the_address_is_not_read(world: World) -> None:
    """D05 · MCP "Token Requirements"; OAuth 2.1 5.1: a token in the query string is ignored."""
    ada = world.person()
    token = world.connect(world.assistant(), ada).access_token

    answer = world.service.post("/notes", json=NOTE, params={"access_token": token})

    assert answer.status_code == 401
    assert "error" not in challenge(answer)
    assert world.notes(ada) == []


def test_d06_the_scheme_has_no_case(world: World) -> None:
    """D06 · RFC 9110 11.1: the scheme may be written bEaReR."""
    tokens = world.connect(world.assistant(), world.person())

    for number, scheme in enumerate(("bEaReR", "BEARER", "bearer")):
        answer = world.save(tokens, content=str(number), Authorization=f"{scheme} {tokens.access_token}")
        assert answer.status_code == 201


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Basic x", "Bearer a b", "Bearer \xe9", "\xff\xfe", "Bearer a, Bearer b", ",", "Bearer=a"],
    ids=ascii,
)
def test_d07_an_authorization_that_is_none_is_challenged(world: World, authorization: str) -> None:
    """D07 · RFC 6750 3.1: a header without one bearer token gets 401 and a Bearer challenge."""
    answer = world.service.post("/notes", json=NOTE, headers={"Authorization": authorization.encode("latin-1")})

    assert answer.status_code == 401
    assert challenge(answer)["resource_metadata"] == metadata_url(world)
    assert challenge(answer).get("error") in (None, "invalid_token")


def test_a_token_with_a_space_and_more_behind_it_is_no_token(world: World) -> None:
    tokens = world.connect(world.assistant(), world.person())

    for wrong in (f"Bearer {tokens.access_token} b", f"Bearer a {tokens.access_token}", f"Basic {tokens.access_token}"):
        assert world.save(tokens, Authorization=wrong).status_code == 401


def test_a_token_in_the_body_is_not_read(world: World) -> None:
    tokens = world.connect(world.assistant(), world.person())

    answer = world.service.post("/notes", data={"access_token": tokens.access_token} | NOTE)

    assert answer.status_code == 401
    assert "error" not in challenge(answer)


def test_a_token_for_a_part_of_the_service_is_good_there(world: World) -> None:
    chatgpt, ada = world.assistant(), world.person()
    code = world.code(chatgpt, ada, resource=f"{world.service.url}/notes")

    tokens = Tokens(**world.exchange(chatgpt, code=code).json())

    assert world.save(tokens).status_code == 201
