"""An assistant finds what was saved: lists, searches, reads, page by page, whatever the phone has stored."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests

from scripts.verbs.journey import Person
from service.actions.notes import operations
from service.firestore_write import create, delete
from tests.assistant import BOTH, Caller, connected
from tests.world import AUTH, Tokens, World
from tests.world import world as new_world

URL = "https://example.com/"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for this file: every test has people and assistants of its own."""
    with new_world() as made:
        yield made


def ids(answer: Any) -> list[str]:
    return [note["id"] for note in answer.json()["notes"]]


def on_the_phone(world: World, person: Person, note_id: str, **fields: Any) -> str:
    """A note that the phone has written, in whatever shape."""
    when = {"createdAt": world.service.clock()}
    world.service.backends.documents.commit(create(f"users/{person.uid}/notes/{note_id}", when | fields))
    return note_id


def walk(caller: Caller, path: str, after: str | None = None, **query: Any) -> list[list[str]]:
    """The ids of all pages, those after AFTER."""
    pages, cursor = [], {"cursor": after} if after else {}
    while True:
        answer = caller.get(path, **query, **cursor)
        assert answer.status_code == 200, answer.text
        pages.append(ids(answer))
        if "nextCursor" not in answer.json():
            return pages
        cursor = {"cursor": answer.json()["nextCursor"]}
        assert len(pages) < 100


def test_the_newest_note_comes_first_as_a_preview(world: World) -> None:
    chatgpt = connected(world)
    first = chatgpt.save("word " * 1_000, "First", kind="quote", tags=["a"], sourceUrl=URL).json()
    second = chatgpt.save("short", "Second").json()

    notes = chatgpt.get("/notes").json()["notes"]

    assert [note["id"] for note in notes] == [second["id"], first["id"]]
    assert notes[0]["preview"] == "short"
    assert len(notes[1]["preview"]) <= 300
    assert notes[1]["preview"].endswith("…")
    assert not {"content", "version"} & notes[1].keys()  # who has not read a note does not replace it
    wanted = {"kind": "quote", "tags": ["a"], "sourceUrl": URL, "title": "First"}
    assert {name: notes[1][name] for name in wanted} == wanted
    assert (notes[1]["url"], notes[1]["createdAt"]) == (first["url"], first["createdAt"])


def test_a_list_asks_for_its_notes_beside_its_proof_and_a_search_after_it(world: World) -> None:
    chatgpt = connected(world)
    receipt = chatgpt.save().json()
    calls = world.service.counter.calls
    for path, query, wanted in (
        ("/notes", {}, ["RunQuery", "BatchGetDocuments"]),
        ("/search", {"query": "text"}, ["BatchGetDocuments", "RunQuery"]),
        (f"/notes/{receipt['id']}", {}, ["BatchGetDocuments"]),
    ):
        calls.clear()
        chatgpt.get(path, **query)
        assert calls == wanted


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "fedcba"),
        ({"kind": "quote"}, "eb"),
        ({"tag": "red"}, "eca"),
        ({"kind": "quote", "tag": "red"}, "e"),
        ({"text": "CAFE"}, "db"),
        ({"text": "cafe blue"}, "b"),
        ({"text": "green"}, "f"),
        ({"text": "unheard-of"}, ""),
        ({"kind": "video"}, ""),
        ({"tag": "re"}, ""),
        ({"limit": 2}, "fe"),
        ({"kind": "note", "text": "cafe"}, "d"),
    ],
    ids=str,
)
def test_a_list_is_narrowed(world: World, query: dict[str, Any], found: str) -> None:
    chatgpt = connected(world)
    names = {}
    for letter, content, more in (
        ("a", "one", {"tags": ["red"]}),
        ("b", "Café", {"kind": "quote", "tags": ["blue"]}),
        ("c", "three", {"tags": ["red", "blue"]}),
        ("d", "im café", {}),
        ("e", "five", {"kind": "quote", "tags": ["red"]}),
        ("f", "six", {"title": "Green"}),
    ):
        names[chatgpt.save(content, **more).json()["id"]] = letter

    assert "".join(names[note] for note in ids(chatgpt.get("/notes", **query))) == found


@pytest.mark.parametrize("query", [{}, {"text": "even"}, {"tag": "t"}])
def test_pages_hold_each_note_once_while_notes_come_and_go(world: World, query: dict[str, str]) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    saved = [chatgpt.save(f"even {n}", tags=["t"]).json()["id"] for n in range(11)]

    first = chatgpt.get("/notes", limit=4, **query)
    chatgpt.save("even newer", tags=["t"])  # a new one must not push others to the next page
    world.service.backends.documents.commit(delete(f"users/{ada.uid}/notes/{ids(first)[-1]}"))  # nor its end be lost
    pages = [ids(first), *walk(chatgpt, "/notes", first.json()["nextCursor"], limit=4, **query)]

    assert [note for page in pages for note in page] == saved[::-1]
    assert [len(page) for page in pages] == [4, 4, 3]


def test_notes_of_one_moment_are_paged_too(world: World) -> None:
    ada = world.person()
    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for n in range(7):
        on_the_phone(world, ada, f"n{n}", createdAt=moment, title="t", content="c")

    assert walk(connected(world, ada), "/notes", limit=3) == [["n6", "n5", "n4"], ["n3", "n2", "n1"], ["n0"]]


def test_nobody_sees_the_notes_of_somebody_else(world: World) -> None:
    ada, bob = connected(world), connected(world)
    receipt = ada.save("a secret word").json()

    assert ids(bob.get("/notes")) == []
    assert ids(bob.get("/search", query="secret")) == []
    theirs, missing = bob.get(f"/notes/{receipt['id']}"), bob.get(f"/notes/{'0' * 32}")
    assert (theirs.status_code, theirs.text) == (missing.status_code, missing.text)
    assert theirs.status_code == 404
    assert (bob.change(receipt, title="Mine").status_code, bob.delete(receipt["id"]).status_code) == (404, 404)
    assert ada.get(f"/notes/{receipt['id']}").json()["version"] == receipt["version"]


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "....", "é", "=", "a" * 2_100, "a" * 2_101, "null", _cursor("1 n") + "=", _cursor("1 n") + "A"),
        *map(_cursor, ("1", "n", " n", "1 ", "1 a/b", "1 ..", "1 __x__", "1\nn", "1 \ud800", '[1, "n"]')),
        *map(_cursor, ("1.5 n", "True n", "01 n", " 1 n", "+1 n", "1_0 n", "\u0661 n", "-0 n")),
        *map(_cursor, (f"{10**18} n", f"{-(10**18)} n", f"{'9' * 1_400} n")),
    ],
    ids=lambda cursor: cursor[:20],
)
@pytest.mark.parametrize("path", ["/notes", "/search?query=x"])
def test_a_forged_cursor_is_refused(reader: Caller, path: str, cursor: str) -> None:
    answer = reader.call(
        "GET", path.partition("?")[0], params={"cursor": cursor} | ({"query": "x"} if "?" in path else {})
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert answer.json()["error"]["message"].startswith("cursor: ")


def test_a_made_up_position_is_only_another_place_in_ones_own_notes(world: World) -> None:
    ada, bob = connected(world), connected(world)
    ada.save("hers")
    mine = [bob.save(str(n)).json()["id"] for n in range(2)]
    far = _cursor("4102444800000000 zzz")  # the year 2100

    assert ids(bob.get("/notes", cursor=far)) == mine[::-1]


def test_whatever_the_phone_has_stored_is_shown_within_bounds(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    wild = "\x01" * 100_000
    for n in range(30):
        on_the_phone(
            world, ada, f"wild{n}", title=wild, kind=wild, content=wild, sourceUrl=wild, tags=[wild[:5_000]] * 40
        )
    shapes: list[Any] = [None, 7, "", [], {"a": 1}, True, world.service.clock()]
    for n, value in enumerate(shapes):
        shape = dict.fromkeys(
            ("title", "content", "kind", "tags", "sourceUrl", "updatedAt", "lastChange", "source"), value
        )
        on_the_phone(world, ada, f"odd{n}", **shape)
    on_the_phone(world, ada, "mixed", tags=["a", 7, None])
    on_the_phone(world, ada, "plain", createdAt="yesterday")

    found = [note for page in walk(chatgpt, "/notes", limit=50) for note in page]

    assert sorted(found) == sorted([*(f"wild{n}" for n in range(30)), *(f"odd{n}" for n in range(7)), "mixed"])
    for note_id in found:
        note = chatgpt.get(f"/notes/{note_id}")
        assert note.status_code == 200
    assert chatgpt.get("/search", query="a").status_code == 200


@pytest.mark.parametrize(
    "content",
    ["word " * 20_000, '"\\\n' * 33_333, "😀" * 100_000, "é" * 100_000, "a😀\n" * 33_000],
    ids=["words", "escapes", "emoji", "accents", "mixed"],
)
def test_a_long_note_is_read_page_by_page_without_a_character_lost(world: World, content: str) -> None:
    chatgpt = connected(world)
    receipt = chatgpt.save(content).json()
    read, offset = "", 0
    for _ in range(9):
        page = chatgpt.get(f"/notes/{receipt['id']}", offset=offset).json()
        read += page["content"]
        assert page["length"] == len(content)
        if "nextOffset" not in page:
            break
        offset = page["nextOffset"]
        assert offset == len(read)

    assert read == content


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_a_note_whose_moment_is_none_disturbs_no_list(world: World, limit: int) -> None:
    ada = world.person()
    odd: list[Any] = [None, "2026-11-22T12:00:00Z", 1_795_336_632_573, True, {}, []]
    for n, moment in enumerate(odd):
        on_the_phone(world, ada, f"odd{n}", createdAt=moment)
    for n in range(5):
        on_the_phone(world, ada, f"n{n}", createdAt=datetime(2026, 11, 22, 12, n, tzinfo=UTC))
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    on_the_phone(world, ada, "first", createdAt=first)
    on_the_phone(world, ada, "last", createdAt=last)

    found = [note for page in walk(connected(world, ada), "/notes", limit=limit) for note in page]

    assert found == ["last", "n4", "n3", "n2", "n1", "n0", "first"]


def test_long_and_odd_ids_are_paged(world: World) -> None:
    ada = world.person()
    names = [
        "東" * 500,
        "😀" * 375,
        "é" * 100,
        "x" * 1_000,
        '"' * 1_500,
        "\\" * 1_500,
        "\x01" * 1_500,
        "a b",
        "__id-9__",
    ]
    for name in names:
        on_the_phone(world, ada, name)
    chatgpt = connected(world, ada)

    found = [note for page in walk(chatgpt, "/notes", limit=1) for note in page]

    assert sorted(found) == sorted(names)
    assert {chatgpt.get(f"/notes/{quote(name)}").status_code for name in names} == {200}


def test_a_tag_is_found_however_it_is_spelt_in_unicode(world: World) -> None:
    chatgpt = connected(world)
    saved = chatgpt.save(tags=["cafe\u0301"]).json()

    assert ids(chatgpt.get("/notes", tag="caf\u00e9")) == ids(chatgpt.get("/notes", tag="cafe\u0301")) == [saved["id"]]


def test_words_that_are_none_find_nothing(world: World) -> None:
    chatgpt = connected(world)
    chatgpt.save()

    assert ids(chatgpt.get("/notes", text="\u0301")) == ids(chatgpt.get("/search", query="\u0301")) == []


def test_a_note_can_be_read_from_anywhere(world: World) -> None:
    chatgpt = connected(world)
    note_id = chatgpt.save("0123456789").json()["id"]

    contents = [
        chatgpt.get(f"/notes/{note_id}", offset=offset).json()["content"] for offset in (0, 4, 10, 11, 9_999_999)
    ]

    assert contents == ["0123456789", "456789", "", "", ""]


def test_a_search_shows_the_passage_and_how_many_notes_it_looked_through(world: World) -> None:
    chatgpt = connected(world)
    note_id = chatgpt.save("filling " * 500 + "the Nadel im Heu " + "filling " * 500).json()["id"]
    chatgpt.save("nothing of it")

    answer = chatgpt.get("/search", query="nadel").json()

    assert [note["id"] for note in answer["notes"]] == [note_id]
    assert "Nadel im Heu" in answer["notes"][0]["preview"]
    assert answer["searched"] == 2
    assert "nextCursor" not in answer


def test_the_best_match_comes_first_and_a_limit_cuts_the_rest(world: World) -> None:
    chatgpt = connected(world)
    best = chatgpt.save("about tea", "Green tea").json()["id"]
    tagged = chatgpt.save("nothing", "Nothing", tags=["tea"]).json()["id"]
    for n in range(5):
        chatgpt.save(f"a steamer {n}")

    assert ids(chatgpt.get("/search", query="tea"))[:2] == [best, tagged]
    assert ids(chatgpt.get("/search", query="tea", limit=1)) == [best]
    assert ids(chatgpt.get("/search", query="tea", kind="quote")) == []


@pytest.mark.parametrize(("most", "characters"), [(3, 10**9), (10**9, 25)])
def test_a_search_that_stops_early_says_so_and_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, most: int, characters: int
) -> None:
    monkeypatch.setattr(operations, "_MOST_SEARCHED", most)
    monkeypatch.setattr(operations, "_MOST_SEARCHED_CHARACTERS", characters)
    chatgpt = connected(world)
    saved = [chatgpt.save(f"tea no {n:03}").json()["id"] for n in range(8)]

    pages = walk(chatgpt, "/search", query="tea")
    narrowed = walk(chatgpt, "/notes", text="007")

    assert sorted(note for page in pages for note in page) == sorted(saved)
    assert [len(page) for page in pages] == [3, 3, 2]
    assert narrowed == [[saved[7]], [], []]


def test_the_profile_says_which_account_is_connected(world: World) -> None:
    ada = world.person()

    profile = connected(world, ada).get("/profile")

    assert profile.json() == {"id": ada.uid, "email": ada.email, "app": "ItsimpleAI"}


def test_a_profile_is_short(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    url = f"http://{AUTH}/identitytoolkit.googleapis.com/v1/projects/{world.project}/accounts:update"
    named = {"localId": ada.uid, "displayName": "Ada " * 40_000}
    assert requests.post(url, json=named, headers={"Authorization": "Bearer owner"}, timeout=20).ok

    assert len(chatgpt.get("/profile").json()["name"]) == 300


def test_a_deleted_account_has_no_profile(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    url = f"http://{AUTH}/identitytoolkit.googleapis.com/v1/projects/{world.project}/accounts:delete"
    gone = requests.post(url, json={"localId": ada.uid}, headers={"Authorization": "Bearer owner"}, timeout=20)
    assert gone.ok

    answer = chatgpt.get("/profile")

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "method", ["GET /notes", "GET /search", "GET /notes/{id}", "GET /profile", "DELETE /notes/{id}"]
)
def test_a_connection_that_has_ended_reads_nothing(world: World, method: str) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    note_id = chatgpt.save().json()["id"]
    world.service.backends.connections.end(ada.uid, chatgpt.client.client_id)
    verb, _, path = method.partition(" ")

    answer = chatgpt.call(verb, path.replace("{id}", note_id), params={"query": "x"} if "search" in path else {})

    assert answer.status_code == 401
    assert len(world.notes(ada)) == 1


OPERATIONS = (
    *("GET /notes", "GET /search", "GET /notes/{id}", "GET /profile"),
    *("POST /notes", "PATCH /notes/{id}", "DELETE /notes/{id}"),
)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_token_that_was_never_issued_does_nothing(world: World, operation: str) -> None:
    """Whoever knows what stands in a token's head, and even its grant, has no token."""
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt, before = chatgpt.save().json(), world.notes(ada)
    head, _, tail = chatgpt.tokens.access_token.rpartition(".")
    method, _, path = operation.partition(" ")
    body = {"POST": {"title": "t", "content": "c"}, "PATCH": {"version": receipt["version"], "title": "t"}}.get(method)
    for forged in (f"{head}.{'A' * 43}", f"{head}.{tail[:-1]}{'A' if tail[-1] != 'A' else 'B'}"):
        answer = world.service.call(
            method,
            path.replace("{id}", receipt["id"]),
            params={"query": "text"} if path == "/search" else {},
            json=body,
            headers={"Authorization": f"Bearer {forged}"},
        )

        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert world.notes(ada) == before


def test_who_connected_for_notes_searches_too(world: World) -> None:
    """The challenge at /notes names `…/notes` as the resource: what a client then gets must be enough for all of them."""
    ada, client = world.person(), replace(world.assistant(), scope=BOTH)
    resource = f"{world.service.url}/notes"
    code = world.code(client, ada, resource=resource)
    tokens = Tokens(**world.exchange(client, code=code, resource=resource).json())
    chatgpt = Caller(world.service, tokens, client)

    answers = [chatgpt.get("/notes"), chatgpt.get("/search", query="x"), chatgpt.get("/profile"), chatgpt.save()]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 201]
    assert (
        "/.well-known/oauth-protected-resource/notes"
        in world.service.get("/search?query=x").headers["WWW-Authenticate"]
    )


def test_an_hour_later_the_token_reads_nothing(world: World) -> None:
    chatgpt = connected(world)
    world.service.clock.move(timedelta(hours=1, seconds=1))

    assert chatgpt.get("/notes").status_code == 401


def test_who_calls_too_often_is_told_when_to_call_again() -> None:
    with new_world(calls_per_minute=3) as world:
        chatgpt, other = connected(world), connected(world)
        answers = [chatgpt.get("/notes") for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[3].json()["error"]["code"] == "too_many_requests"
        assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
        assert other.get("/notes").status_code == 200
        world.service.clock.move(timedelta(seconds=60))
        assert chatgpt.get("/notes").status_code == 200


@pytest.fixture(scope="module")
def reader() -> Any:
    """One that only makes calls that are refused."""
    with new_world(calls_per_minute=100_000) as made:
        yield connected(made)
