"""The quirks of programs on a person's computer, one a test: Claude Code, Codex, VS Code, Cursor, MCP Inspector."""

from typing import Any

import pytest
import requests

from service.firestore_write import create
from tests.conformance.answers import Page
from tests.hosts.client_documents import CLAUDE_CODE, CODEX, VISUAL_STUDIO_CODE
from tests.hosts.host import SERVER, Host
from tests.hosts.internet import Internet
from tests.hosts.programs import (
    CURSOR_APP,
    CURSOR_LOOPBACK,
    CURSOR_WEB,
    ClaudeCode,
    Codex,
    Cursor,
    Inspector,
    OpenCode,
    VisualStudioCode,
)
from tests.hosts.wire import Refused
from tests.world import World

TEXT = "1. **Crema** ☕\n"


def saves(host: Host) -> None:
    """That HOST saves a note, which keeps who saved it."""
    ada = host.world.person()
    host.connect(ada)

    receipt = host.save("Café names", TEXT)

    (note,) = host.world.notes(ada)
    assert (receipt["created"], note["content"]) == (True, TEXT)
    assert note["source"]["clientId"] == host.asked["client_id"]


def consent(host: Host) -> str:
    """What its person is shown; nobody has to sign in for it once the document is known."""
    return Page(requests.get(host.link(), timeout=20)).text


@pytest.mark.parametrize("address", ["localhost:3118", "127.0.0.1:53211", "localhost:41999"])
def test_claude_code_comes_back_to_any_port(world: World, hosts: Internet, address: str) -> None:
    """code.claude.com/docs/en/mcp: a port of its own each time, at localhost or 127.0.0.1; RFC 8252 section 7.3."""
    host = ClaudeCode(world, address)

    saves(host)

    assert (host.asked["client_id"], host.redirect_uri) == (CLAUDE_CODE["client_id"], f"http://{address}/callback")
    assert CLAUDE_CODE["client_id"] in hosts.asked
    assert "That address is this computer" in consent(host)


def test_claude_code_registers_where_no_documents_are_taken(without_documents: World) -> None:
    """elmohq/elmo PR 684: application_type native, and the port of that day among its redirect URIs."""
    host = ClaudeCode(without_documents)
    saves(host)
    client = host.client
    host._address = "localhost:3999"
    host.redirect_uri = host.redirect()

    host.exchange(host.ask(without_documents.person()))  # another day, with the client that it has

    assert host.client == client
    assert host.save("A title", TEXT)["created"] is True


@pytest.mark.parametrize("with_slash", ["document", "callback"])
def test_claude_code_stops_at_another_issuer(world: World, with_slash: str) -> None:
    """code.claude.com/docs/en/mcp: the issuer is compared as a string; ours has no slash, wherever it is named."""
    changed = {SERVER if with_slash == "document" else "callback": add_slash}

    with pytest.raises(Refused, match="issuer"):
        ClaudeCode(world, changed=changed).connect(world.person())

    ClaudeCode(world).connect(world.person())


def add_slash(document: dict[str, Any]) -> dict[str, Any]:
    return document | {name: f"{document[name]}/" for name in ("issuer", "iss") if name in document}


def test_claude_code_cuts_nothing_off(world: World) -> None:
    """code.claude.com/docs/en/mcp: 2,048 characters of a description, 25,000 tokens of a result, lists as well."""
    host, ada = ClaudeCode(world), world.person()
    host.connect(ada)  # reads the descriptions
    longest = host.save("x" * 300, "word " * 20_000)
    when = world.service.clock()
    fields = {"kind": "note", "title": "t" * 300, "content": "c " * 1_000, "createdAt": when, "updatedAt": when}
    paths = (f"users/{ada.uid}/notes/n{number}" for number in range(60))
    world.service.backends.documents.commit(*(create(path, fields) for path in paths))

    for tool, arguments in (("listNotes", {}), ("searchNotes", {"query": "c"}), ("search", {"query": "c"})):
        most = host.tools[tool]["inputSchema"]["properties"].get("limit", {}).get("maximum")
        found = host.call(tool, **arguments, **({"limit": most} if most else {}))["structuredContent"]
        assert len(found.get("notes", found.get("results"))) >= 10, tool
    read = host.call("getNote", id=longest["id"])["structuredContent"]
    assert read["nextOffset"] == len(read["content"])


def test_codex_is_known_by_its_document(world: World, hosts: Internet) -> None:
    """openai/codex, oauth_client_registration.rs: CIMD codex/client.json and /callback where iss is sent."""
    host = Codex(world, hosts, port=53_201)

    saves(host)

    assert (host.asked["client_id"], host.redirect_uri) == (CODEX["client_id"], "http://127.0.0.1:53201/callback")
    assert CODEX["client_id"] in hosts.asked


def test_codex_has_an_address_for_each_server_that_sends_no_iss(without_iss: World, hosts: Internet) -> None:
    """openai/codex, oauth_callback.rs: else the callback id, which is made of the server's URL, is in both."""
    host = Codex(without_iss, hosts)

    saves(host)

    assert host.asked["client_id"] == f"https://chatgpt.com/oauth/codex/{host.callback_id}/client.json"
    assert host.redirect_uri == f"http://127.0.0.1:41733/callback/{host.callback_id}"


def test_codex_registers_where_no_documents_are_taken(without_documents: World, hosts: Internet) -> None:
    """elmohq/elmo PR 684: application_type native, and an ephemeral port."""
    saves(Codex(without_documents, hosts, port=37_819))


def test_a_codex_that_loses_iss_connects_where_none_is_sent(world: World, without_iss: World, hosts: Internet) -> None:
    """openai/codex issues 33354 and 31573: 0.143 and later lost it, so ISS_PARAMETER=off, which also takes back the promise."""
    with pytest.raises(Refused, match="missing required issuer"):
        Codex(world, hosts, loses_iss=True).connect(world.person())

    saves(Codex(without_iss, hosts, loses_iss=True))


@pytest.mark.parametrize(
    "callback", ["http://127.0.0.1:33418/", "http://127.0.0.1:59656/", "https://vscode.dev/redirect"]
)
@pytest.mark.parametrize("where", ["world", "without_documents"])
def test_vs_code_comes_back_to_its_port_to_another_one_and_to_the_web(
    request: pytest.FixtureRequest, where: str, callback: str
) -> None:
    """microsoft/vscode oauth.ts and issue 278512: CIMD, or DCR with four URIs; another port where 33418 is taken."""
    host = VisualStudioCode(request.getfixturevalue(where), callback)

    saves(host)

    assert host.asked["redirect_uri"] == callback
    assert (host.asked["client_id"] == VISUAL_STUDIO_CODE["client_id"]) == (where == "world")
    assert ("That address is this computer" in consent(host)) == callback.startswith("http://127.0.0.1")


@pytest.mark.parametrize("callback", [CURSOR_APP, CURSOR_WEB, CURSOR_LOOPBACK])
def test_cursor_registers_three_addresses_and_comes_back_to_each(world: World, callback: str) -> None:
    """erp-mafia/accounted PR 2225, bytebase issue 20510: one DCR with cursor://, www.cursor.com and a loopback port."""
    host = Cursor(world, callback)

    saves(host)

    assert host.asked["redirect_uri"] == callback
    (kept,) = (client for client in world.stored("oauthClients") if client["_id"] == host.client.client_id)
    assert set(kept["redirectUris"]) == {CURSOR_APP, CURSOR_WEB, CURSOR_LOOPBACK}


def test_cursors_app_is_a_program_on_this_computer(world: World) -> None:
    """RFC 8252 section 7.1: who goes on returns to a program here, by its scheme."""
    host = Cursor(world)
    host.connect(world.person())

    page = consent(host)

    assert "Cursor asks to use" in page
    assert "You return to cursor://anysphere.cursor-mcp." in page
    assert "That address is this computer" in page
    assert "It has registered itself under this name; nobody has checked it." in page


def test_the_inspector_registers_itself(world: World) -> None:
    """modelcontextprotocol/inspector: DCR, back to http://localhost:6274/oauth/callback; its Origin is loopback."""
    host = Inspector(world)

    saves(host)

    assert host.asked["redirect_uri"] == "http://localhost:6274/oauth/callback"
    assert not host.client.client_secret


@pytest.mark.parametrize("name", ["opencode", "dify", "LibreChat", "Grok"])
def test_who_is_known_to_sign_in_at_the_first_message_or_never_is_challenged_there(world: World, name: str) -> None:
    """anomalyco/opencode issue 36946, langgenius/dify 36230, danny-avila/LibreChat 13249, vuetifyjs/mcp PR 40."""
    saves(OpenCode(world, name))


def test_who_has_that_habit_and_is_not_known_needs_a_setting(world: World, sign_in_first: World) -> None:
    with pytest.raises(Refused, match="no authentication required"):
        OpenCode(world, "another").connect(world.person())

    saves(OpenCode(sign_in_first, "another"))


@pytest.mark.parametrize("made", [ClaudeCode, Codex, VisualStudioCode, Cursor, Inspector])
def test_each_connects_where_everybody_signs_in_first(sign_in_first: World, hosts: Internet, made: type[Host]) -> None:
    """MCP_SIGN_IN=first: for programs that begin to sign in only when the first message is refused."""
    saves(Codex(sign_in_first, hosts) if made is Codex else made(sign_in_first))
