"""docs/mcp.md: its tools are those of `tools/list`, what it tells to type works, and what it quotes is what is shown."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scripts.verbs.client_arguments import parse
from scripts.verbs.plugin.__main__ import parse as parse_plugin
from service.contract import Contract
from service.mcp.tools import tools
from service.oauth.clients import register
from service.oauth.hosts import HOSTS
from service.settings import Settings
from tests import world as worlds
from tests.house.test_docs import ROOT
from tests.mcp_client import McpClient, connected
from tests.world import PKCE, World, running

TEXT = (ROOT / "docs/mcp.md").read_text(encoding="utf-8")
GPT_GUIDE = (ROOT / "docs/chatgpt.md").read_text(encoding="utf-8")
URL = "https://mate.example.com"
IN_CHATGPT = "https://chatgpt.com/connector_platform_oauth_redirect"
_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with worlds.world(calls_per_minute=3, self_registered_redirects=frozenset({"loopback"})) as made:
        yield made


def rows(heading: str) -> list[str]:
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


def test_the_tools_are_those_that_are_shown() -> None:
    expected = [
        f"| {name} | {' '.join(tool.contract.scopes) or 'none'} | "
        + " | ".join("yes" if tool.shown["annotations"][hint] else "no" for hint in _HINTS)
        + " |"
        for name, tool in tools(Contract.load()).items()
    ]

    assert rows("The tools") == expected


def test_every_address_is_the_services_own(shared: World) -> None:
    addresses = set(re.findall(rf"{URL}(/[\w/.-]*)?", TEXT))
    client = McpClient(shared.service)

    assert addresses == {"", "/mcp", "/connections"}
    assert client.send("server/discover").status_code == 200
    assert shared.service.get("/connections").status_code == 200
    assert shared.service.post("/mcp/", json={}).status_code == 404


def test_every_command_of_ours_is_one() -> None:
    commands = [shlex.split(line) for line in re.findall(r"^    scripts/client (.+)$", TEXT, re.MULTILINE)]
    clients = [parse(command) for command in commands]
    (plugin,) = re.findall(r"^ +scripts/plugin (.+)$", TEXT, re.MULTILINE)

    for client in clients:
        register(client.name, client.redirect_uri, frozenset(), datetime.now(UTC), public=client.public)
    assert [client.verb for client in clients] == ["add", "add", "add"]
    assert parse(["disable", "ID"]).verb in re.findall(r"`scripts/client (\w+) ID`", TEXT)
    assert parse_plugin(shlex.split(plugin)).terms_url


def test_every_configuration_can_be_read_and_has_the_address() -> None:
    read = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
    read += [tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)]

    servers = [next(iter(configured.values()))["itsimpleai"] for configured in read]

    assert [server["url"] for server in servers] == [f"{URL}/mcp"] * 3


def test_the_settings_are_settings_with_these_values() -> None:
    environment = {"SELF_REGISTERED_REDIRECTS": "chatgpt,claude", "MCP_SIGN_IN": "first", "ISS_PARAMETER": "off"}
    configured = Settings.from_env(
        environment
        | {
            "PUBLIC_URL": URL,
            "GOOGLE_CLOUD_PROJECT": "some-project",
            "APP_NAME": "A",
            "NOTE_URL": "app://n/{id}",
            "COMPANY": "C",
            "CONTACT": "a@example.com",
            "FIREBASE_API_KEY": "0123456789",
            "KEY_SECRET": "key",
        }
    )
    known = (ROOT / "docs/operating.md").read_text(encoding="utf-8")

    for name, value in environment.items():
        assert f"`{name}={value}`" in TEXT
    assert (configured.mcp_sign_in, configured.iss) == ("first", None)
    assert configured.self_registered_redirects == {"chatgpt", "claude"}
    assert all(f"`{host}`" in TEXT for host in HOSTS)
    for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)", TEXT):
        assert f"| `{name}`" in known or name == "PUBLIC_URL/mcp", name


def test_the_page_asks_in_the_words_that_are_quoted(shared: World) -> None:
    program = shared.newcomer(client_name="Claude Code", redirect_uris=["http://localhost:9/cb"])
    page = shared.ask(program, **PKCE, scope="notes:read notes:write").text

    for words in Contract.load().scopes.values():
        assert f"*{words}*" in re.sub(r"\s+", " ", TEXT)
    assert "nobody has checked it" in page


def test_what_one_sees_when_it_does_not_work_is_what_is_shown(shared: World) -> None:
    stranger, (client, _), (reader, _) = (
        McpClient(shared.service),
        connected(shared),
        connected(shared, scope="notes:read"),
    )
    # From the beginning of a minute on: what is counted by the minute is not to begin anew in between.
    shared.service.clock.move(timedelta(seconds=60 - shared.service.clock().second))
    note = client.call("saveNote", title="t", content="c")["structuredContent"]
    client.call("updateNote", id=note["id"], version=note["version"], title="new")
    stale = client.call("updateNote", id=note["id"], version=note["version"], title="other")
    hurried = client.call("listNotes")
    refused = shared.register(redirect_uris=[IN_CHATGPT])
    browser = shared.service.post("/mcp", json={}, headers={"Origin": "https://inspector.example.com"})
    page = shared.ask(shared.public_client(), client_id="nobody", **PKCE)
    with running(shared.project, public_url=shared.service.url) as before:
        chatgpt = replace(shared, service=before).newcomer(redirect_uris=[IN_CHATGPT])
    seen = {
        "Sign in first": stranger.send("tools/call", name="listNotes", arguments={}).text,
        "This needs the scope notes:write. Connect again.": reader.send(
            "tools/call", name="saveNote", arguments={"title": "t", "content": "c"}
        ).text,
        "The note was changed meanwhile, perhaps on the phone.": stale["content"][0]["text"],
        "Too many calls within a minute.": hurried["content"][0]["text"],
        "A page of this origin may not call here.": browser.text,
        "This link does not work": page.text,
        "This assistant cannot be connected here": shared.ask(chatgpt, **PKCE).text,
    }

    for sentence, answer in seen.items():
        assert f"*{sentence}*" in TEXT
        assert sentence in answer
    assert refused.json()["error"] == "invalid_redirect_uri"
    assert "`invalid_redirect_uri`" in TEXT


def test_the_dates_are_those_of_the_gpts_page_which_leads_here() -> None:
    dates = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}"

    assert set(re.findall(dates, TEXT)) == set(re.findall(dates, GPT_GUIDE))
    assert "(mcp.md#from-a-gpt-to-mcp)" in GPT_GUIDE
    assert "not there yet" not in GPT_GUIDE
