"""The MCP door, as its clients knock: both eras, with and without sign-in."""

import json
import logging
import re
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest
import requests

from service.actions.registry import OPERATIONS
from service.contract import Contract
from tests import world as worlds
from tests.mcp_client import HANDSHAKE, MODERN, McpClient, connected
from tests.world import World

NOTE = {"title": "Café names", "content": "1. **Crema** ☕\n"}


@pytest.fixture(params=[MODERN, HANDSHAKE])
def version(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def test_save_it_and_it_is_there_with_its_receipt_and_once(world: World, version: str) -> None:
    client, ada = connected(world, version)

    first, again = client.call("saveNote", **NOTE), client.call("saveNote", **NOTE)

    receipt = first["structuredContent"]
    assert json.loads(first["content"][0]["text"]) == receipt
    assert (receipt["created"], again["structuredContent"]["created"]) == (True, False)
    assert receipt["id"] == again["structuredContent"]["id"]
    (note,) = world.notes(ada)
    assert (note["title"], note["content"]) == (NOTE["title"], NOTE["content"])


def test_a_save_is_one_commit(world: World, version: str) -> None:
    client, _ = connected(world, version)
    world.service.counter.calls.clear()

    client.call("saveNote", **NOTE)

    assert world.service.counter.calls == ["Commit"]


def test_the_tools_are_the_operations(world: World, version: str) -> None:
    tools = McpClient(world.service, version).result("tools/list")["tools"]

    assert [tool["name"] for tool in tools] == [*(made.operation_id for made in OPERATIONS), "search", "fetch"]
    for tool in tools:
        assert set(tool["annotations"]) == {
            "title",
            "readOnlyHint",
            "destructiveHint",
            "idempotentHint",
            "openWorldHint",
        }
        for schema in (tool["inputSchema"], tool["outputSchema"]):
            assert schema["type"] == "object"
            jsonschema_rs.Draft202012Validator(schema)


def test_every_result_is_as_its_tool_says(world: World) -> None:
    client, _ = connected(world, MODERN)
    schemas = {tool["name"]: tool["outputSchema"] for tool in client.result("tools/list")["tools"]}
    note = client.call("saveNote", **NOTE)["structuredContent"]
    same = {"id": note["id"]}

    for name, arguments in (
        ("listNotes", {}),
        ("searchNotes", {"query": "crema"}),
        ("getNote", same),
        ("getProfile", {}),
        ("search", {"query": "crema"}),
        ("fetch", same),
        ("playTicTacToe", {"position_5": "X"}),
        ("updateNote", same | {"version": note["version"], "append": "2. Grounds"}),
        ("deleteNote", same),
    ):
        found = client.call(name, **arguments)
        assert found["isError"] is False, found
        jsonschema_rs.Draft202012Validator(schemas[name]).validate(found["structuredContent"])


def test_the_opening_says_save_it_at_its_beginning(world: World) -> None:
    opened = McpClient(world.service, HANDSHAKE).result(
        "initialize", protocolVersion=HANDSHAKE, capabilities={}, clientInfo={"name": "c", "version": "1"}
    )
    discovered = McpClient(world.service).result("server/discover")

    assert opened["protocolVersion"] == HANDSHAKE
    assert discovered["supportedVersions"][0] == MODERN
    assert opened["instructions"] == discovered["instructions"]
    assert "save it" in opened["instructions"][:512]
    assert "receipt" in opened["instructions"][:512]


def test_a_game_needs_no_sign_in_and_a_note_challenges(world: World, version: str) -> None:
    stranger = McpClient(world.service, version)

    assert stranger.call("playTicTacToe")["structuredContent"]["status"] == "continue"
    challenged = stranger.send("tools/call", name="saveNote", arguments=NOTE)

    assert challenged.status_code == 401
    challenge = challenged.headers["WWW-Authenticate"]
    metadata = f"{world.service.url}/.well-known/oauth-protected-resource/mcp"
    assert f'resource_metadata="{metadata}"' in challenge
    assert 'scope="notes:read notes:write"' in challenge
    assert "error=" not in challenge  # RFC 6750 section 3.1: no token was sent
    assert requests.get(metadata, timeout=20).json()["resource"] == f"{world.service.url}/mcp"


def test_a_token_for_something_else_or_too_little_is_refused(world: World, version: str) -> None:
    elsewhere, _ = connected(world, version, resource=f"{world.service.url}/notes")
    reading, _ = connected(world, version, scope="notes:read")

    assert elsewhere.send("tools/call", name="saveNote", arguments=NOTE).status_code == 401
    narrow = reading.send("tools/call", name="saveNote", arguments=NOTE)

    assert narrow.status_code == 403
    assert 'error="insufficient_scope"' in narrow.headers["WWW-Authenticate"]
    assert 'scope="notes:read notes:write"' in narrow.headers["WWW-Authenticate"]


@pytest.mark.parametrize("arguments", [{}, {"title": "t"}, NOTE | {"more": 1}, NOTE | {"kind": "song"}], ids=str)
def test_what_the_model_can_put_right_is_said_in_the_result(world: World, arguments: dict[str, Any]) -> None:
    client, ada = connected(world, MODERN)

    refused = client.call("saveNote", **arguments)

    assert refused["isError"] is True
    assert "structuredContent" not in refused
    assert refused["content"][0]["text"]
    assert world.notes(ada) == []


def test_only_posts_are_taken_and_nothing_else_is_remembered(world: World) -> None:
    for method in ("GET", "DELETE"):
        answer = world.service.call(method, "/mcp")
        assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)
    told = world.service.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (told.status_code, told.content) == (202, b"")
    assert "Mcp-Session-Id" not in told.headers


def test_deep_research_finds_and_fetches_whole_notes(world: World) -> None:
    client, _ = connected(world, MODERN)
    long = "word " * 19_990
    of = {"kind": "quote", "tags": ["a", "b"], "sourceUrl": "https://example.com/"}
    note = client.call("saveNote", title="Long", content=f"crema\n{long}", **of)["structuredContent"]

    found = client.call("search", query="crema")["structuredContent"]
    fetched = client.call("fetch", id=note["id"])["structuredContent"]

    assert found == {"results": [{"id": note["id"], "title": "Long", "url": note["url"]}]}
    assert (fetched["id"], fetched["title"], fetched["url"]) == (note["id"], "Long", note["url"])
    assert fetched["text"] == f"crema\n{long}"
    assert fetched["metadata"].keys() == {"kind", "createdAt", "updatedAt", "sourceUrl", "tags"}
    assert (fetched["metadata"]["tags"], fetched["metadata"]["sourceUrl"]) == ("a, b", "https://example.com/")
    assert client.call("fetch", id="none")["isError"] is True


def test_the_profile_is_what_chatgpt_wants_and_no_more(world: World) -> None:
    client, ada = connected(world, MODERN)

    assert client.call("getProfile")["structuredContent"] == {"id": ada.uid, "email": ada.email}
    (profile,) = (tool for tool in client.result("tools/list")["tools"] if tool["_meta"].get("openai/profile"))
    assert profile["name"] == "getProfile"
    assert profile["inputSchema"]["properties"] == {}


def test_a_challenge_is_there_for_who_reads_http_and_for_who_reads_results(world: World, version: str) -> None:
    """ChatGPT asks a person to sign in (again) by `mcp/www_authenticate` of a tool's result."""
    refused = McpClient(world.service, version).send("tools/call", name="listNotes", arguments={})

    result = refused.json()["result"]
    (challenge,) = result["_meta"]["mcp/www_authenticate"]
    assert (refused.status_code, result["isError"]) == (401, True)
    assert challenge.startswith("Bearer ")
    assert {"error=", "error_description=", "resource_metadata=", "scope="} <= set(re.findall(r"\w+=", challenge))
    assert result["content"][0]["text"].startswith("Sign in first")
    assert result.get("resultType") == ("complete" if version == MODERN else None)


def test_a_connection_that_was_ended_is_challenged(world: World, version: str) -> None:
    client, ada = connected(world, version)
    client.call("saveNote", **NOTE)
    (grant,) = world.stored("oauthGrants")
    assert world.service.backends.connections.end(ada.uid, grant["clientId"]) == 1

    for tool, arguments in (("saveNote", NOTE), ("listNotes", {}), ("search", {"query": "x"}), ("getProfile", {})):
        refused = client.send("tools/call", name=tool, arguments=arguments)
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
        assert 'scope="notes:read notes:write"' in refused.headers["WWW-Authenticate"]
    assert client.call("playTicTacToe")["isError"] is False


def test_a_note_keeps_which_conversation_and_which_program_it_came_from(world: World) -> None:
    client, ada = connected(world)
    meta = {"openai/session": "v1/abc", "openai/subject": "v1/who", "openai/userAgent": "ChatGPT/1"}

    replace(client, meta=meta).call("saveNote", **NOTE)

    (note,) = world.notes(ada)
    assert note["source"]["conversationId"] == "v1/abc"
    assert note["source"]["software"] == "a client 1"
    assert note["source"]["clientName"] == "Claude Code"
    assert "who" not in str(note)


def test_a_long_name_of_a_program_is_cut(world: World) -> None:
    client, ada = connected(world)
    info = {"name": "n" * 150, "version": "1" * 60}

    replace(client, meta={"io.modelcontextprotocol/clientInfo": info}).call("saveNote", **NOTE)

    (note,) = world.notes(ada)
    assert note["source"]["software"] == "n" * 150 + " " + "1" * 49


@pytest.mark.parametrize("value", ["", "x" * 201, "a\nb", 7, None, ["s"], {}], ids=lambda value: repr(value)[:12])
def test_provenance_that_is_none_is_left_out(world: World, value: object) -> None:
    client, ada = connected(world)
    info = {"name": value, "version": value}
    meta = {"openai/session": value, "io.modelcontextprotocol/clientInfo": info}

    assert replace(client, meta=meta).call("saveNote", **NOTE)["isError"] is False

    (note,) = world.notes(ada)
    assert set(note["source"]) == {"clientId", "clientName"}


def test_the_same_text_in_another_conversation_is_another_note(world: World) -> None:
    client, ada = connected(world)

    for session in ("one", "two", "one"):
        replace(client, meta={"openai/session": session}).call("saveNote", **NOTE)

    assert len(world.notes(ada)) == 2


def test_who_calls_too_often_is_told_when_to_call_again() -> None:
    with worlds.world(calls_per_minute=3) as world:
        client, _ = connected(world)
        told = [client.call("getNote", id="x")["content"][0]["text"] for _ in range(4)]

    assert "no such note" in told[0]
    assert re.fullmatch(r"Too many calls within a minute\. Wait \d+ seconds, then try again\.", told[3])


def test_where_no_sign_in_is_needed_an_address_may_call_ten_times_as_often() -> None:
    """It may be all of ChatGPT."""
    with worlds.world(calls_per_minute=1) as world:
        stranger = McpClient(world.service)
        assert [stranger.call("playTicTacToe")["isError"] for _ in range(11)] == [False] * 10 + [True]


def test_the_longest_note_is_taken_however_it_is_escaped(world: World) -> None:
    client, ada = connected(world)

    assert client.call("saveNote", title="t", content="\U0001f600" * 100_000)["isError"] is False  # 1.2 MB on the wire

    assert len(world.notes(ada)[0]["content"]) == 100_000


def test_lists_may_be_kept_for_a_while_by_anybody(world: World) -> None:
    """2026-07-28, Caching: what is the same for everyone is public, and ttlMs says for how long."""
    for method in ("tools/list", "server/discover"):
        found = McpClient(world.service).result(method)
        assert (found["ttlMs"], found["cacheScope"]) == (300_000, "public")
        server = found["_meta"]["io.modelcontextprotocol/serverInfo"]
        assert server == {"name": "itsimple-mate", "title": "ItsimpleAI", "version": Contract.load().version}


def test_each_message_is_one_line_of_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    client, _ = connected(world)
    with caplog.at_level(logging.INFO, "service.audit"):
        client.call("saveNote", **NOTE)
        client.call("saveNote", title="t")
        client.result("tools/list")
        McpClient(world.service).send("tools/call", name="saveNote", arguments=NOTE)
        client.send("tools/nothing")
        replace(client, bearer={}).call("playTicTacToe")

    fields = [record.fields for record in caplog.records]  # type: ignore[attr-defined]  # as service.audit adds it
    assert [(line["event"], line["outcome"], line.get("reason")) for line in fields] == [
        ("mcp.saveNote", "allowed", "status_201"),
        ("mcp.saveNote", "refused", "invalid_request"),
        ("mcp.tools/list", "allowed", None),
        ("mcp.saveNote", "refused", "no_credentials"),
        ("mcp.unknown", "refused", "json_rpc_-32601"),
        ("mcp.playTicTacToe", "allowed", "status_200"),
    ]
    for known in ("clientId", "grantId"):
        assert [(known in line) for line in fields] == [True, False, False, False, False, False]


def test_a_page_of_this_computer_may_call(world: World) -> None:
    """MCP Inspector without its proxy calls from its page, whose origin is loopback."""
    asked = {"Origin": "http://localhost:6274", "Access-Control-Request-Method": "POST"}
    preflight = world.service.call("OPTIONS", "/mcp", headers=asked)
    answer = world.service.post("/mcp", json={}, headers={"Origin": asked["Origin"]})

    assert preflight.status_code == 204
    allowed = {name.strip().lower() for name in preflight.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"} <= allowed
    for one in (preflight, answer):
        assert one.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "WWW-Authenticate"


def test_openai_can_see_whose_host_it_is() -> None:
    with worlds.world(openai_apps_challenge="openai-challenge-1") as world:
        shown = world.service.get("/.well-known/openai-apps-challenge")
        assert (shown.text, shown.headers["Content-Type"]) == ("openai-challenge-1", "text/plain; charset=utf-8")
    with worlds.world() as other:
        assert other.service.get("/.well-known/openai-apps-challenge").status_code == 404


@pytest.mark.parametrize("name", ["claude-ai", "Anthropic", "Anthropic/ClaudeDesktop"])
def test_who_opens_as_claude_signs_in_first(world: World, version: str, name: str) -> None:
    """Its dialog takes a server that opens without a token for one without sign-in."""
    info = {"name": name, "version": "0.1.0"}
    client = McpClient(world.service, version, meta={"io.modelcontextprotocol/clientInfo": info})
    opening = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": info}

    refused = client.send("server/discover") if version == MODERN else client.send("initialize", **opening)

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, -32600)
    assert 'scope="notes:read notes:write"' in refused.headers["WWW-Authenticate"]
    signed_in = replace(connected(world, version)[0], meta=client.meta)
    again = signed_in.send("server/discover") if version == MODERN else signed_in.send("initialize", **opening)
    assert again.status_code == 200
    if version == MODERN:  # which need not open
        assert client.send("tools/list").status_code == 401


@pytest.mark.parametrize("agent", ["ngrok/3", "Codify-Client/1", "Preclaude/1", "Mozilla/5.0"])
def test_who_only_sounds_like_them_does_not(world: World, agent: str) -> None:
    answer = world.service.post(
        "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers={"User-Agent": agent}
    )

    assert answer.status_code == 200


def test_an_error_of_ours_names_the_message_that_it_answers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, _ = connected(world)
    monkeypatch.setattr(type(world.service.backends.notes), "save", None)

    failed = client.send("tools/call", name="saveNote", arguments=NOTE)

    assert (failed.status_code, failed.json()["id"], failed.json()["error"]["code"]) == (500, 7, -32603)


def test_an_operator_may_let_everybody_sign_in_first(version: str) -> None:
    with worlds.world(mcp_sign_in="first") as world:
        stranger = McpClient(world.service, version)
        assert stranger.send("tools/list").status_code == 401
        assert stranger.send("tools/call", name="playTicTacToe", arguments={}).status_code == 401
        assert connected(world, version)[0].call("playTicTacToe")["isError"] is False
