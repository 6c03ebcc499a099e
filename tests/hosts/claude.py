"""Claude on the web, the desktop and the phone: a connector, which Anthropic's servers use."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import requests

from tests.hosts.client_documents import CLAUDE
from tests.hosts.host import Host
from tests.hosts.wire import Refused, challenge_of
from tests.world import World

AI, COM = "https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"
MOST_OF_A_RESULT = 150_000  # characters
_EARLY = timedelta(minutes=5)


class Claude(Host):
    """By claude.com/docs/connectors/building/authentication; what it sends, by reports in anthropics/claude-ai-mcp.

    CALLBACK is where it comes back to: AI, or COM, which its documentation wants allowed too.
    """

    name = "Anthropic/ClaudeAI"  # issue 260; "Anthropic" in issue 76, "claude-ai" in others
    user_agent = "Claude-User"  # issue 653
    accept = "*/*"  # issue 76
    document_id = CLAUDE["client_id"]

    def __init__(self, world: World, *, callback: str = AI, **options: Any) -> None:
        super().__init__(world, **options)
        self._callback = callback
        if callback != AI:  # its document has none but that one
            self.document_id = ""

    def redirect(self) -> str:
        return self._callback

    def registration(self) -> dict[str, Any]:
        """With a scope that is no server's, as public servers have it in their tests."""
        return super().registration() | {"client_name": "Claude", "scope": "claudeai"}

    def knock(self) -> dict[str, str]:
        """The dialog that adds a connector: a server that opens is taken for one without sign-in, for good."""
        self.tokens = {}
        answer = self.opening()
        if answer.status_code != 401:
            raise Refused("None: Detected")
        return challenge_of(answer)

    def discover(self, challenge: Mapping[str, str]) -> None:
        super().discover(challenge)
        if self.resource != self.url:
            raise Refused(f"the resource is {self.resource}, typed was {self.url}")

    def http(self, method: str, url: str, **options: Any) -> requests.Response:
        """What is no MCP message is sent by another program of theirs (issue 653)."""
        if url != self.url:
            options["headers"] = {"User-Agent": "python-httpx/0.28.1"} | options.get("headers", {})
        return super().http(method, url, **options)

    def open(self) -> None:
        """Nothing yet: each call begins a session of its own."""

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        if self.tokens and self.world.service.clock() >= self.expires_at - _EARLY:
            self.refresh()
        if self.opening().status_code == 401:
            self.refresh()
        super().open()
        result = super().call(tool, **arguments)
        text: str = result["content"][0]["text"]
        if len(text) > MOST_OF_A_RESULT:
            raise Refused(f"a result of {len(text)} characters")
        return result

    def probe(self) -> dict[str, str]:
        """What it does every few minutes, whoever is connected: open without a token (issue 260)."""
        kept = self.tokens
        try:
            return self.knock()
        finally:
            self.tokens = kept
