"""/docs, the contract for people; and for operators, which version of it is called."""

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from scripts.verbs.journey import Person
from service.contract import PATH, Contract
from service.docs.calls import ContractCall, list_calls
from service.firestore_write import put
from tests import world as worlds
from tests.conformance.answers import Page
from tests.world import PKCE, VERIFIER, Tokens, World, answer_of

DIGEST = hashlib.sha256(PATH.read_bytes()).hexdigest()[:12]
OLDER = "0123456789ab"


@pytest.fixture(scope="module")
def reading() -> Iterator[World]:
    with worlds.world() as made:
        yield made


def read_directives(answer: requests.Response) -> dict[str, str]:
    directives = (directive.partition(" ") for directive in answer.headers["Content-Security-Policy"].split("; "))
    return {name: value for name, _, value in directives}


def test_the_docs_say_which_version_is_live_and_how_to_compare(reading: World) -> None:
    answer = reading.service.get("/docs")
    page = Page(answer)

    assert answer.status_code == 200
    assert Contract.load().version in page.text
    assert f"{reading.service.url}/at/{DIGEST}" in page.text
    assert "sha256sum openapi.yaml" in page.text
    assert f"- url: {reading.service.url}/at/{DIGEST}\n" in reading.service.get("/openapi.yaml").text
    assert ("a", {"href": "/docs/calls"}) in page.tags


def test_the_docs_name_the_address_to_import_by_and_the_one_to_return_to(reading: World) -> None:
    page = Page(reading.service.get("/docs"))
    given = next(attributes for _, attributes in page.tags if attributes.get("id") == "swagger-ui")

    assert f"{reading.service.url}/openapi.yaml" in page.text
    assert given["data-redirect-uri"] == f"{reading.service.url}/docs/oauth2-redirect.html"


@pytest.mark.parametrize("path", ["/docs", "/docs/oauth2-redirect.html", "/docs/calls"])
def test_a_page_of_the_docs_loads_nothing_from_elsewhere_and_runs_nothing_inline(reading: World, path: str) -> None:
    answer = reading.service.get(path)
    page, directives = Page(answer), read_directives(answer)

    loaded = [
        attributes.get("src") or attributes.get("href")
        for tag, attributes in page.tags
        if tag in ("script", "link", "img")
    ]
    assert loaded
    assert [address for address in loaded if not (address or "").startswith("/assets/")] == []
    assert [
        tag for tag, attributes in page.tags if any(name.startswith("on") or name == "style" for name in attributes)
    ] == []
    assert (directives["default-src"], directives["style-src"]) == ("'none'", "'self'")
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_the_docs_may_draw_from_data_addresses(reading: World) -> None:
    allowed = {
        path: read_directives(reading.service.get(path)) for path in ("/docs", "/docs/calls", "/connections", "/")
    }

    assert [path for path, directives in allowed.items() if "data:" in directives["img-src"]] == ["/docs"]
    assert allowed["/docs"]["script-src"] == allowed["/docs"]["connect-src"] == "'self'"
    assert not [path for path, directives in allowed.items() if "unsafe" in "".join(directives.values())]


def test_the_address_to_return_to_tells_no_code_to_anyone(reading: World) -> None:
    answer = reading.service.get("/docs/oauth2-redirect.html", params={"code": "c0de", "state": "s"})

    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "c0de" not in answer.text


def test_the_renderer_comes_compressed_with_its_licence(reading: World) -> None:
    page = reading.service.get("/docs").text
    (bundle,) = re.findall(r'"(/assets/[^"]+/vendor/swagger-ui-bundle\.js)"', page)

    answer = reading.service.get(bundle)

    assert (answer.headers["Content-Encoding"], answer.headers["Content-Type"]) == (
        "gzip",
        "text/javascript; charset=utf-8",
    )
    assert int(answer.headers["Content-Length"]) < 500_000 < len(answer.content)
    assert "sourceMappingURL" not in answer.text
    for name in ("swagger-ui.LICENSE.txt", "swagger-ui.NOTICE.txt", "swagger-ui-bundle.js.LICENSE.txt"):
        assert reading.service.get(bundle.replace("swagger-ui-bundle.js", name)).status_code == 200, name


def test_the_start_page_leads_to_the_docs(reading: World) -> None:
    assert ("a", {"href": "/docs"}) in Page(reading.service.get("/")).tags


def test_what_goes_wrong_at_the_docs_is_told_on_a_page(reading: World) -> None:
    answer = reading.service.post("/docs")

    assert (answer.status_code, Page(answer).text.count("That did not work")) == (405, 2)


@pytest.fixture
def operated() -> Iterator[tuple[World, Person]]:
    """A world, and the person who is its operator."""
    with worlds.world() as made:
        ada = made.person("ada")
        settings = replace(made.service.settings, operators=frozenset(("somebody-else", ada.uid)))
        with worlds.running(made.project, operators=settings.operators) as service:
            yield replace(made, service=service), ada


def ask(world: World, person: Person) -> requests.Response:
    headers = {"Authorization": f"Bearer {world.firebase.sign_in(person)}"}
    return world.service.get("/operator/calls", headers=headers)


def seen(world: World, operator: Person) -> list[dict[str, Any]]:
    answer = ask(world, operator)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["calls"]
    return found


def connect(world: World, person: Person, name: str) -> tuple[str, Tokens]:
    """The id of a new client with this NAME, and its tokens for reading and writing."""
    client = world.assistant(name)
    code = world.code(client, person, scope="notes:read notes:write", **PKCE)
    answer = world.exchange(client, code=code, code_verifier=VERIFIER)
    assert answer.status_code == 200, answer.text
    return client.client_id, Tokens(**answer.json())


def save(world: World, tokens: Tokens, contract: str) -> None:
    note = {"title": "t", "content": f"by {contract}"}
    assert world.service.post(f"/at/{contract}/notes", json=note, headers=tokens.bearer).status_code == 201


def list_notes(world: World, tokens: Tokens, contract: str) -> None:
    assert world.service.get(f"/at/{contract}/notes", headers=tokens.bearer).status_code == 200


def test_an_operator_sees_which_versions_are_called_newest_first(operated: tuple[World, Person]) -> None:
    world, ada = operated
    chatgpt, tokens = connect(world, world.person("bob"), "ChatGPT")
    docs, others = connect(world, ada, "Docs")

    save(world, tokens, OLDER)
    world.service.clock.move(timedelta(minutes=1))
    list_notes(world, tokens, DIGEST)
    world.service.clock.move(timedelta(minutes=1))
    list_notes(world, others, DIGEST)
    answer = ask(world, ada).json()

    assert answer["live"] == {"version": Contract.load().version, "digest": DIGEST}
    times = [call.pop("calledAt") for call in answer["calls"]]
    assert times == sorted(times, reverse=True)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times)
    assert answer["calls"] == [
        {"clientName": "Docs", "clientId": docs, "operationId": "listNotes", "contract": DIGEST, "isLive": True},
        {"clientName": "ChatGPT", "clientId": chatgpt, "operationId": "listNotes", "contract": DIGEST, "isLive": True},
        {"clientName": "ChatGPT", "clientId": chatgpt, "operationId": "saveNote", "contract": OLDER, "isLive": False},
    ]


def test_what_is_called_again_is_one_line_with_the_newer_time(operated: tuple[World, Person]) -> None:
    world, ada = operated
    _, tokens = connect(world, ada, "ChatGPT")
    list_notes(world, tokens, DIGEST)
    (first,) = seen(world, ada)

    world.service.clock.move(timedelta(minutes=9))
    list_notes(world, tokens, DIGEST)
    assert seen(world, ada) == [first]  # noted at most every ten minutes
    world.service.clock.move(timedelta(minutes=1))
    list_notes(world, tokens, DIGEST)
    (second,) = seen(world, ada)

    assert second["calledAt"] > first["calledAt"]
    assert second == first | {"calledAt": second["calledAt"]}


def test_the_log_says_who_asked_which_versions_are_called(
    operated: tuple[World, Person], caplog: pytest.LogCaptureFixture
) -> None:
    world, ada = operated
    eve = world.person("eve")
    caplog.set_level(logging.INFO, "service.audit")
    caplog.clear()

    assert [ask(world, person).status_code for person in (ada, eve)] == [200, 403]

    lines = [vars(record)["fields"] for record in caplog.records if record.name == "service.audit"]
    assert lines == [
        {"event": "operator.calls", "outcome": "allowed", "uid": ada.uid},
        {"event": "operator.calls", "outcome": "refused", "uid": eve.uid, "reason": "not_an_operator"},
    ]


def test_a_call_without_a_version_is_not_listed(operated: tuple[World, Person]) -> None:
    world, ada = operated
    _, tokens = connect(world, ada, "ChatGPT")

    assert world.save(tokens).status_code == 201

    assert seen(world, ada) == []


def test_after_thirty_days_a_call_is_not_listed(operated: tuple[World, Person]) -> None:
    world, ada = operated
    _, tokens = connect(world, ada, "ChatGPT")
    list_notes(world, tokens, DIGEST)
    world.service.clock.move(timedelta(days=30, minutes=-1))
    assert len(seen(world, ada)) == 1

    world.service.clock.move(timedelta(minutes=1))

    assert seen(world, ada) == []
    assert len(world.stored("contractCalls")) == 1  # until Firestore deletes it


def test_a_call_is_listed_until_the_moment_it_expires() -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    call = ContractCall("c", "ChatGPT", "saveNote", OLDER, noon - timedelta(days=30), expires_at=noon)

    assert list_calls([call], noon - timedelta(microseconds=1)) == [call]
    assert list_calls([call], noon) == []


def test_at_most_two_hundred_are_listed_the_newest(operated: tuple[World, Person]) -> None:
    world, ada = operated
    now = world.service.clock()
    common = {"clientName": "n", "clientId": "c", "contract": OLDER, "expireAt": now + timedelta(days=1)}
    writes = [
        put(f"contractCalls/{n}", common | {"operationId": f"{n}", "calledAt": now - timedelta(seconds=n)})
        for n in range(203)
    ]
    world.service.backends.documents.commit(*writes)

    assert [call["operationId"] for call in seen(world, ada)] == [f"{n}" for n in range(200)]


def test_who_is_no_operator_is_told_their_own_user_id_and_nothing_else(operated: tuple[World, Person]) -> None:
    world, ada = operated
    eve = world.person("eve")
    _, tokens = connect(world, ada, "ChatGPT")
    list_notes(world, tokens, DIGEST)

    answer = ask(world, eve)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "not_an_operator")
    assert eve.uid in error["message"]
    assert "OPERATORS" in error["message"]
    assert not [uid for uid in world.service.settings.operators if uid in answer.text]
    assert "ChatGPT" not in answer.text


def test_without_operators_nobody_is_one(reading: World) -> None:
    assert reading.service.settings.operators == frozenset()
    assert ask(reading, reading.person()).status_code == 403


def test_who_is_not_signed_in_sees_no_calls(operated: tuple[World, Person]) -> None:
    world, ada = operated
    _, tokens = connect(world, ada, "ChatGPT")
    refused = {"": "unauthorized", "Basic x": "unauthorized", "Bearer x": "invalid_token"}
    refused[f"Bearer {tokens.access_token}"] = "invalid_token"

    for header, code in refused.items():
        answer = world.service.get("/operator/calls", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_page_registers_itself_and_calls_by_the_version_that_it_shows(reading: World) -> None:
    """What the page's script does, without a browser."""
    given = next(
        attributes for _, attributes in Page(reading.service.get("/docs")).tags if attributes.get("id") == "swagger-ui"
    )
    redirect_uri = given["data-redirect-uri"] or ""
    docs = reading.newcomer(
        client_name=given["data-client-name"],
        redirect_uris=[redirect_uri],
        token_endpoint_auth_method="none",
        scope=given["data-scopes"],
    )

    allowed = reading.allow(docs, reading.person(), scope=given["data-scopes"], **PKCE)
    tokens = Tokens(**reading.exchange(docs, code=answer_of(allowed)["code"], code_verifier=VERIFIER).json())

    assert tokens.scope == given["data-scopes"] == "notes:read notes:write"
    back = urlsplit(allowed.headers["Location"])
    assert back._replace(query="").geturl() == redirect_uri
    assert reading.service.get(f"{back.path}?{back.query}").status_code == 200
    assert parse_qs(back.query)["iss"] == [reading.service.url]
    list_notes(reading, tokens, DIGEST)
    assert DIGEST in [call["contract"] for call in reading.stored("contractCalls")]
