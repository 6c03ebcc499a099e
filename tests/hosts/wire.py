"""What every host says over HTTP: the messages of either era, with a token or without, and what it cannot live with."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.mcp_client import HANDSHAKE, MODERN, McpClient
from tests.world import World

Change = Callable[[Any], Any]


class Refused(Exception):
    """The host goes no further, for the reason that is the text."""


class SignInNeeded(Exception):
    """The host asks its person to connect (again): the server's challenge has these parameters."""

    def __init__(self, challenge: Mapping[str, str]) -> None:
        super().__init__(challenge.get("error_description", ""))
        self.challenge = challenge


class Wire:
    """The connection of a program to WORLD's MCP server.

    CHANGED spoils what it reads: by the path of a document, by MCP's method, or of the "callback".
    """

    name = "A host"
    version = "1.0.0"
    user_agent = "A-Host/1.0.0"
    protocol = HANDSHAKE
    accept = "application/json, text/event-stream"

    def __init__(self, world: World, *, changed: Mapping[str, Change] | None = None) -> None:
        self.world, self.changed = world, changed or {}
        self.url = f"{world.service.url}/mcp"
        self.tokens: dict[str, Any] = {}
        self.tools: dict[str, dict[str, Any]] = {}

    def opening(self) -> requests.Response:
        """What answers the first message of a connection."""
        if self.protocol == MODERN:
            return self.send("server/discover")
        info = {"name": self.name, "version": self.version}
        return self.send("initialize", protocolVersion=self.protocol, capabilities={}, clientInfo=info)

    def open(self) -> None:
        """The first messages with the token, and the list of tools."""
        answer = self.opening()
        if answer.status_code != 200:
            raise Refused(f"not opened: {answer.text}")
        self.opened(self.change(self._method, answer.json())["result"])
        if "Mcp-Session-Id" in answer.headers:
            raise Refused("a session that would have to be kept")
        if self.protocol != MODERN:
            self.tell("notifications/initialized")
        self.list_tools()

    def opened(self, result: dict[str, Any]) -> None:
        """What it makes of the server's RESULT. Raises `Refused`."""
        if self.protocol != MODERN and result["protocolVersion"] != self.protocol:
            raise Refused("another version of the protocol")

    def list_tools(self) -> None:
        answer = self.send("tools/list")
        if answer.status_code != 200:
            raise Refused(f"no tools: {answer.text}")
        self.tools = {tool["name"]: tool for tool in self.change("tools/list", answer.json())["result"]["tools"]}

    @property
    def meta(self) -> dict[str, Any]:
        """What it says beside each message's parameters."""
        info = {"name": self.name, "version": self.version}
        return {"io.modelcontextprotocol/clientInfo": info} if self.protocol == MODERN else {}

    def headers(self) -> dict[str, str]:
        bearer = {"Authorization": f"Bearer {self.tokens['access_token']}"} if self.tokens else {}
        return {"User-Agent": self.user_agent, "Accept": self.accept, **bearer}

    def send(self, method: str, **params: Any) -> requests.Response:
        return McpClient(self, self.protocol, self.headers(), self.meta).send(method, **params)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.http("POST", self.world.service.url + path, **options)

    def tell(self, method: str) -> None:
        """A notification, which wants no answer."""
        headers = self.headers() | {"MCP-Protocol-Version": self.protocol}
        answer = self.http("POST", self.url, json={"jsonrpc": "2.0", "method": method}, headers=headers)
        if (answer.status_code, answer.content) != (202, b""):
            raise Refused(f"{method} is answered: {answer.text}")

    def document(self, url: str) -> dict[str, Any]:
        answer = self.http("GET", url, headers={"MCP-Protocol-Version": self.protocol})
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("application/json"):
            raise Refused(f"{url} is no document")
        found: dict[str, Any] = self.change(urlsplit(url).path, answer.json())
        return found

    def http(self, method: str, url: str, **options: Any) -> requests.Response:
        headers = {"User-Agent": self.user_agent} | options.pop("headers", {})
        try:
            answer = requests.request(method, url, headers=headers, timeout=10, allow_redirects=False, **options)
        except requests.ConnectionError:
            raise Refused(f"{url} cannot be reached") from None
        return self._taken(answer)

    def change(self, what: str, body: Any) -> Any:
        return self.changed[what](body) if what in self.changed else body

    @property
    def _method(self) -> str:
        return "server/discover" if self.protocol == MODERN else "initialize"

    def _taken(self, answer: requests.Response) -> requests.Response:
        if answer.is_redirect:
            raise Refused(f"{answer.url} redirects: the token would be lost on the way")
        if answer.cookies:
            raise Refused(f"{answer.url} sets a cookie, which would not come back")
        return answer


def challenge_of(answer: requests.Response) -> dict[str, str]:
    """The parameters of WWW-Authenticate. Raises `Refused` when they do not say where the metadata is."""
    return parse_challenge(answer.headers.get("WWW-Authenticate", ""))


def parse_challenge(value: str) -> dict[str, str]:
    found = dict(re.findall(r'(\w+)="([^"]*)"', value))
    if not value.startswith("Bearer ") or "resource_metadata" not in found:
        raise Refused(f"a challenge that leads nowhere: {value!r}")
    return found
