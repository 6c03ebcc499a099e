"""Where hosts publish their documents: under their real names, so that a test has the client ids of production."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service.oauth.document_fetcher import DocumentFetcher
from tests.hosts.client_documents import CHATGPT, CLAUDE, CLAUDE_CODE, CODEX, VISUAL_STUDIO_CODE
from tests.sites import Authority, Site, site
from tests.world import World

NAMES = ("chatgpt.com", "claude.ai", "vscode.dev", "client.example")


class Internet:
    """A server that is each of `NAMES`, with what the hosts publish."""

    def __init__(self) -> None:
        self.served: Site
        self.trust: ssl.SSLContext
        self._documents: dict[str, bytes] = {}
        for known in (CHATGPT, CLAUDE, CLAUDE_CODE, CODEX, VISUAL_STUDIO_CODE):
            self.publish(known)

    def publish(self, document: dict[str, Any]) -> None:
        """DOCUMENT, at the URL that is its client id."""
        self._documents[document["client_id"]] = json.dumps(document).encode()

    @property
    def asked(self) -> list[str]:
        """The URLs that were fetched, in order."""
        return [_url(request) for request in self.served.requests]

    def answer(self, connection: ssl.SSLSocket) -> None:
        body = self._documents.get(_url(self.served.requests[-1]))
        status = "200 OK" if body else "404 Not Found"
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body or b'')}\r\n\r\n"
        connection.sendall(head.encode() + (body or b""))

    def reach(self, world: World) -> World:
        """WORLD, whose service finds this internet by its names."""
        world.service.backends.client_documents = _Fetcher(self)
        return world


class _Fetcher(DocumentFetcher):
    """Finds every name on this machine. Nobody but root may listen at port 443, so the port is another one."""

    def __init__(self, found: Internet) -> None:
        super().__init__(lambda *_: ["127.0.0.1"], lambda _: True, found.trust)
        self._found = found

    def _connect(self, addresses: list[str], host: str, port: int, ends: float) -> Any:
        assert port == 443
        return super()._connect(addresses, host, self._found.served.port, ends)


@contextmanager
def internet(folder: Path) -> Iterator[Internet]:
    """An internet whose certificate authority keeps its files in FOLDER."""
    authority, made = Authority(folder), Internet()
    made.trust = authority.trust()
    with site(authority.serve_as(*NAMES), made.answer) as made.served:
        yield made


def _url(request: bytes) -> str:
    lines = request.decode().split("\r\n")
    (host,) = (line.partition(": ")[2] for line in lines if line.lower().startswith("host:"))
    return f"https://{host}{lines[0].split(' ')[1]}"
