"""The quirks of Claude's connectors, one a test."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.hosts.claude import AI, COM, MOST_OF_A_RESULT, Claude
from tests.hosts.client_documents import CLAUDE
from tests.hosts.host import SERVER
from tests.hosts.internet import Internet
from tests.hosts.wire import SignInNeeded
from tests.world import World

TEXT = "1. **Crema** ☕\n"
LONGEST = '{"a": "b"},\n' * 8_333 + "1234"  # 100,000 characters, which become 141,665 as JSON


def saves(host: Claude) -> None:
    """That HOST saves a note, which keeps who saved it."""
    ada = host.world.person()
    host.connect(ada)

    receipt = host.save("Café names", TEXT)

    (note,) = host.world.notes(ada)
    assert (receipt["created"], note["content"], note["source"]["clientName"]) == (True, TEXT, "Claude")
    assert note["source"]["clientId"] == host.asked["client_id"]


@pytest.mark.parametrize(
    ("name", "user_agent"),
    [
        ("Anthropic", "Claude-User"),
        ("Anthropic/ClaudeAI", "python-httpx/0.28.1"),
        ("claude-ai", "Anthropic/1.0.0"),
        ("an inspector", "Claude-User"),
    ],
)
def test_its_dialog_sees_that_there_is_sign_in(world: World, name: str, user_agent: str) -> None:
    """anthropics/claude-ai-mcp issue 1064: who opens without a token is “None: Detected”; names by 76, 260, 597, 653."""
    host = Claude(world)
    host.name, host.user_agent = name, user_agent

    challenge = host.knock()

    assert challenge["resource_metadata"] == host.well_known()
    assert challenge["scope"] == "notes:read notes:write"


def test_it_is_known_by_its_document(world: World, hosts: Internet) -> None:
    """claude.com/docs/connectors/building/authentication: CIMD where documents and the method none are supported."""
    host = Claude(world)

    saves(host)

    assert (host.asked["client_id"], host.redirect_uri) == (CLAUDE["client_id"], AI)
    assert CLAUDE["client_id"] in hosts.asked


@pytest.mark.parametrize(
    "missing",
    [
        {"client_id_metadata_document_supported": False},
        {"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"]},
    ],
    ids=["no documents", "no public clients"],
)
def test_else_it_registers_anew_for_each_connection(world: World, missing: dict[str, Any]) -> None:
    """The same: without either of the two DCR, a new client on every fresh connection, with a scope that is not ours."""
    host = Claude(world, changed={SERVER: lambda document: document | missing})
    saves(host)
    first = host.client

    saves(host)

    assert "" not in (first.client_id, host.client.client_id)
    assert host.client.client_id != first.client_id
    assert not first.client_id.startswith("https://")


@pytest.mark.parametrize("callback", [AI, COM])
def test_it_comes_back_to_either_of_its_addresses(world: World, without_documents: World, callback: str) -> None:
    """The same: claude.ai/api/mcp/auth_callback, and claude.com's too."""
    there = without_documents if callback == AI else world
    host = Claude(there, callback=callback)

    saves(host)

    assert host.asked["redirect_uri"] == callback


def test_it_reads_the_first_server_alone_and_asks_with_the_address_that_was_typed(world: World) -> None:
    """The same: authorization_servers[0]; `resource` is the URL as typed, so there is one to type."""
    host = Claude(world)
    host.connect(world.person())

    found = requests.get(host.well_known(), timeout=20).json()

    assert found["authorization_servers"] == [world.service.url]
    assert host.asked["resource"] == host.sent["resource"] == host.url == found["resource"]


@pytest.mark.parametrize("typed", ["/mcp/", "/", "/MCP"])
def test_an_address_that_is_none_leads_nowhere_else(world: World, typed: str) -> None:
    """The same: a redirect would drop the token, or make another resource of what was typed."""
    answer = requests.post(world.service.url + typed, json={}, timeout=20, allow_redirects=False)

    assert answer.status_code in (404, 405)
    assert "Location" not in answer.headers


def test_it_asks_for_what_the_challenge_says_and_to_stay(world: World) -> None:
    """claude.com/docs/…/authentication: scopes from the challenge; offline_access where the server advertises it."""
    host = Claude(world)
    host.connect(world.person())

    assert host.asked["scope"] == "notes:read notes:write offline_access"
    assert set(host.tokens["scope"].split()) >= {"notes:read", "notes:write"}


def test_each_call_begins_anew(world: World) -> None:
    """Third-party reports: a new MCP session for each tool call; no instance has to remember one."""
    host, ada = Claude(world), world.person()
    host.connect(ada)
    receipt = host.save("Café names", TEXT)

    found = host.call("getNote", id=receipt["id"])["structuredContent"]

    assert found["content"] == TEXT


def test_its_probes_without_a_token_end_nothing(world: World) -> None:
    """anthropics/claude-ai-mcp issue 260: it opens without its token every few minutes, and drops the 401."""
    host = Claude(world)
    host.connect(world.person())

    assert [host.probe()["scope"] for _ in range(3)] == ["notes:read notes:write"] * 3

    assert host.save("A title", TEXT)["created"] is True


@pytest.mark.parametrize("left", [timedelta(minutes=4), timedelta(minutes=-1)])
def test_it_refreshes_before_the_token_runs_out_and_on_401(own_world: World, left: timedelta) -> None:
    """claude.com/docs/…/authentication: up to 5 min before expiry, and on 401; the answer has a new refresh token."""
    host = Claude(own_world)
    host.connect(own_world.person())
    before = dict(host.tokens)
    own_world.service.clock.move(timedelta(seconds=before["expires_in"]) - left)
    if left < timedelta():
        host.expires_at += timedelta(days=1)  # so that it does not know

    assert host.save("A title", TEXT)["created"] is True

    assert host.tokens["access_token"] != before["access_token"]
    assert host.tokens["refresh_token"] != before["refresh_token"]


@pytest.mark.parametrize("ended", ["by the person", "by time"])
def test_a_dead_connection_says_so_and_is_made_again(own_world: World, ended: str) -> None:
    """claude.com/docs/…/authentication: a refresh token that is dead must be invalid_grant, or it is tried for ever."""
    host, ada = Claude(own_world), own_world.person()
    host.connect(ada)
    if ended == "by the person":
        assert own_world.service.backends.connections.end(ada.uid, host.client.client_id) == 1
    else:
        own_world.service.clock.move(timedelta(days=31))

    with pytest.raises(SignInNeeded, match=r"^$"):
        host.save("A title", TEXT)
    host.connect(ada)

    assert host.save("A title", TEXT)["created"] is True


def test_the_longest_note_fits_into_a_result(world: World) -> None:
    """Third-party reports: results of at most about 150,000 characters; a note has at most 100,000."""
    assert len(LONGEST) == 100_000
    host = Claude(world)
    host.connect(world.person())
    receipt = host.save("The longest", LONGEST)

    fetched = host.call("fetch", id=receipt["id"])

    assert fetched["structuredContent"]["text"] == LONGEST
    assert 100_000 < len(fetched["content"][0]["text"]) < MOST_OF_A_RESULT


def test_it_connects_where_everybody_signs_in_first(sign_in_first: World) -> None:
    """MCP_SIGN_IN=first changes nothing for it."""
    saves(Claude(sign_in_first))


def test_a_document_that_is_away_is_no_connection(world: World, hosts: Internet) -> None:
    """CIMD 4.1: where claude.ai does not answer with its document, its person sees a page and is sent nowhere."""
    host = Claude(world)
    host.document_id = "https://claude.ai/oauth/none"

    with pytest.raises(AssertionError, match="cannot be used"):
        host.connect(world.person())

    assert hosts.asked[-1] == host.document_id
