"""Who saves notes at an instance of the service: by POST /notes, or through MCP by hand or by the SDK."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

import requests

from bench.arena import new_code, register
from bench.server import Server
from scripts.verbs.journey import Firebase
from scripts.verbs.processes import free_port
from service.google_backends import GoogleBackends
from service.mcp.protocol import MODERN
from tests import world as worlds
from tests.deployed import environment

NOTES, BY_HAND, SDK = "/notes", "/mcp", "/carried"
_WORDS = "word " * 480
_META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "a client", "version": "1"},
}


class Saver:
    """One that saves at SERVER, by any of the doors, over one connection."""

    def __init__(self, server: Server, access_token: str) -> None:
        self.server, self._session = server, requests.Session()
        self._bearer = {"Authorization": f"Bearer {access_token}", "Accept": "application/json, text/event-stream"}

    def save(self, path: str, version: str) -> None:
        note = {"title": "A note", "content": f"{secrets.token_hex(8)} {_WORDS}"}
        if path == NOTES:
            self._post(path, note, {})
        else:
            self.send(path, version, "tools/call", name="saveNote", arguments=note)

    def open(self, path: str, version: str) -> None:
        if version == MODERN:
            self.send(path, version, "server/discover")
        else:
            asked = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "a client", "version": "1"}}
            self.send(path, version, "initialize", **asked)

    def send(self, path: str, version: str, method: str, **params: Any) -> None:
        headers = {"MCP-Protocol-Version": version}
        if version == MODERN:
            headers |= {"Mcp-Method": method} | ({"Mcp-Name": params["name"]} if "name" in params else {})
            params["_meta"] = _META
        answer = self._post(path, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers)
        assert "result" in answer, answer
        assert not answer["result"].get("isError"), answer

    def modules(self) -> int:
        found: int = self._session.get(f"{self.server.url}/loaded", timeout=60).json()
        return found

    def close(self) -> None:
        self._session.close()

    def _post(self, path: str, body: object, headers: Mapping[str, str]) -> dict[str, Any]:
        raw = json.dumps(body)
        headers = {**self._bearer, "Content-Type": "application/json", **headers}
        answer = self._session.post(self.server.url + path, data=raw, headers=headers, timeout=60)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


class Cast:
    """A person, an assistant that they have allowed, and what every instance of the service is given."""

    def __init__(self) -> None:
        project, self.port = worlds.new_project(), free_port()
        self._url = f"http://localhost:{self.port}"
        self.env = environment(project, self._url)
        person = Firebase(worlds.AUTH, worlds.FIRESTORE, project).sign_up("ada@example.com", secrets.token_urlsafe(9))
        self._store, self._uid = GoogleBackends(worlds.settings(project, self._url)).oauth, person.uid

    def access_token(self, server: Server) -> str:
        """One of an hour, good for every instance."""
        client = register(self._store, "A client")
        form = {"grant_type": "authorization_code", "redirect_uri": client.redirect_uri}
        form |= {"client_id": client.client_id, "client_secret": client.client_secret}
        form["code"] = new_code(self._store, client, self._uid, self._url)
        answer = requests.post(f"{server.url}/token", data=form, timeout=60)
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token
