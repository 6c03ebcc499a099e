"""What the MCP door answers to what is not right, by the specification's sections: status, and JSON-RPC's code."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests import world as worlds
from tests.mcp_client import HANDSHAKE, META, MODERN, McpClient, connected
from tests.world import World

LIST = {"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {"_meta": META}}
CALL = LIST | {"method": "tools/call", "params": {"_meta": META, "name": "playTicTacToe", "arguments": {}}}
OLD_LIST = {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}
OLD_CALL = OLD_LIST | {"method": "tools/call", "params": {"name": "playTicTacToe", "arguments": {}}}
PLAIN = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
OLD = PLAIN | {"MCP-Protocol-Version": HANDSHAKE}
NEW = PLAIN | {"MCP-Protocol-Version": MODERN}
LISTING = NEW | {"Mcp-Method": "tools/list"}
CALLING = NEW | {"Mcp-Method": "tools/call", "Mcp-Name": "playTicTacToe"}
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
HOSTS = ("https://chatgpt.com", "https://chat.openai.com", "https://claude.ai", "https://claude.com")
UNUSABLE: list[Any] = [None, True, 1.5, [], {}]
NOTE = {"title": "Café names", "content": "1. **Crema** ☕\n"}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with worlds.world() as made:
        yield made


def post(world: World, body: object, headers: dict[str, str]) -> requests.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return world.service.post("/mcp", data=raw, headers=headers)


def refusal(answer: requests.Response) -> tuple[int, int, Any]:
    """Status, code and id of a JSON-RPC error, which says something and nothing more than it must."""
    body = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert body.keys() == {"jsonrpc", "id", "error"}
    assert {"code", "message"} <= body["error"].keys() <= {"code", "message", "data"}
    assert body["error"]["message"].endswith(".")
    return answer.status_code, body["error"]["code"], body["id"]


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(OLD_CALL | {"params": {"name": "getNote", "arguments": {"id": "\ud800"}}}).encode(),
        json.dumps(OLD_LIST | {"id": "\udfff"}).encode(),
        b'{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"a": 1, "a": 2}}',
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"1" * 5000,
        json.dumps(LIST).encode("utf-16"),
    ],
    ids=lambda raw: repr(raw)[:16],
)
def test_what_is_no_json(world: World, raw: bytes) -> None:
    """JSON-RPC 2.0 section 5.1; 2026-07-28, Transports, "Sending messages": UTF-8 JSON, else 400."""
    for headers in (LISTING, OLD):
        assert refusal(post(world, raw, headers)) == (400, PARSE_ERROR, None)


@pytest.mark.parametrize(
    ("body", "its_id"),
    [
        *((body, None) for body in ([], [OLD_LIST], [OLD_LIST, OLD_CALL], 7, "a", None, True)),
        (OLD_LIST | {"jsonrpc": "1.0"}, 7),
        ({"id": 7, "method": "ping"}, 7),
        ({"jsonrpc": "2.0", "id": 7}, 7),
        ({"jsonrpc": "2.0", "id": 7, "result": {}}, 7),
        (OLD_LIST | {"method": None}, 7),
        *((OLD_LIST | {"id": unusable}, None) for unusable in UNUSABLE),
    ],
    ids=str,
)
def test_what_is_no_message(world: World, body: object, its_id: int | None) -> None:
    """JSON-RPC 2.0 section 4; 2025-06-18, Changes 1 and 2026-07-28, Transports: one message a body, no batch."""
    for headers in (LISTING, OLD, PLAIN):
        assert refusal(post(world, body, headers)) == (400, INVALID_REQUEST, its_id)


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (LIST, LISTING | {"MCP-Protocol-Version": "2027-01-01"}, HEADER_MISMATCH),
        (LIST, LISTING | {"MCP-Protocol-Version": ""}, HEADER_MISMATCH),
        (LIST, LISTING | {"MCP-Protocol-Version": HANDSHAKE}, HEADER_MISMATCH),
        (CALL, OLD | {"Mcp-Method": "tools/list", "Mcp-Name": "zzz"}, HEADER_MISMATCH),
        (LIST, PLAIN | {"Mcp-Method": "tools/list"}, HEADER_MISMATCH),
        (LIST, NEW, HEADER_MISMATCH),
        (LIST, LISTING | {"Mcp-Method": "tools/call"}, HEADER_MISMATCH),
        (LIST, LISTING | {"Mcp-Method": "Tools/List"}, HEADER_MISMATCH),
        (CALL, NEW | {"Mcp-Method": "tools/call"}, HEADER_MISMATCH),
        (CALL, CALLING | {"Mcp-Name": "saveNote"}, HEADER_MISMATCH),
        (CALL, CALLING | {"Mcp-Name": "=?base64?c2F2ZU5vdGU=?="}, HEADER_MISMATCH),
        (CALL, CALLING | {"Mcp-Name": "=?base64?%%%?="}, HEADER_MISMATCH),
        (LIST | {"params": {}}, LISTING, INVALID_PARAMS),
        ({"jsonrpc": "2.0", "id": 7, "method": "tools/list"}, LISTING, INVALID_PARAMS),
        (LIST | {"params": {"_meta": {}}}, LISTING, INVALID_PARAMS),
        (LIST | {"params": []}, LISTING, INVALID_PARAMS),
        (
            LIST | {"params": {"_meta": META | {"io.modelcontextprotocol/clientCapabilities": []}}},
            LISTING,
            INVALID_PARAMS,
        ),
    ],
    ids=str,
)
def test_headers_and_meta_that_do_not_agree(
    world: World, body: dict[str, Any], headers: dict[str, str], code: int
) -> None:
    """2026-07-28, Transports, "Server validation of headers", and Base protocol, "Per-request metadata": 400."""
    assert refusal(post(world, body, headers)) == (400, code, 7)


def test_a_version_that_nobody_knows(world: World) -> None:
    """2026-07-28, Versioning: 400 with -32022, what is supported and what was asked; 2025-11-25, Transports: 400."""
    meta = META | {"io.modelcontextprotocol/protocolVersion": "2099-01-01"}
    answer = post(world, LIST | {"params": {"_meta": meta}}, LISTING | {"MCP-Protocol-Version": "2099-01-01"})

    assert refusal(answer) == (400, UNSUPPORTED_VERSION, 7)
    data = answer.json()["error"]["data"]
    assert (data["requested"], data["supported"][0]) == ("2099-01-01", MODERN)
    for version in ("2024-11-05", "2025-03-26", "x"):
        old = post(world, OLD_LIST, OLD | {"MCP-Protocol-Version": version})
        assert refusal(old) == (400, UNSUPPORTED_VERSION, 7)


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "resources/list", "prompts/get", "x", ""])
def test_a_method_that_is_not_there_since_2026(world: World, method: str) -> None:
    """2026-07-28, Transports: 404 with -32601, also for what the revision has removed."""
    assert refusal(post(world, LIST | {"method": method}, NEW | {"Mcp-Method": method})) == (404, METHOD_NOT_FOUND, 7)


@pytest.mark.parametrize("method", ["server/discover", "logging/setLevel", "resources/list", "sampling/createMessage"])
def test_a_method_that_is_not_there_before(world: World, method: str) -> None:
    """JSON-RPC 2.0 section 5.1; in the era of the handshake the answer to a request is a 200."""
    assert refusal(post(world, OLD_LIST | {"method": method}, OLD)) == (200, METHOD_NOT_FOUND, 7)


@pytest.mark.parametrize("version", [7, None, ["2025-11-25"]], ids=str)
def test_an_opening_that_says_no_version(world: World, version: object) -> None:
    """2025-11-25, Lifecycle, "Version negotiation": protocolVersion is a string."""
    opening = {"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": {"protocolVersion": version}}

    assert refusal(post(world, opening, PLAIN)) == (200, INVALID_PARAMS, 7)


@pytest.mark.parametrize("name", ["saveNotes", "", None, 7, ["saveNote"]], ids=str)
def test_a_tool_that_is_not_there(world: World, name: object) -> None:
    """2025-11-25 and 2026-07-28, Tools, "Error handling": an unknown tool is -32602."""
    assert refusal(post(world, OLD_CALL | {"params": {"name": name}}, OLD)) == (200, INVALID_PARAMS, 7)
    if isinstance(name, str):
        new = CALL | {"params": {"_meta": META, "name": name}}
        assert refusal(post(world, new, CALLING | {"Mcp-Name": name})) == (400, INVALID_PARAMS, 7)


@pytest.mark.parametrize("arguments", [[], "x", 7, None, True], ids=str)
def test_arguments_that_are_no_object(world: World, arguments: object) -> None:
    """2026-07-28, Tools, CallToolRequest: arguments is an object."""
    params = {"_meta": META, "name": "playTicTacToe", "arguments": arguments}

    assert refusal(post(world, CALL | {"params": params}, CALLING)) == (400, INVALID_PARAMS, 7)


@pytest.mark.parametrize("version", [MODERN, HANDSHAKE])
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("saveNote", {}),
        ("saveNote", {"title": "t"}),
        ("saveNote", NOTE | {"more": 1}),
        ("saveNote", NOTE | {"kind": "song"}),
        ("saveNote", NOTE | {"title": None}),
        ("saveNote", NOTE | {"content": "x" * 100_001}),
        ("saveNote", NOTE | {"tags": [[[[]]]]}),
        ("listNotes", {"limit": "5"}),
        ("listNotes", {"limit": 1.5}),
        ("listNotes", {"limit": 51}),
        ("listNotes", {"cursor": "nonsense"}),
        ("getNote", {}),
        ("getNote", {"id": "a/b"}),
        ("getNote", {"id": "../../u2/notes/x"}),
        ("getNote", {"id": "."}),
        ("getNote", {"id": "x" * 1501}),
        ("fetch", {"id": "a/b"}),
        ("fetch", {"id": "x", "offset": 1}),
        ("search", {"query": ""}),
        ("search", {"query": "x", "limit": 3}),
        ("updateNote", {"id": "x", "version": "1"}),
        ("updateNote", {"id": "x", "version": 1}),
        ("getProfile", {"id": "x"}),
        ("playTicTacToe", {"position_1": "x"}),
        ("playTicTacToe", {"position_10": 7}),
        ("playTicTacToe", {"position_1": "X", "position_2": "X", "position_3": "X", "position_4": "X"}),
    ],
    ids=str,
)
def test_arguments_outside_the_schema(
    known: McpClient, world: World, version: str, tool: str, arguments: dict[str, Any]
) -> None:
    """2025-11-25 and 2026-07-28, Tools, "Error handling": what a model can put right is a result with isError."""
    client = McpClient(world.service, version, known.bearer)

    refused = client.call(tool, **arguments)

    assert refused["isError"] is True
    assert "structuredContent" not in refused
    (text,) = refused["content"]
    assert text["type"] == "text"
    assert len(text["text"]) < 1000
    assert "x" * 100 not in text["text"]


@pytest.fixture(scope="module")
def known(world: World) -> McpClient:
    return connected(world)[0]


def test_a_whole_number_may_have_a_point(known: McpClient) -> None:
    """JSON Schema 2020-12, Validation 6.1.1: 5.0 is an integer."""
    known.call("saveNote", **NOTE)

    assert known.call("listNotes", limit=1.0)["isError"] is False
    assert known.call("listNotes", limit=1e0)["structuredContent"]["notes"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_another_content_type(world: World, kind: str) -> None:
    """2026-07-28, Transports: the body is application/json; RFC 9110 section 15.5.16."""
    assert refusal(post(world, LIST, LISTING | {"Content-Type": kind})) == (415, INVALID_REQUEST, None)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        *((accept, 406) for accept in ("text/html", "text/event-stream", "application/json;q=0", "image/*")),
        *(
            (accept, 200)
            for accept in ("application/json", "*/*", "application/*", "", "text/event-stream, application/json")
        ),
    ],
)
def test_what_the_client_takes(world: World, accept: str, status: int) -> None:
    """2026-07-28, Transports: a client accepts both types, of which we answer JSON; RFC 9110 section 12.5.1."""
    assert post(world, LIST, LISTING | {"Accept": accept}).status_code == status


def test_space_around_a_header_is_none_of_it(world: World) -> None:
    """RFC 9110 section 5.5."""
    assert post(world, CALL, CALLING | {"Mcp-Method": "tools/call  ", "Mcp-Name": "playTicTacToe\t"}).status_code == 200


def test_a_content_type_with_its_charset(world: World) -> None:
    assert post(world, LIST, LISTING | {"Content-Type": "Application/JSON; charset=UTF-8"}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        *(
            (origin, 403)
            for origin in (
                "https://evil.example",
                "null",
                "http://localhost.evil.example",
                "https://claude.ai.evil.example",
            )
        ),
        *((origin, 200) for origin in ("http://localhost:6274", "http://127.0.0.1", "http://[::1]:6274", *HOSTS)),
    ],
)
def test_a_page_that_calls_from_elsewhere(world: World, origin: str, status: int) -> None:
    """2025-06-18 and later, Transports, "Security warning": Origin is validated, 403 when it is not allowed."""
    answer = post(world, LIST, LISTING | {"Origin": origin})

    assert answer.status_code == status
    if status == 403:
        assert refusal(answer) == (403, INVALID_REQUEST, None)


def test_a_page_of_our_own_may_call() -> None:
    with worlds.world(public_url="https://mate.example.com") as world:
        assert post(world, LIST, LISTING | {"Origin": "https://mate.example.com"}).status_code == 200


def test_ten_megabytes(world: World) -> None:
    """RFC 9110 section 15.5.14; the answer is a JSON-RPC error, as of every request of the door."""
    large = CALL | {"params": {"_meta": META, "name": "saveNote", "arguments": NOTE | {"content": "x" * 10_000_000}}}

    assert refusal(post(world, large, CALLING | {"Mcp-Name": "saveNote"})) == (413, INVALID_REQUEST, None)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD"])
def test_only_post_is_there(world: World, method: str) -> None:
    """2026-07-28, Transports: sessions and streams are gone; 2025-11-25: 405 says that there is no stream."""
    answer = world.service.call(method, "/mcp", headers={"Accept": "text/event-stream", "Mcp-Session-Id": "s"})

    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer x", "Basic eDp5", "x", "", "Bearer a b"])
@pytest.mark.parametrize("body", [LIST, CALL], ids=["tools/list", "tools/call"])
def test_a_token_that_is_none(world: World, authorization: str, body: dict[str, Any]) -> None:
    """2026-07-28, Authorization, "Token handling": a bad token is a 401 with a challenge, even where none is needed."""
    headers = (LISTING if body is LIST else CALLING) | {"Authorization": authorization}
    answer = post(world, body, headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert "resource_metadata=" in answer.headers["WWW-Authenticate"]
    assert answer.json()["id"] == 7


def test_notifications_want_no_answer_whatever_they_say(world: World) -> None:
    """JSON-RPC 2.0 section 4.1; 2025-11-25, Transports: 202 without a body."""
    for method in ("notifications/initialized", "notifications/cancelled", "notifications/anything", "tools/call"):
        for headers in (OLD, NEW):
            told = post(world, {"jsonrpc": "2.0", "method": method, "params": {"name": "playTicTacToe"}}, headers)
            assert (told.status_code, told.content) == (202, b"")
    assert "Mcp-Session-Id" not in told.headers
