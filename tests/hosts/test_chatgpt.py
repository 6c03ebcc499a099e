"""ChatGPT's quirks, one a test: from the URL that a person types to the note that is saved."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.hosts.chatgpt import STABLE, ChatGPT
from tests.hosts.internet import Internet
from tests.hosts.wire import SignInNeeded
from tests.mcp_client import HANDSHAKE, META, MODERN
from tests.world import World

TEXT = "1. **Crema** ☕\n"
Made = Callable[..., ChatGPT]


@pytest.fixture
def chatgpt(world: World, hosts: Internet) -> Made:
    return lambda where=world, **options: ChatGPT(where, hosts, **options)


@pytest.fixture(params=[MODERN, HANDSHAKE])
def era(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def saves(host: ChatGPT) -> None:
    """That HOST saves a note, which keeps who saved it in which conversation."""
    ada = host.world.person()
    host.connect(ada)

    receipt = host.save("Café names", TEXT)

    (note,) = host.world.notes(ada)
    assert (receipt["created"], note["title"], note["content"]) == (True, "Café names", TEXT)
    assert note["source"]["clientId"] == host.asked["client_id"]
    assert note["source"]["conversationId"] == host.meta["openai/session"]
    assert note["source"].get("software") == ("openai-mcp 1.0.0" if host.protocol == MODERN else None)


def test_where_iss_is_sent_it_comes_back_to_its_stable_address(chatgpt: Made, hosts: Internet, era: str) -> None:
    """plugins/build/auth.md, "Redirect URL": CIMD client.json and connector_platform_oauth_redirect, in both eras."""
    host = chatgpt(era=era)

    saves(host)

    assert (host.asked["client_id"], host.redirect_uri) == ("https://chatgpt.com/oauth/client.json", STABLE)
    assert "https://chatgpt.com/oauth/client.json" in hosts.asked
    assert "client_secret" not in host.sent


def test_it_may_open_with_older_revisions(chatgpt: Made) -> None:
    """Public captures of `openai-mcp`: initialize with 2025-03-26, which knew no header, then with 2025-06-18."""
    host = chatgpt(era="2025-06-18")
    opening = {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": host.name, "version": "1"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening}

    assert host.post("/mcp", json=message, headers=host.headers()).json()["result"]["protocolVersion"] == HANDSHAKE

    saves(host)


def test_where_no_iss_is_sent_each_connection_has_its_address(
    chatgpt: Made, without_iss: World, hosts: Internet, era: str
) -> None:
    """plugins/build/auth.md, "Redirect URL": CIMD and callback with a callback id, where ISS_PARAMETER is off."""
    host = chatgpt(without_iss, era=era)

    saves(host)

    assert host.asked["client_id"] == f"https://chatgpt.com/oauth/{host.callback_id}/client.json" == hosts.asked[-1]
    assert host.redirect_uri == f"https://chatgpt.com/connector/oauth/{host.callback_id}"


def test_where_no_documents_are_taken_it_registers_once_for_each_connection(
    chatgpt: Made, without_documents: World, era: str
) -> None:
    """plugins/build/auth.md, "Client registration": DCR once for each connection, which is kept when it connects again."""
    host = chatgpt(without_documents, era=era)
    saves(host)
    first = host.client

    host.connect(without_documents.person())

    assert host.client == first
    assert first.client_secret == ""


@pytest.mark.parametrize("where", ["world", "without_iss"])
def test_credentials_that_a_person_types_in_are_used(chatgpt: Made, where: str, request: pytest.FixtureRequest) -> None:
    """plugins/build/auth.md, "Client identification": predefined clients, here with a secret, and PKCE as ever."""
    there: World = request.getfixturevalue(where)
    host = chatgpt(there)
    redirect_uri = STABLE if where == "world" else f"https://chatgpt.com/connector/oauth/{host.callback_id}"
    host.static = there.assistant("ChatGPT", redirect_uri)

    saves(host)

    assert (host.client, host.redirect_uri) == (host.static, redirect_uri)


@pytest.mark.parametrize(("found", "resource"), [("challenge", "/mcp"), ("path", "/mcp"), ("root", "")])
def test_the_metadata_is_found_in_three_ways(chatgpt: Made, found: str, resource: str) -> None:
    """auth.md, "Host protected resource metadata", MCP 2025-11-25: by the challenge, and at both well-known addresses."""
    host = chatgpt(metadata_from=found)

    host.connect(host.world.person())

    assert host.resource == host.world.service.url + resource
    assert host.save("A title", TEXT)["created"] is True


def test_the_resource_comes_back_in_both_requests_as_it_was_named(chatgpt: Made) -> None:
    """auth.md, "Echo the resource parameter": exactly the metadata's value on authorization and token requests."""
    host = chatgpt()
    host.connect(host.world.person())

    assert host.asked["resource"] == host.sent["resource"] == host.url
    host.refresh()
    assert host.sent["resource"] == host.url


def test_it_asks_for_what_the_tools_need_and_to_stay(chatgpt: Made) -> None:
    """auth.md, "OIDC scopes": those of securitySchemes, and offline_access; it would ask for advertised OIDC scopes too."""
    host = chatgpt()
    host.connect(host.world.person())

    assert set(host.asked["scope"].split()) == {"notes:read", "notes:write", "offline_access"}
    assert set(host.server["scopes_supported"]) == set(host.asked["scope"].split())
    assert "offline_access" not in requests.get(host.well_known(), timeout=20).json()["scopes_supported"]


def test_the_person_is_told_who_asks(chatgpt: Made) -> None:
    """CIMD 6.4: the name is what chatgpt.com calls itself, and nothing warns of this computer."""
    host = chatgpt()
    host.connect(host.world.person())
    page = requests.get(host.link(), timeout=20).text

    assert '<b class="client">ChatGPT</b> asks to use' in page
    assert page.count("<b>chatgpt.com</b>") == 2
    assert "this computer" not in page


def test_each_tool_is_as_it_wants_them(chatgpt: Made, era: str) -> None:
    """guides/developer-mode.md, community.openai.com/t/1371022: title, four hints, securitySchemes twice, under 5000 tokens."""
    host = chatgpt(era=era)

    host.knock()  # checks each

    hints = {
        name: tuple(tool["annotations"][f"{hint}Hint"] for hint in ("readOnly", "destructive", "idempotent"))
        for name, tool in host.tools.items()
    }
    reading, adding, ruining = (True, False, True), (False, False, True), (False, True, True)
    assert hints == dict.fromkeys(("listNotes", "searchNotes", "getNote", "getProfile", "search", "fetch"), reading) | {
        "playTicTacToe": reading,
        "saveNote": adding,
        "updateNote": ruining,
        "deleteNote": ruining,
    }
    assert not any(tool["annotations"]["openWorldHint"] for tool in host.tools.values())
    public = [name for name, tool in host.tools.items() if tool["securitySchemes"] == [{"type": "noauth"}]]
    assert public == ["playTicTacToe"]


def test_the_profile_says_who_is_connected(chatgpt: Made) -> None:
    """auth.md, "Define a stable profile identity": an opaque id that stays, by the tool marked openai/profile."""
    host, ada = chatgpt(), chatgpt().world.person()
    host.connect(ada)
    (name,) = (name for name, tool in host.tools.items() if tool["_meta"].get("openai/profile"))

    first = host.call(name)["structuredContent"]
    host.connect(ada)

    assert first.keys() <= {"id", "name", "email", "nickname"}
    assert first["id"] == host.call(name)["structuredContent"]["id"] == ada.uid
    assert first["id"] != ada.email


def test_what_it_tells_of_the_person_is_neither_stored_nor_logged(
    chatgpt: Made, caplog: pytest.LogCaptureFixture
) -> None:
    """apps-sdk/reference, "_meta fields the client provides": the conversation is kept as provenance, the rest is not."""
    host = chatgpt()
    host.connect(host.world.person())
    with caplog.at_level(logging.INFO):
        host.save("A title", TEXT)
        host.call("searchNotes", query="crema")

    stored, logged = host.world.everything(), caplog.text + str([vars(record) for record in caplog.records])
    said = values(host.meta_of_calls)
    session = host.meta_of_calls["openai/session"]
    assert session in stored
    assert [value for value in said - {session} if value in stored] == []
    assert [value for value in said if value in logged] == []


def values(part: Any) -> set[str]:
    """All texts in PART that say something of somebody."""
    if isinstance(part, dict):
        return set().union(*map(values, part.values()))
    return {part} if len(part) > 15 else set()


def test_nothing_that_it_tells_lets_anybody_in(chatgpt: Made) -> None:
    """apps-sdk/reference: never authorise by openai/subject; another person's opens nothing, nor without a token."""
    ada_at, bob_at = chatgpt(), chatgpt()
    ada, bob = ada_at.world.person(), bob_at.world.person("bob")
    ada_at.connect(ada)
    bob_at.connect(bob)
    ada_at.save("Ada's", TEXT)
    bob_at.meta_of_calls = ada_at.meta_of_calls

    assert bob_at.call("listNotes")["structuredContent"]["notes"] == []
    assert bob_at.save("Bob's", TEXT)["created"] is True
    assert [note["title"] for note in bob_at.world.notes(ada)] == ["Ada's"]
    bob_at.tokens = {}
    with pytest.raises(SignInNeeded):
        bob_at.call("listNotes")


def test_a_call_that_comes_again_after_a_minute_gets_the_first_result(chatgpt: Made, era: str) -> None:
    """community.openai.com/t/1379834 and /t/1369341: after about 60 s it calls again in the same conversation."""
    host = chatgpt(era=era)
    ada = host.world.person()
    host.connect(ada)
    first = host.save("Café names", TEXT)
    host.world.service.clock.move(timedelta(seconds=61))

    again = host.save("Café names", TEXT)

    assert again == first | {"created": False}
    assert len(host.world.notes(ada)) == 1


def test_a_call_whose_answer_is_lost_may_be_made_again(chatgpt: Made, era: str) -> None:
    """community.openai.com/t/1369341: the connection ends while the answer is on its way."""
    host = chatgpt(era=era)
    ada = host.world.person()
    host.connect(ada)
    arguments = {"title": "Café names", "content": TEXT}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    headers = host.headers() | {"MCP-Protocol-Version": era, "Mcp-Method": "tools/call", "Mcp-Name": "saveNote"}
    params = {"name": "saveNote", "arguments": arguments, "_meta": META | host.meta if era == MODERN else host.meta}
    with requests.post(host.url, json=message | {"params": params}, headers=headers, stream=True, timeout=20) as lost:
        assert lost.status_code == 200

    assert host.save(**arguments)["created"] is False
    assert len(host.world.notes(ada)) == 1


def test_a_token_that_has_run_out_is_renewed_unseen(own_world: World, hosts: Internet, era: str) -> None:
    """auth.md, "Implementing token verification": 401 with a challenge; with a refresh token nobody is asked."""
    host = ChatGPT(own_world, hosts, era=era)
    host.connect(own_world.person())
    before = host.tokens["access_token"]
    own_world.service.clock.move(timedelta(hours=2))

    assert host.save("A title", TEXT)["created"] is True

    assert host.tokens["access_token"] != before


@pytest.mark.parametrize("by", ["the header", "the result"])
def test_a_connection_that_was_ended_is_linked_again(
    chatgpt: Made, without_documents: World, by: str, era: str
) -> None:
    """auth.md, "Triggering authentication UI": a 401's challenge, or mcp/www_authenticate; a client id that still works."""
    host = chatgpt(without_documents, era=era)
    ada = without_documents.person()
    host.connect(ada)
    assert without_documents.service.backends.connections.end(ada.uid, host.client.client_id) == 1

    if by == "the result":
        challenge = host.relink_by_result("saveNote", title="A title", content=TEXT)
        assert {"error", "error_description", "scope", "resource_metadata"} <= challenge.keys()
        assert host.document(challenge["resource_metadata"])["resource"] == host.url
    with pytest.raises(SignInNeeded):
        host.call("saveNote", title="A title", content=TEXT)
    host.connect(ada)

    assert host.save("A title", TEXT)["created"] is True


def test_a_registered_client_lives_as_long_as_it_is_used(own_world: World, hosts: Internet) -> None:
    """auth.md: a client that was deleted while in use gives the person invalid_client; here only unused ones go."""
    host = ChatGPT(own_world, hosts)
    ada = own_world.person()
    host.changed = {"/.well-known/oauth-authorization-server": without("client_id_metadata_document_supported")}
    host.connect(ada)
    for _ in range(4):
        own_world.service.clock.move(timedelta(days=25))
        host.refresh()

    host.connect(ada)

    assert host.save("A title", TEXT)["created"] is True
    assert urlsplit(host.client.client_id).scheme == ""


def without(name: str) -> Callable[[Any], Any]:
    return lambda document: {key: value for key, value in document.items() if key != name}


def test_it_keeps_no_session(chatgpt: Made, era: str) -> None:
    """openai/openai-apps-sdk-examples issue 201: it forgets Mcp-Session-Id between batches; there is none to forget."""
    host = chatgpt(era=era)
    host.connect(host.world.person())

    answers = [host.opening(), host.send("tools/list"), host.send("tools/call", name="listNotes", arguments={})]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert not any("Mcp-Session-Id" in answer.headers for answer in answers)


def test_deep_research_finds_and_fetches(chatgpt: Made, era: str) -> None:
    """developers.openai.com/api/docs/mcp: search(query) and fetch(id), read-only, with an absolute url to cite."""
    host = chatgpt(era=era)
    host.connect(host.world.person())
    receipt = host.save("Café names", TEXT)
    for name, argument in (("search", "query"), ("fetch", "id")):
        schema = host.tools[name]["inputSchema"]
        assert schema["properties"].keys() == {argument} == set(schema["required"])

    (found,) = host.call("search", query="crema")["structuredContent"]["results"]
    fetched = host.call("fetch", id=found["id"])["structuredContent"]

    assert found == {"id": receipt["id"], "title": "Café names", "url": receipt["url"]}
    assert fetched.items() >= (found | {"text": TEXT}).items()
    assert fetched.keys() <= {"id", "title", "text", "url", "metadata"}
    assert urlsplit(found["url"]).netloc


def test_it_connects_where_everybody_signs_in_first(chatgpt: Made, sign_in_first: World, era: str) -> None:
    """MCP_SIGN_IN=first: its first message is challenged already, and says the scopes that the tools cannot say yet."""
    host = chatgpt(sign_in_first, era=era)

    saves(host)

    assert set(host.asked["scope"].split()) == {"notes:read", "notes:write", "offline_access"}
