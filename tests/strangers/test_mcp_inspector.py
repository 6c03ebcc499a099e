"""The MCP Inspector's command line at our door: without sign-in, with a token, and with its own OAuth.

It exits with 3 where somebody would have to sign in, and with --strict it says which schemas hosts may stumble on.
"""

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from scripts.verbs.processes import free_port
from tests.strangers.mcp_story import CALL, HANDSHAKE, LIST, MODERN, NOTE, OPENING, RENEWAL, Story, connecting, query
from tests.strangers.programs import PACKAGES, newer_node
from tests.world import PKCE, VERIFIER, Tokens

INSPECTOR = PACKAGES / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
ERAS = {MODERN: "modern", HANDSHAKE: "legacy"}
SIGN_IN = 3
SAVE = ("--method", "tools/call", "--tool-name", "saveNote", "--tool-args-json", json.dumps(NOTE))


class Inspector:
    """Its command line, aimed at the door of STORY. It keeps what it knows in FOLDER, and opens no window."""

    def __init__(self, story: Story, folder: Path) -> None:
        self._story = story
        self._always = [newer_node(), str(INSPECTOR), "--cli", story.url, "--format", "json"]
        self._always += ["--callback-url", f"http://127.0.0.1:{free_port()}/oauth/callback"]
        self._variables = os.environ | {
            "HOME": str(folder),
            "MCP_STORAGE_DIR": str(folder),
            "MCP_INSPECTOR_SECRET_STORE": "file",
            "MCP_AUTO_OPEN_ENABLED": "false",
            "NO_COLOR": "1",
        }

    def run(self, *words: str, version: str = MODERN) -> "subprocess.CompletedProcess[str]":
        command = [*self._always, "--protocol-era", ERAS[version], *words]
        return subprocess.run(
            command,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def result(self, *words: str, version: str = MODERN) -> dict[str, Any]:
        ran = self.run(*words, version=version)
        assert ran.returncode == 0, ran.stderr
        found: dict[str, Any] = json.loads(ran.stdout)["result"]
        return found

    def sign_in(self, *words: str) -> tuple[dict[str, Any], str]:
        """Its result once the person has allowed what it asked for, and where it asked. It signs in on terminals only."""
        ours, its = pty.openpty()
        command = [*self._always, "--protocol-era", "modern", *words]
        with subprocess.Popen(
            command, env=self._variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=its, text=True
        ) as process:
            os.close(its)
            try:
                asked = next(line for line in _lines(ours) if "/authorization?" in line).split()[-1]
                assert requests.get(self._story.visit(asked, self._story.ada), timeout=60).ok
                said, _ = process.communicate(timeout=60)
            finally:
                process.terminate()
        os.close(ours)
        found: dict[str, Any] = json.loads(said)["result"]
        return found, asked


def _lines(terminal: int) -> Iterator[str]:
    with os.fdopen(os.dup(terminal), encoding="utf-8", errors="replace") as read:
        yield from read


@pytest.fixture
def inspector(story: Story, tmp_path: Path) -> Inspector:
    return Inspector(story, tmp_path)


def test_it_lists_tools_that_every_host_can_read_and_plays_without_sign_in(story: Story, inspector: Inspector) -> None:
    """--strict finds no schema that a host could stumble on; a public tool answers nobody in particular."""
    listed = inspector.run("--method", "tools/list", "--strict")
    played = inspector.result(
        "--method", "tools/call", "--tool-name", "playTicTacToe", "--tool-arg", "position_5=X", version=HANDSHAKE
    )

    assert (listed.returncode, listed.stderr) == (0, "")
    tools = {tool["name"] for tool in json.loads(listed.stdout)["result"]["tools"]}
    assert {"saveNote", "playTicTacToe", "search", "fetch"} <= tools
    assert played["structuredContent"]["board"][1][1] == "X"
    assert story.stored("oauthClients") == []


def test_it_saves_with_a_token_that_it_is_given_and_not_without(story: Story, inspector: Inspector) -> None:
    """It looks at the challenge and says by its exit status that somebody must sign in."""
    client = story.public_client()
    code = story.code(client, story.ada, **PKCE, resource=story.url)
    tokens = Tokens(**story.exchange(client, code=code, code_verifier=VERIFIER, resource=story.url).json())

    saved = inspector.result(*SAVE, "--header", f"Authorization: {tokens.bearer['Authorization']}", version=HANDSHAKE)
    refused = inspector.run(*SAVE, "--stored-auth-only")

    assert saved["structuredContent"]["created"] is True
    assert refused.returncode == SIGN_IN
    assert json.loads(refused.stderr.splitlines()[-1])["error"]["code"] == "auth_required"
    assert len(story.notes(story.ada)) == 1


def test_it_signs_in_and_renews_by_itself(story: Story, inspector: Inspector) -> None:
    """What it keeps of one call is enough for the next, hours later and with nobody there."""
    first, asked = inspector.sign_in(*SAVE)
    opening = [*OPENING[MODERN], LIST, LIST]
    assert story.asked == [*opening, f"{CALL} 401", *connecting(), *opening, f"{CALL} 200"]
    story.check_the_question(query(asked))

    story.begin_again()
    story.service.clock.move(timedelta(hours=2))
    again = inspector.result(*SAVE, "--stored-auth-only")

    story.check_the_end([first["structuredContent"], again["structuredContent"]], name="MCP Inspector")
    assert story.asked == ["POST /mcp server/discover 401", RENEWAL, *opening, f"{CALL} 200"]
