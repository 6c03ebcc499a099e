"""The service as Cloud Run starts it, under functions-framework and gunicorn, spoken to through a bare socket."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests

from tests.deployed import Deployed, deployed
from tests.world import Tokens, World

THREADS = 3
NOTE = b'{"title":"t","content":"a private thought"}'


@dataclass
class Server:
    port: int
    world: World
    tokens: Tokens
    process: Deployed

    def say(self, request: bytes, *, half_close: bool = True, seconds: float = 30) -> str:
        """Send REQUEST as it stands and return what comes back until the server has said all of it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(request)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65_536):
                answer += piece
            return answer.decode()

    def post(self, path: str, headers: str, body: bytes) -> str:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
        head += f"{self.tokens.access_token}\r\nContent-Type: application/json\r\n{headers}\r\n\r\n"
        return self.say(head.encode() + body)

    def logged(self) -> str:
        return self.process.printed()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with deployed(THREADS=str(THREADS)) as made:
        world = made.world
        port = urlsplit(world.service.url).port
        assert port
        yield Server(port, world, world.connect(world.assistant(), world.person()), made)
        assert "CRITICAL" not in made.printed()
        assert "Traceback" not in made.printed()


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


CHUNKED = "Transfer-Encoding: chunked"


def test_a_note_may_come_in_chunks(server: Server) -> None:
    body = b"".join(chunk(NOTE[start : start + 7]) for start in range(0, len(NOTE), 7)) + chunk(b"")

    assert server.post("/notes", CHUNKED, body).startswith("HTTP/1.1 20")


@pytest.mark.parametrize("path", ["/notes", "/token", "/authorization"])
@pytest.mark.parametrize(
    "body", [b"ZZ\r\n", b"5\r\nab", b"2\r\n{}\r\na private thought\r\n", b"", b"ffffffffffffffff\r\n", b"-1\r\n"]
)
def test_broken_chunks_are_a_400_and_reach_no_log(server: Server, path: str, body: bytes) -> None:
    answer = server.post(path, CHUNKED.replace("application/json", ""), body)

    assert answer.startswith("HTTP/1.1 4"), answer
    assert "private thought" not in server.logged()


@pytest.mark.parametrize("body", [b"ZZ\r\n", b"2\r\n{}\r\na private thought\r\n"])
def test_broken_chunks_that_nobody_reads_do_no_harm(server: Server, body: bytes) -> None:
    answer = server.post("/health", CHUNKED, body)

    assert answer.startswith("HTTP/1.1 405"), answer
    assert "private thought" not in server.logged()


def test_a_long_body_is_refused_and_not_cut_to_fit(server: Server) -> None:
    whole = NOTE + b" " * 1_500_000 + b"garbage}}"
    chunks = b"".join(chunk(whole[start : start + 60_000]) for start in range(0, len(whole), 60_000)) + chunk(b"")

    assert server.post("/notes", CHUNKED, chunks).startswith("HTTP/1.1 413")
    assert server.post("/notes", f"Content-Length: {len(whole)}", whole).startswith("HTTP/1.1 413")


@pytest.mark.parametrize("path", ["/notes", "/register"])
def test_a_body_that_is_announced_too_long_is_refused_before_it_comes(server: Server, path: str) -> None:
    assert server.post(path, "Content-Length: 99999999", b"").startswith("HTTP/1.1 413")


def test_a_body_that_breaks_off_is_not_saved(server: Server) -> None:
    answer = server.post("/notes", f"Content-Length: {len(NOTE) + 50}", NOTE)

    assert answer.startswith("HTTP/1.1 400")


def test_bodies_that_do_not_arrive_do_not_keep_others_waiting(server: Server) -> None:
    stalled = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(THREADS)]  # no thread is left
    for connection in stalled:
        connection.sendall(b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")

    assert requests.get(f"http://localhost:{server.port}/health", timeout=60).status_code == 200

    for connection in stalled:
        connection.close()


def test_the_page_and_all_that_it_loads_come_through(server: Server) -> None:
    base = f"http://localhost:{server.port}"
    page = requests.get(
        server.world.authorization_url(server.world.assistant()).replace(server.world.service.url, base), timeout=30
    )
    addresses = [part.partition('"')[0] for part in page.text.split('"/assets/')[1:]]

    assert len(addresses) >= 4
    for address in addresses:
        assert requests.get(f"{base}/assets/{address}", timeout=30).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/notes"])
@pytest.mark.parametrize("headers", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_client_that_vanishes_in_the_middle_is_no_incident(server: Server, path: str, headers: str) -> None:
    connection = socket.create_connection(("127.0.0.1", server.port))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.tokens.access_token}\r\n"
    connection.sendall(f"{head}Content-Type: application/json\r\n{headers}\r\n\r\n5\r\n{{".encode())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()  # with a reset

    assert requests.get(f"http://localhost:{server.port}/health", timeout=60).status_code == 200
