"""Programs on a person's computer: they come back to it, at a loopback port or by a scheme of their own."""

import base64
import hashlib
from typing import Any

import requests

from tests.hosts import client_documents
from tests.hosts.client_documents import CLAUDE_CODE, CODEX, VISUAL_STUDIO_CODE
from tests.hosts.host import Host
from tests.hosts.internet import Internet
from tests.hosts.wire import Refused, challenge_of
from tests.mcp_client import MODERN
from tests.world import World

CURSOR_APP = "cursor://anysphere.cursor-mcp/oauth/callback"
CURSOR_WEB = "https://www.cursor.com/agents/mcp/oauth/callback"
CURSOR_LOOPBACK = "http://localhost:8787/callback"


class ClaudeCode(Host):
    """By code.claude.com/docs/en/mcp; its registration as captured in elmohq/elmo PR 684.

    It listens at ADDRESS, whose port is another one each time.
    """

    name = "claude-code"
    version = "2.1.207"
    user_agent = "claude-code/2.1.207 (cli)"
    document_id = CLAUDE_CODE["client_id"]
    most_of_a_description = 2_048  # characters
    most_of_a_result = 100_000  # characters: 25,000 tokens

    def __init__(self, world: World, address: str = "localhost:3118", **options: Any) -> None:
        super().__init__(world, **options)
        self._address = address

    def redirect(self) -> str:
        return f"http://{self._address}/callback"

    def registration(self) -> dict[str, Any]:
        return super().registration() | {"client_name": "Claude Code (mate)", "application_type": "native"}

    def opened(self, result: dict[str, Any]) -> None:
        super().opened(result)
        if len(result["instructions"]) > self.most_of_a_description:
            raise Refused("instructions are cut")

    def list_tools(self) -> None:
        super().list_tools()
        for name, tool in self.tools.items():
            if len(tool["description"]) > self.most_of_a_description:
                raise Refused(f"{name}: the description is cut")

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = super().call(tool, **arguments)
        if len(result["content"][0]["text"]) >= self.most_of_a_result:
            raise Refused(f"{tool}: the result is cut")
        return result


class Codex(Host):
    """By its source: openai/codex, codex-rs/rmcp-client, perform_oauth_login.rs and oauth_client_registration.rs.

    One of 0.143 and a few after it LOSES_ISS (issues 33354 and 31573).
    """

    name = "codex-mcp-client"
    version = "0.147.0"
    user_agent = "codex-mcp-client/0.147.0"
    protocol = MODERN

    def __init__(self, world: World, hosts: Internet, *, port: int = 41_733, loses_iss: bool = False) -> None:
        super().__init__(world)
        self._port, self._loses_iss = port, loses_iss
        digest = hashlib.sha256(self.url.encode()).digest()
        self.callback_id = base64.urlsafe_b64encode(digest[:9]).decode()
        hosts.publish(client_documents.codex(self.callback_id))

    def knock(self) -> dict[str, str]:
        """It asks for the metadata whatever the server answers; GET /mcp first, which may have a challenge."""
        answer = self.http("GET", self.url)
        if answer.status_code not in (401, 405):
            raise Refused("no MCP server")
        return {}

    @property
    def _is_issuer_named(self) -> bool:
        return bool(self.server.get("authorization_response_iss_parameter_supported"))

    def redirect(self) -> str:
        own = CODEX if self._is_issuer_named else client_documents.codex(self.callback_id)
        self.document_id = own["client_id"]
        path = "" if self._is_issuer_named else f"/{self.callback_id}"
        return f"http://127.0.0.1:{self._port}/callback{path}"

    def registration(self) -> dict[str, Any]:
        return super().registration() | {"client_name": "Codex", "application_type": "native"}

    def check_issuer(self, issuer: str | None) -> None:
        super().check_issuer(None if self._loses_iss else issuer)


class VisualStudioCode(Host):
    """By its source: microsoft/vscode, src/vs/base/common/oauth.ts, fetchDynamicRegistration.

    It comes back to CALLBACK: its own port, another one when that is taken (issue 278512), or vscode.dev.
    """

    name = "Visual Studio Code"
    version = "1.106.0"
    user_agent = "Visual Studio Code/1.106.0"
    document_id = VISUAL_STUDIO_CODE["client_id"]

    def __init__(self, world: World, callback: str = "http://127.0.0.1:33418/") -> None:
        super().__init__(world)
        self._callback = callback

    def redirect(self) -> str:
        return self._callback

    def registration(self) -> dict[str, Any]:
        redirect_uris = ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect"]
        redirect_uris += ["http://127.0.0.1/", "http://127.0.0.1:33418/"]
        more = {"client_uri": "https://code.visualstudio.com", "application_type": "native", "scope": self.scope}
        return super().registration() | more | {"redirect_uris": redirect_uris}


class Cursor(Host):
    """By erp-mafia/accounted PR 2225 and cursor.com/docs/mcp: three redirect URIs in one registration.

    Its desktop app comes back by its own scheme, Cursor on the web to CURSOR_WEB.
    """

    name = "cursor-vscode"  # [unverified]
    user_agent = "Cursor/3.14"  # [unverified]

    def __init__(self, world: World, callback: str = CURSOR_APP) -> None:
        super().__init__(world)
        self._callback = callback

    def redirect(self) -> str:
        return self._callback

    def registration(self) -> dict[str, Any]:
        redirect_uris = [CURSOR_APP, CURSOR_WEB, CURSOR_LOOPBACK]
        return super().registration() | {"client_name": "Cursor", "redirect_uris": redirect_uris}


class Inspector(Host):
    """By its source, modelcontextprotocol/inspector: it registers itself, and its page does the rest."""

    name = "inspector-client"
    version = "0.17.0"
    user_agent = "Mozilla/5.0"

    def redirect(self) -> str:
        return "http://localhost:6274/oauth/callback"

    def registration(self) -> dict[str, Any]:
        more = {"client_name": "MCP Inspector", "client_uri": "https://github.com/modelcontextprotocol/inspector"}
        return super().registration() | more | {"scope": self.scope}

    def http(self, method: str, url: str, **options: Any) -> requests.Response:
        headers = {"Origin": "http://localhost:6274"} | options.pop("headers", {})
        return super().http(method, url, headers=headers, **options)


class OpenCode(Host):
    """By anomalyco/opencode issue 36946 and elmohq/elmo PR 684: it signs in when its first message is refused, or never.

    So do others, as langgenius/dify issue 36230, danny-avila/LibreChat issue 13249 and vuetifyjs/mcp PR 40 say.
    """

    def __init__(self, world: World, name: str = "opencode") -> None:
        self.name, self.user_agent = name, f"{name}/1.15.6"
        super().__init__(world)

    def redirect(self) -> str:
        return "http://127.0.0.1:19876/mcp/oauth/callback"

    def knock(self) -> dict[str, str]:
        answer = self.opening()
        if answer.status_code != 401:
            raise Refused("no authentication required")
        return challenge_of(answer)
