"""Somebody who used a GPT connects ChatGPT over MCP: the same notes, and both connections in their own hands."""

import pytest

from scripts.verbs.journey import Person
from tests.assistant import BOTH, Caller
from tests.mcp_client import McpClient
from tests.stories.test_connections import listed, signed_in
from tests.world import PKCE, VERIFIER, Tokens, World

IN_CHATGPT = "https://chatgpt.com/connector_platform_oauth_redirect"
TITLE, CONTENT = "Three names for a café", "1. **Crema**\n"
GPT, CHATGPT = "Café GPT", "ChatGPT"


def by_action(world: World, ada: Person) -> Caller:
    """A GPT's action: a client of the operator's with a secret, without PKCE, for the notes' API."""
    gpt, resource = world.assistant(GPT), f"{world.service.url}/notes"
    answer = world.exchange(gpt, code=world.code(gpt, ada, scope=BOTH, resource=resource), resource=resource)
    return Caller(world.service, Tokens(**answer.json()), gpt)


def by_mcp(world: World, ada: Person) -> McpClient:
    """ChatGPT as it comes by itself: registered by nobody, without a secret, with PKCE, for `/mcp`."""
    chatgpt = world.newcomer(client_name=CHATGPT, redirect_uris=[IN_CHATGPT], token_endpoint_auth_method="none")
    resource = f"{world.service.url}/mcp"
    code = world.code(chatgpt, ada, **PKCE, scope=BOTH, resource=resource)
    answer = world.exchange(chatgpt, code=code, code_verifier=VERIFIER, resource=resource)
    return McpClient(world.service, bearer=Tokens(**answer.json()).bearer)


def test_what_the_gpt_saved_is_found_changed_and_fetched_over_mcp(world: World) -> None:
    ada = world.person()
    gpt, chatgpt = by_action(world, ada), by_mcp(world, ada)
    saved = gpt.save(title=TITLE, content=CONTENT).json()

    (found,) = chatgpt.call("searchNotes", query="cafe names")["structuredContent"]["notes"]
    read = chatgpt.call("getNote", id=found["id"])["structuredContent"]
    changed = chatgpt.call("updateNote", id=read["id"], version=read["version"], append="2. Grounds")
    fetched = chatgpt.call("fetch", id=read["id"])["structuredContent"]

    assert (found["id"], found["title"], read["content"]) == (saved["id"], TITLE, CONTENT)
    assert changed["isError"] is False
    assert fetched["text"].startswith(CONTENT)
    assert fetched["text"].endswith("2. Grounds")
    assert gpt.get(f"/notes/{saved['id']}").json()["content"] == fetched["text"]
    assert len(world.notes(ada)) == 1


@pytest.mark.parametrize(("ended", "left"), [(GPT, CHATGPT), (CHATGPT, GPT)])
def test_both_are_shown_and_the_end_of_one_leaves_the_other_and_the_notes(world: World, ended: str, left: str) -> None:
    ada = world.person()
    gpt, chatgpt = by_action(world, ada), by_mcp(world, ada)
    gpt.save(title=TITLE, content=CONTENT)
    chatgpt.call("saveNote", title="Saved over MCP", content="text")
    shown = {one["name"]: one for one in listed(world, ada)}

    answer = world.service.call("DELETE", f"/me/connections/{shown[ended]['id']}", headers=signed_in(world, ada))

    assert answer.status_code == 204
    assert {name: one["notesSaved"] for name, one in shown.items()} == {GPT: 1, CHATGPT: 1}
    assert [one["name"] for one in listed(world, ada)] == [left]
    works = {
        GPT: gpt.get("/notes").status_code == 200,
        CHATGPT: chatgpt.send("tools/call", name="listNotes", arguments={}).status_code == 200,
    }
    assert works == {left: True, ended: False}
    assert {note["title"] for note in world.notes(ada)} == {TITLE, "Saved over MCP"}
