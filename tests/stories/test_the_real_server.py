"""The service as Cloud Run starts it, under gunicorn, spoken to through a bare socket."""

import os
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests

from scripts.verbs.processes import ROOT, free_port, listens
from tests.deployed import FUNCTIONS_FRAMEWORK, START, Deployed, deployed
from tests.test_settings import GOOD
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


def test_beside_emulators_it_listens_to_this_machine_alone(server: Server) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port))


def test_without_emulators_it_listens_to_everyone_and_asks_nobody() -> None:
    port = free_port()
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **GOOD, "PORT": str(port)}
    with subprocess.Popen(START, cwd=ROOT, env=env) as process:
        try:
            while not listens(port):
                assert process.poll() is None

            assert requests.get(f"http://127.0.0.2:{port}/health", timeout=30).ok
        finally:
            process.terminate()

        assert process.wait(30) == 0


@dataclass
class Halfway:
    """A client of a process of its own, which has sent the head of a request."""

    process: Deployed
    connection: socket.socket

    def end(self) -> None:
        self.process.process.terminate()

    def ended(self, seconds: float = 30) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self.process.process.wait(seconds)
        return None


@pytest.fixture
def halfway() -> Iterator[Halfway]:
    with deployed(THREADS="1") as made:
        tokens = made.world.connect(made.world.assistant(), made.world.person())
        port = urlsplit(made.world.service.url).port
        head = f"POST /notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {tokens.access_token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(NOTE)}\r\nExpect: 100-continue\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(head.encode())
            assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            yield Halfway(made, connection)


def test_at_sigterm_a_request_that_was_taken_is_answered(halfway: Halfway) -> None:
    halfway.end()
    halfway.connection.sendall(NOTE)

    assert halfway.connection.recv(65_536).startswith(b"HTTP/1.1 201 ")
    assert halfway.ended() == 0
    assert "a private thought" in halfway.process.world.everything()


def test_after_sigterm_nobody_is_waited_for_longer_than_cloud_run_waits(halfway: Halfway) -> None:
    began = time.monotonic()
    halfway.end()
    for piece in (NOTE[at : at + 1] for at in range(len(NOTE) - 1)):  # as slow as may be, and never whole
        if halfway.ended(1) is not None:
            break
        halfway.connection.sendall(piece)

    assert halfway.ended() == 0
    assert time.monotonic() - began < 12  # nine, and what a busy machine adds; Cloud Run waits ten, gunicorn thirty
    assert "a private thought" not in halfway.process.world.everything()


def test_functions_framework_finds_the_service_at_its_handler() -> None:
    with deployed(command=(*FUNCTIONS_FRAMEWORK, "--host=127.0.0.1"), THREADS=str(THREADS)) as made:
        tokens = made.world.connect(made.world.assistant(), made.world.person())
        port = urlsplit(made.world.service.url).port
        assert port
        server = Server(port, made.world, tokens, made)
        pieces = chunk(b" " * 60_000) * 26 + chunk(b"")
        refused = server.post("/notes", f"{CHUNKED}\r\nConnection: close", pieces)
        broken = server.post("/health", CHUNKED, b"2\r\n{}\r\na private thought\r\n")

        assert made.world.save(tokens, "t", "c").status_code == 201
        assert (refused[:12], broken[:12]) == ("HTTP/1.1 413", "HTTP/1.1 405")
        assert [word for word in ("CRITICAL", "Traceback", "private thought") if word in made.printed()] == []
