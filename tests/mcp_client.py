"""A client of the MCP door that says just what it is told to say, in either era."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from scripts.verbs.journey import Person
from tests.world import PKCE, VERIFIER, Tokens, World

MODERN, HANDSHAKE = "2026-07-28", "2025-11-25"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "a client", "version": "1"},
}


class Door(Protocol):
    """Who takes a POST to the service."""

    def post(self, path: str, **options: Any) -> requests.Response: ...


@dataclass(frozen=True)
class McpClient:
    """One that speaks VERSION, with a bearer token or without."""

    service: Door
    version: str = MODERN
    bearer: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    def send(self, method: str, **params: Any) -> requests.Response:
        headers = {"MCP-Protocol-Version": self.version, "Accept": "application/json, text/event-stream", **self.bearer}
        meta = dict(self.meta)
        if self.version == MODERN:
            headers |= {"Mcp-Method": method} | ({"Mcp-Name": params["name"]} if "name" in params else {})
            meta = META | meta
        message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params | ({"_meta": meta} if meta else {})}
        return self.service.post("/mcp", json=message, headers=headers)

    def result(self, method: str, **params: Any) -> dict[str, Any]:
        answer = self.send(method, **params)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["jsonrpc"], body["id"]) == ("2.0", 7), body
        found: dict[str, Any] = body["result"]
        assert found.get("resultType") == ("complete" if self.version == MODERN else None)
        return found

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return self.result("tools/call", name=tool, arguments=arguments)


def connected(
    world: World, version: str = MODERN, person: Person | None = None, **parameters: str
) -> tuple[McpClient, Person]:
    """A client of somebody's, which asked for the resource `/mcp` as its metadata names it, and that somebody."""
    person, client = person or world.person(), world.public_client()
    asked = {"scope": "notes:read notes:write", "resource": f"{world.service.url}/mcp", **parameters}
    code = world.code(client, person, **PKCE, **asked)
    answer = world.exchange(client, code=code, code_verifier=VERIFIER, resource=asked["resource"])
    return McpClient(world.service, version, Tokens(**answer.json()).bearer), person
