"""/privacy tells what is stored, and for how long: compared with what is stored when everything has happened."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from scripts.verbs.journey import Assistant, Person, hidden_fields
from service.contract import Contract
from tests import world as worlds
from tests.conformance.answers import Page
from tests.conformance.test_fc_documents import HOST, Host, believe
from tests.mcp_client import McpClient
from tests.sites import Authority, site
from tests.stories.test_nothing_secret_is_told import rights
from tests.world import CALLBACK, PKCE, VERIFIER, Tokens, World

OPENAI = {
    "openai-conversation-id": "conversation-7f3a",
    "openai-gpt-id": "g-99aa",
    "openai-ephemeral-user-id": "ephemeral-51cc",
    "openai-subdivision-1-iso-code": "subdivision-77ab",
}
BOOKMARK = {"kind": "bookmark", "title": "t", "content": "c", "tags": ["a", "b"], "sourceUrl": "https://example.com/"}
A_WHILE = timedelta(minutes=10)
OTHERWISE = {
    "code_lifetime": timedelta(seconds=75),
    "access_token_lifetime": timedelta(hours=2),
    "refresh_token_lifetime": timedelta(days=9),
}
Fields = Mapping[str, Any]


class Lived:
    """A world in which everything that writes has happened, at times that are known exactly."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.began = world, datetime.now(UTC).replace(microsecond=0)
        self.now = self.began
        world.service.backends.now = lambda: self.now  # a clock that stands still
        ada = world.person()
        chatgpt, newcomer = replace(world.assistant(), scope="notes:read notes:write"), world.newcomer()
        world.newcomer(client_name="Never connected")
        self._look_at_a_document(Authority(folder))
        unused = world.code(chatgpt, ada)
        self._connect(ada, newcomer, code_verifier=VERIFIER)
        tokens = self._connect(ada, chatgpt)
        self.now += A_WHILE
        self.renewed = {chatgpt.client_id: self.now}
        renewed = Tokens(**world.refresh(chatgpt, tokens.refresh_token).json())
        self.now += A_WHILE
        self._act(renewed)
        self._leave()
        self.connected = {chatgpt.client_id, newcomer.client_id}
        self.secret = {
            *(
                OPENAI["openai-ephemeral-user-id"],
                OPENAI["openai-subdivision-1-iso-code"],
                "looked-for",
                "searched-for",
            ),
            *(ada.email, ada.password, chatgpt.client_secret, newcomer.client_secret, unused),
            *(tokens.access_token, tokens.refresh_token, renewed.access_token, renewed.refresh_token),
        }

    def _connect(self, person: Person, assistant: Assistant, code_verifier: str | None = None) -> Tokens:
        code = self.world.code(assistant, person, **(PKCE if code_verifier else {}))
        return Tokens(**self.world.exchange(assistant, code=code, code_verifier=code_verifier).json())

    def _look_at_a_document(self, authority: Authority) -> None:
        """Somebody is asked for an assistant that is known by its own document, and does not connect it."""
        host = Host()
        with site(authority.serve_as(HOST), host.answer) as host.served:
            host.document = {"client_id": host.url, "client_name": "Claude", "redirect_uris": [CALLBACK]}
            believe(self.world, authority)
            form = hidden_fields(self.world.ask(host.client, **PKCE).text)
            page = self.world.decide(form, id_token=self.world.firebase.sign_in(self.world.person()))
        assert "Claude" in page.text

    def _leave(self) -> None:
        """One person deletes everything, another has only begun to, and the account of a third is disabled."""
        gone, going, disabled = (self.world.person() for _ in range(3))
        store = self.world.service.backends.leaving
        assert store.delete(gone.uid, self.now).finished_at
        store._begun(going.uid, self.now)  # type: ignore[attr-defined]  # as when it is killed right then
        store.account_disabled(disabled.uid, self.now)

    def _act(self, tokens: Tokens) -> None:
        """Every operation on notes and on the profile, by the address that the contract gives."""
        service, below, headers = self.world.service, f"/at/{Contract.load().digest}", tokens.bearer | OPENAI
        kept, doomed = (
            service.post(f"{below}/notes", json=BOOKMARK | {"content": content}, headers=headers).json()["id"]
            for content in ("kept", "doomed")
        )
        version = service.get(f"{below}/notes/{kept}", headers=headers).json()["version"]
        for answer in (
            service.call(
                "PATCH", f"{below}/notes/{kept}", json={"append": "more", "version": version}, headers=headers
            ),
            service.get(f"{below}/notes", params={"text": "looked-for"}, headers=headers),
            service.get(f"{below}/search", params={"query": "searched-for"}, headers=headers),
            service.call("DELETE", f"{below}/notes/{doomed}", headers=headers),
            service.get(f"{below}/profile", headers=headers),
        ):
            assert answer.status_code == 200, answer.text
        saved = McpClient(service, bearer=tokens.bearer).call("saveNote", title="By MCP", content="by MCP")
        assert saved["isError"] is False

    def claimed_of(self, collection: str, fields: Fields) -> tuple[str, datetime | None]:
        """Which claim of COLLECTION is about the document with these FIELDS, and the moment from which it counts."""
        created, used = time(fields, "createdAt"), time(fields, "usedAt")
        claimed: tuple[str, datetime | None]
        match collection, said(fields, "use") or said(fields, "kind"):
            case "oauthGrants", _:
                claimed = "A connection", self.renewed.get(said(fields, "clientId"), self.began)
            case "oauthCodes", _:
                claimed = ("A used one", used) if used else ("One that was not used", self.began)
            case "oauthTokens", "access":
                claimed = "An access token", created
            case "oauthTokens", _:
                claimed = ("A used refresh token", used) if used else ("A refresh token that was not used", created)
            case "oauthClients", kind if kind != "operator" and said(fields, "clientId") not in self.connected:
                claimed = "One that came by itself and was never connected", created
            case "oauthClients", _:
                claimed = "Any other", None
            case "accountDeletions", _:
                finished = time(fields, "finishedAt")
                claimed = ("A finished one", finished) if finished else ("One that is not", None)
            case "endedSessions", _:
                claimed = "A record", time(fields, "validSince")
            case "contractCalls", _:
                claimed = "A record", time(fields, "calledAt")
            case _:
                claimed = "A note", None
        return claimed


def stored(world: World) -> list[tuple[str, Fields]]:
    """Every document of every collection: the collection as the policy writes it, and its fields, raw."""
    documents = [found["document"] for found in json.loads(world.everything()) if "document" in found]
    found = [(one["name"].partition("/documents/")[2].rpartition("/")[0], one["fields"]) for one in documents]
    return [(re.sub(r"/[^/]+/", "/{uid}/", collection), fields) for collection, fields in found]


def paths(fields: Fields, before: str = "") -> Iterator[str]:
    for name, value in fields.items():
        inner = value.get("mapValue", {}).get("fields")
        yield from paths(inner, f"{before}{name}.") if inner else (before + name,)


def time(fields: Fields, name: str) -> datetime | None:
    moment = fields[name].get("timestampValue") if name in fields else None
    return datetime.fromisoformat(moment) if moment else None


def said(fields: Fields, name: str) -> str:
    text: str = fields.get(name, {}).get("stringValue", "")
    return text


def get(world: World, accept: str | None = None) -> requests.Response:
    return world.service.get("/privacy", headers={"Accept": accept})


def policy(world: World) -> dict[str, Any]:
    told: dict[str, Any] = get(world, "application/json").json()
    return told


@pytest.fixture(scope="module", params=[{}, OTHERWISE], ids=["by default", "configured otherwise"])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with worlds.world(**request.param) as world:
        yield Lived(world, tmp_path_factory.mktemp("authority"))


def test_what_is_stored_is_exactly_what_it_claims(lived: Lived) -> None:
    found = {(collection, path) for collection, fields in stored(lived.world) for path in paths(fields)}

    claims = policy(lived.world)["stored"]
    assert found == {
        (claim["collection"], field) for claim in claims for item in claim["items"] for field in item["fields"]
    }


def test_everything_is_kept_for_exactly_as_long_as_it_claims(lived: Lived) -> None:
    claims = {
        (claim["collection"], kept["which"]): kept.get("seconds")
        for claim in policy(lived.world)["stored"]
        for kept in claim["kept"]
    }
    seen = set()
    for collection, fields in stored(lived.world):
        which, moment = lived.claimed_of(collection, fields)
        seen.add((collection, which))
        seconds = claims[collection, which]
        end = moment + timedelta(seconds=seconds) if moment and seconds else None
        assert time(fields, "expireAt") == end, (collection, which)

    assert seen == claims.keys()


def test_what_it_says_is_not_stored_is_not_stored(lived: Lived) -> None:
    everything = lived.world.everything()

    assert OPENAI["openai-conversation-id"] in everything
    assert [secret for secret in lived.secret if secret in everything] == []


def test_disconnecting_and_deleting_leaves_the_fingerprints_of_tokens_and_nothing_else(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    world.save(world.connect(chatgpt, ada))
    world.code(chatgpt, ada)
    signed_in = {"Authorization": f"Bearer {world.firebase.sign_in(ada)}"}
    (connection,) = world.service.get("/me/connections", headers=signed_in).json()["connections"]

    answer = world.service.call("DELETE", f"/me/connections/{connection['id']}?notes=delete", headers=signed_in)

    assert answer.json() == {"deletedNotes": 1}
    left = [(collection, fields) for collection, fields in stored(world) if collection != "oauthClients"]
    assert {collection for collection, _ in left} == {"oauthTokens"}
    assert len(left) == 2


def test_its_words_follow_the_configuration(lived: Lived) -> None:
    is_default = lived.world.service.settings.code_lifetime == timedelta(minutes=1)
    lifetimes = ("1 minute", "1 hour", "30 days") if is_default else ("1 minute 15 seconds", "2 hours", "9 days")

    seen = Page(get(lived.world)).text

    for which, lifetime, moment in zip(
        ("Authorization codes", "An access token", "A refresh token that was not used"),
        lifetimes,
        ("after you allowed the assistant", "after it was issued", "after it was issued"),
        strict=True,
    ):
        assert re.search(rf"{which}.*? ?{lifetime} {moment}", seen), lifetime
    assert ("9 days" in seen) is not is_default


def test_the_page_says_all_that_the_document_says(world: World) -> None:
    def sentences(value: object) -> Iterator[str]:
        match value:
            case str():
                yield value
            case list():
                for inner in value:
                    yield from sentences(inner)
            case dict():
                for name, inner in value.items():
                    if name not in ("collection", "fields"):  # for programs
                        yield from sentences(inner)

    page, told = Page(get(world, "text/html")), policy(world)

    assert told.keys() >= {"disclaimer", "company", "contact", "app", "stored", "readers", "notStored", "logged"}
    assert [line for line in sentences(told) if line not in page.text] == []
    assert ("a", {"href": "mailto:privacy@example.com"}) in page.tags
    assert ("html", {"lang": "en"}) in page.tags
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip([0, *headings], headings, strict=False))


CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept",
    [
        CHROMIUM,
        "text/html",
        "*/*",
        None,
        "",
        "image/png",
        ";;,q=",
        "application/json, text/html",
        "text/html;q=0.9, application/json;q=0.8",
        "*/*, application/json;q=0",
    ],
)
def test_people_and_whoever_takes_anything_get_the_page(world: World, accept: str | None) -> None:
    answer = get(world, accept)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["Vary"] == "Accept"


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "Application/JSON",
        "application/*",
        "application/json, text/plain, */*",
        "application/json, */*;q=0.1",
        "text/html;q=0.8, application/json;q=0.9",
    ],
)
def test_programs_that_ask_for_json_get_json(world: World, accept: str) -> None:
    answer = get(world, accept)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Vary"] == "Accept"


def test_it_has_the_headers_of_every_page(world: World) -> None:
    def headers(path: str, accept: str) -> dict[str, str]:
        found = world.service.get(path, headers={"Accept": accept}).headers
        return {
            name: value for name, value in found.items() if name not in ("Date", "Content-Length", "Vary", "Connection")
        }

    assert headers("/privacy", "text/html") == headers("/", "text/html")
    assert headers("/privacy", "application/json") == headers("/health", "*/*")
    assert "default-src 'none'" in get(world).headers["Content-Security-Policy"]


def test_it_is_only_read(world: World) -> None:
    head = world.service.call("HEAD", "/privacy")
    refused = world.service.post("/privacy", data="x", headers={"Accept": "application/json"})

    assert (head.status_code, head.content) == (200, b"")
    assert refused.status_code == 405
    assert refused.json()["error"]["code"] == "method_not_allowed"


def test_markup_in_the_configuration_stays_text() -> None:
    evil = "<script>alert(1)</script>\"'&amp;"
    with worlds.world(company=f"C{evil}", app_name=f"A{evil}", contact=f"https://example.com/{evil}") as world:
        page, told = Page(get(world)), policy(world)

    assert (told["company"], told["app"], told["contact"]) == (f"C{evil}", f"A{evil}", f"https://example.com/{evil}")
    assert "script" not in [tag for tag, _ in page.tags]
    assert ("a", {"href": f"https://example.com/{evil}"}) in page.tags
    assert page.text.count(f"C{evil}") > 3
    assert page.text.count(f"A{evil}") > 3


def test_what_needs_no_sign_in_stores_nothing(world: World) -> None:
    chatgpt = world.assistant()
    before = stored(world)

    for path in ("/", "/privacy", "/connections", "/account", "/health", "/openapi.yaml", "/human_move?position_1=X"):
        assert world.service.get(path).status_code < 500
    assert world.ask(chatgpt).status_code == 200

    assert stored(world) == before


def test_no_endpoint_sets_a_cookie() -> None:
    with worlds.world(auth_helper_origin="https://localhost") as world:  # where nobody answers
        answers = [right.send(world.service.url) for right in rights(world)]

    assert len(answers) > 15
    assert [answer.url for answer in answers if "Set-Cookie" in answer.headers] == []
