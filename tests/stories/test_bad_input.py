"""Garbage at every door: a clear refusal in that door's shape, nothing stored, and never a 500."""

import json
import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from scripts.verbs.journey import Person
from service.contract import Contract
from service.errors import ActionError
from tests.assistant import connected
from tests.world import CALLBACK, Tokens, World, answer_of
from tests.world import world as new_world


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """One world for this file: refused requests leave nothing behind, which is what each test asserts."""
    with new_world(failures_per_minute=100_000, calls_per_minute=100_000) as made:
        yield made


@pytest.fixture(scope="module")
def ada(shared: World) -> Person:
    return shared.person()


@pytest.fixture(scope="module")
def tokens(shared: World, ada: Person) -> Tokens:
    return shared.connect(shared.assistant(), ada)


@pytest.fixture(scope="module")
def reader(shared: World, ada: Person) -> Tokens:
    return connected(shared, ada).tokens


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@pytest.mark.parametrize("change", ["missing", "empty", "twice"])
def test_a_request_that_cannot_be_trusted_gets_a_page(shared: World, name: str, change: str) -> None:
    chatgpt = shared.assistant("ChatGPT", CALLBACK, f"{CALLBACK}2")
    pairs = [("response_type", "code"), ("client_id", chatgpt.client_id), ("redirect_uri", CALLBACK), ("state", "s")]
    value = dict(pairs)[name]
    pairs = [pair for pair in pairs if pair[0] != name]
    pairs += {"missing": [], "empty": [(name, "")], "twice": [(name, value)] * 2}[change]

    answer = shared.service.get("/authorization", params=pairs)

    assert (answer.status_code, answer.headers.get("Location")) == (400, None)
    assert name in answer.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "notes:write admin"}, "invalid_scope"),
        ({"state": "a\nb"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": "x" * 43}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
    ],
    ids=str,
)
def test_other_errors_go_back_to_the_assistant_after_sign_in(
    shared: World, ada: Person, changed: dict[str, str | None], error: str
) -> None:
    answer = answer_of(shared.allow(shared.assistant(), ada, **changed))

    assert answer["error"] == error
    assert answer["iss"] == shared.service.url
    assert answer.get("state") == changed.get("state", "s-1")


@pytest.mark.parametrize("query", ["client_id=%ff", "%", "&&&", "=", "a=1&" * 100, "client_id=\xff"])
def test_a_query_that_is_no_form(shared: World, query: str) -> None:
    answer = shared.service.get(f"/authorization?{query}")

    assert answer.status_code == 400
    assert "This link does not work" in answer.text


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b"", "application/x-www-form-urlencoded", "invalid_client"),
        (b"grant_type=%ff", "application/x-www-form-urlencoded", "invalid_request"),
        (b"\xff\xfe", "application/x-www-form-urlencoded", "invalid_request"),
        (b"a=1&" * 100, "application/x-www-form-urlencoded", "invalid_request"),
        (b'{"grant_type":"authorization_code"}', "application/json", "invalid_request"),
        (b"client_id=a&client_secret=b", "text/plain", "invalid_request"),
        (b"client_id=a&client_secret=b", "", "invalid_request"),
        (b"client_id=a&client_id=a&client_secret=b", "application/x-www-form-urlencoded", "invalid_request"),
        (b"client_id=a%2Fb&client_secret=b", "application/x-www-form-urlencoded", "invalid_client"),
        (b"client_id=a&client_secret=%00", "application/x-www-form-urlencoded", "invalid_client"),
        (b"client_id=" + b"x" * 60_000 + b"&client_secret=b", "application/x-www-form-urlencoded", "invalid_client"),
    ],
)
def test_a_token_request_that_is_no_form(shared: World, body: bytes, content_type: str, error: str) -> None:
    answer = shared.service.post("/token", data=body, headers={"Content-Type": content_type})

    assert answer.status_code == (401 if error == "invalid_client" else 400)
    assert answer.json()["error"] == error
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": 'a"é'}, 400, "unsupported_grant_type"),
        ({"code": None}, 400, "invalid_request"),
        ({"code": "unknown"}, 400, "invalid_grant"),
        ({"code": "\x00/../\ud83d\ude00"}, 400, "invalid_grant"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_id": None}, 401, "invalid_client"),
    ],
    ids=ascii,
)
def test_a_token_request_with_a_wrong_field(
    shared: World, changed: dict[str, str | None], status: int, error: str
) -> None:
    fields = {
        name: value and value.encode("utf-16", "surrogatepass").decode("utf-16") for name, value in changed.items()
    }

    answer = shared.exchange(shared.assistant(), **({"code": "x"} | fields))

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_secrets_in_the_address_are_never_read(shared: World) -> None:
    chatgpt = shared.assistant()
    code = shared.code(chatgpt, shared.person())
    query = {"client_id": chatgpt.client_id, "client_secret": chatgpt.client_secret}
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}

    assert shared.service.post("/token", params=query, data=form).status_code == 401
    assert shared.service.post("/token", data=query, params=form).status_code == 400


def test_two_ways_to_authenticate_are_one_too_many(shared: World) -> None:
    chatgpt = shared.assistant()
    form = {"grant_type": "authorization_code", "code": "x"}
    pair = (chatgpt.client_id, chatgpt.client_secret)

    both = shared.service.post("/token", data=form | {"client_secret": chatgpt.client_secret}, auth=pair)
    wrong = shared.service.post("/token", data=form, auth=(chatgpt.client_id, "wrong"))

    assert both.json()["error"] == "invalid_request"
    assert (wrong.status_code, wrong.headers["WWW-Authenticate"]) == (401, 'Basic realm="token"')


@pytest.mark.parametrize(
    ("note", "field"),
    [
        ({}, "title"),
        ({"title": "t"}, "content"),
        ({"title": "t", "content": None}, "content"),
        ({"title": "t", "content": 7}, "content"),
        ({"title": ["t"], "content": "c"}, "title"),
        ({"title": "", "content": "c"}, "title"),
        ({"title": " \t ", "content": "c"}, "title"),
        ({"title": "\u00a0\u3000", "content": "c"}, "title"),
        ({"title": "a\nb", "content": "c"}, "title"),
        ({"title": "a\u0085b", "content": "c"}, "title"),
        ({"title": "a\u2028b", "content": "c"}, "title"),
        ({"title": "\u009f", "content": "c"}, "title"),
        ({"title": "x" * 301, "content": "c"}, "title"),
        ({"title": "x" * 1_000_000, "content": "c"}, "title"),
        ({"title": "t", "content": ""}, "content"),
        ({"title": "t", "content": "x" * 100_001}, "content"),
        ({"title": "t", "content": "a\x00b"}, "content"),
        ({"title": "t", "content": "a\x1bb"}, "content"),
        ({"title": "t", "content": "c", "uid": "someone"}, "uid"),
        ({"title": "t", "content": "c", "kind": "poem"}, "kind"),
        ({"title": "t", "content": "c", "kind": None}, "kind"),
        ({"title": "t", "content": "c", "kind": "bookmark"}, "sourceUrl"),
        ({"title": "t", "content": "c", "kind": "bookmark", "sourceUrl": ""}, "sourceUrl"),
        ({"title": "t", "content": "c", "sourceUrl": "javascript:alert(1)"}, "sourceUrl"),
        ({"title": "t", "content": "c", "sourceUrl": "https://ada:secret@example.com/"}, "sourceUrl"),
        ({"title": "t", "content": "c", "sourceUrl": "https://example.com/a b"}, "sourceUrl"),
        ({"title": "t", "content": "c", "sourceUrl": "https://example.com/\u2028"}, "sourceUrl"),
        ({"title": "t", "content": "c", "sourceUrl": "https://example.com/\\..\\"}, "sourceUrl"),
        ({"title": "t", "content": "c", "sourceUrl": "https://example.com/" + "x" * 2_030}, "sourceUrl"),
        ({"title": "t", "content": "c", "sourceUrl": ["https://example.com/"]}, "sourceUrl"),
        ({"title": "t", "content": "c", "tags": "tag"}, "tags"),
        ({"title": "t", "content": "c", "tags": ["t"] * 10_000}, "tags"),
        ({"title": "t", "content": "c", "tags": [""]}, "tags.0"),
        ({"title": "t", "content": "c", "tags": ["a", " "]}, "tags.1"),
        ({"title": "t", "content": "c", "tags": ["x" * 51]}, "tags.0"),
        ({"title": "t", "content": "c", "tags": ["a\nb"]}, "tags.0"),
        ({"title": "t", "content": "c", "tags": [None]}, "tags.0"),
        ({"title": "t", "content": "c", "tags": {"a": "b"}}, "tags"),
        ([], "The body"),
        ("text", "The body"),
        (None, "The body"),
        (7, "The body"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_note_outside_the_contract(shared: World, tokens: Tokens, note: Any, field: str) -> None:
    answer = shared.service.post("/notes", data=json.dumps(note), headers=tokens.bearer | _JSON)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "invalid_request"
    assert field in error["message"]
    assert len(error["message"]) <= 301
    _assert_nothing_stored(shared)


_JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("/notes", "kind=poem", "kind"),
        ("/notes", "kind=", "kind"),
        ("/notes", "kind=note&kind=quote", "twice"),
        ("/notes", "limit=0", "limit"),
        ("/notes", "limit=51", "limit"),
        ("/notes", "limit=-1", "limit"),
        ("/notes", "limit=1.5", "limit"),
        ("/notes", "limit=ten", "limit"),
        ("/notes", "limit=" + "9" * 400, "limit"),
        ("/notes", "limit=%D9%A1", "limit"),  # an Arabic one
        ("/notes", "text=", "text"),
        ("/notes", "text=%20", "text"),
        ("/notes", "text=a%00b", "text"),
        ("/notes", "text=" + "x" * 201, "text"),
        ("/notes", "text=%ff", "UTF-8"),
        ("/notes", "text=%ED%A0%80", "UTF-8"),  # a lone surrogate
        ("/notes", "tag=" + "x" * 51, "tag"),
        ("/notes", "uid=someone", "Known ones: kind, tag, text, limit, cursor"),
        ("/notes", "&".join(f"a{n}=1" for n in range(60)), "too long"),
        ("/search", "", "query"),
        ("/search", "query=", "query"),
        ("/search", "query=a%0Ab", "query"),
        ("/search", "query=a&limit=21", "limit"),
        ("/notes/x", "offset=-1", "offset"),
        ("/notes/x", "offset=10000001", "offset"),
        ("/notes/x", "id=y", "twice"),
        ("/profile", "uid=someone", "Known ones: none"),
    ],
)
def test_a_query_outside_the_contract(shared: World, reader: Tokens, path: str, query: str, named: str) -> None:
    answer = shared.service.get(f"{path}?{query}", headers=reader.bearer)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert named in answer.json()["error"]["message"]
    assert "someone" not in answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"\xff\xfe{}", "invalid_json"),
        (b'{"title":"\xe9","content":"c"}', "invalid_json"),
        (b'{"title":NaN,"content":"c"}', "invalid_request"),
        (b'{"title":"t","content":"\\ud800"}', "invalid_text"),
        (b'{"\\udfff":1}', "invalid_text"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"title":' * 500 + b"1" + b"}" * 500, "invalid_json"),
        (b'{"title":' + b"9" * 10_000 + b"}", "invalid_json"),
        (b'{"title":"t","content":"c","title":"u"}', "invalid_json"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_body_that_is_no_json(shared: World, tokens: Tokens, body: bytes, code: str) -> None:
    answer = shared.service.post("/notes", data=body, headers=tokens.bearer | _JSON)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    _assert_nothing_stored(shared)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
def test_a_body_of_another_type(shared: World, tokens: Tokens, content_type: str) -> None:
    body = b'{"title":"t","content":"c"}'

    answer = shared.service.post("/notes", data=body, headers=tokens.bearer | {"Content-Type": content_type})

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("items", [1, '""', "null", "{}"])
def test_a_body_with_a_million_faults_is_refused_for_the_first(items: str) -> None:
    """Before the token is proven: whoever could make a list of them all would need no account to fill the memory."""
    body = ('{"title":"t","content":"c","tags":[' + ",".join([str(items)] * 300_000) + "]}").encode()
    save = Contract.load().operations["saveNote"]
    tracemalloc.start()
    try:
        with pytest.raises(ActionError) as refused:
            save.read_body(body, "application/json")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert refused.value.status == 400
    assert peak < 60_000_000  # a list of 300,000 errors takes several times that


def test_a_body_larger_than_any_note(shared: World, tokens: Tokens) -> None:
    body = json.dumps({"title": "t", "content": "x" * 1_600_000})

    answer = shared.service.post("/notes", data=body, headers=tokens.bearer | _JSON)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_the_largest_note_in_its_longest_spelling_fits(world: World) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)
    content = "😀" * 100_000

    saved = world.service.post(
        "/notes", data=json.dumps({"title": "t" * 300, "content": content}), headers=tokens.bearer | _JSON
    )

    assert saved.status_code == 201
    assert world.notes(ada)[0]["content"] == content


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/notes", 405),
        ("DELETE", "/notes", 405),
        ("POST", "/notes/x", 405),
        ("GET", "/notes/x/y", 404),
        ("GET", "/at/0123456789ab/token", 404),
        ("GET", "/at/0123/notes", 404),
        ("GET", "/token", 405),
        ("PUT", "/authorization", 405),
        ("GET", "/nothing", 404),
        ("POST", "/health", 405),
        ("GET", "/assets/x/y", 404),
        ("GET", "/assets/x/..%2f..%2fmain.py", 404),
        ("GET", "/__/auth/../../x", 404),
        ("GET", "/__/auth/other.js", 404),
    ],
)
def test_addresses_that_take_no_such_request(shared: World, method: str, path: str, status: int) -> None:
    answer = shared.service.call(method, path, headers={"Accept": "application/json"})

    assert answer.status_code == status
    if path == "/authorization":
        assert answer.headers["Content-Type"].startswith("text/html")
    else:
        assert answer.json()["error"]


def test_random_bytes_at_every_door(shared: World, tokens: Tokens) -> None:
    dice = random.Random(7)  # noqa: S311  # repeatable garbage
    for _ in range(150):
        path = dice.choice(["/notes", "/token", "/authorization"])
        types = ["application/json", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "é"]
        headers = {"Content-Type": dice.choice(types).encode("latin-1")} | dice.choice([{}, tokens.bearer])
        answer = shared.service.post(path, data=dice.randbytes(dice.randrange(200)), headers=headers)
        assert 400 <= answer.status_code < 500, (path, headers, answer.text)


def _assert_nothing_stored(world: World) -> None:
    found: requests.Response = requests.post(
        f"http://{world.service.settings.firestore_emulator}/v1/projects/{world.project}/databases/(default)/documents:runQuery",
        json={"structuredQuery": {"from": [{"collectionId": "notes", "allDescendants": True}]}},
        headers={"Authorization": "Bearer owner"},
        timeout=20,
    )
    assert not any("document" in row for row in found.json())
