"""python -m bench.load: saves notes as fast as they are answered, over several connections, one each at a time.

One thread, which reads and writes as sockets are ready, so that it costs the machine less than any server. What to do
comes as JSON on standard input (`Load`), what happened goes to standard output (`Ran`). Any answer but a 201 ends it.
"""

import json
import secrets
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from scripts.verbs.processes import ROOT

_WORDS = "word " * 480
_MOST_SECONDS = 300.0


@dataclass(frozen=True)
class Load:
    """COUNT saves at URL with an access token, by so many CONNECTIONS."""

    url: str
    token: str
    count: int
    connections: int

    def run(self) -> "Ran":
        """In a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"],
            cwd=ROOT,
            input=json.dumps(asdict(self)),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"The load on {self.url} failed: {done.stderr[-500:]}")
        return Ran(**json.loads(done.stdout))


@dataclass(frozen=True)
class Ran:
    seconds: float
    cpu_ms: float
    """Of this process: what it took from the machine."""
    opened: int
    """Connections, those that the server closed and that were opened anew included."""
    latencies: list[float]
    """Milliseconds of each save, from sending to the last byte of its answer."""


class _Connection:
    def __init__(self, load: Load) -> None:
        parts = urlsplit(load.url)
        self._address = (parts.hostname or "", parts.port or 80)
        body_size = len(self._body(""))
        self._head = (
            f"POST /notes HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {load.token}\r\n"
            f"Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: {body_size + 16}\r\n\r\n"
        ).encode()
        self.opened, self.latencies = 0, list[float]()
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(self._address, timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.opened += 1

    def send(self) -> None:
        self._began, self._got = time.perf_counter(), b""
        self.socket.sendall(self._head + self._body(secrets.token_hex(8)))

    def has_read_all(self) -> bool:
        """Read what is there; whether that was the end of the answer."""
        read = self.socket.recv(65_536)
        if not read:
            raise ConnectionError("The server closed a connection in the middle.")
        self._got += read
        head, ended, body = self._got.partition(b"\r\n\r\n")
        if not ended:
            return False
        headers = head.lower()
        if not headers.startswith(b"http/1.1 201"):
            raise ValueError(f"The server answered {head[:12]!r}, not 201.")
        _, _, after = headers.partition(b"\r\ncontent-length:")
        if not after:
            raise ValueError("The server's answer has no Content-Length.")
        if len(body) < int(after.partition(b"\r\n")[0]):
            return False
        self.latencies.append((time.perf_counter() - self._began) * 1000)
        self.is_closed = b"\r\nconnection: close" in headers
        return True

    @staticmethod
    def _body(different: str) -> bytes:
        return b'{"title": "A note", "content": "%s %s"}' % (different.encode(), _WORDS.encode())


def ran(load: Load) -> Ran:
    connections = [_Connection(load) for _ in range(min(load.connections, load.count))]
    left, cpu, began = load.count, time.process_time(), time.perf_counter()
    with selectors.DefaultSelector() as ready:
        for connection in connections:
            ready.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send()
            left -= 1
        while ready.get_map():
            if time.perf_counter() > began + _MOST_SECONDS:
                raise TimeoutError(f"The load took longer than {_MOST_SECONDS:.0f} seconds.")
            for key, _ in ready.select(1):
                left -= _go_on(key.data, ready, left)
    latencies = [each for connection in connections for each in connection.latencies]
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Ran(seconds, cpu * 1000, sum(connection.opened for connection in connections), latencies)


def _go_on(connection: _Connection, ready: selectors.BaseSelector, left: int) -> int:
    """Read, and send the next one if the answer is complete; how many were sent."""
    if not connection.has_read_all():
        return 0
    if connection.is_closed or not left:
        ready.unregister(connection.socket)
        connection.socket.close()
    if not left:
        return 0
    if connection.is_closed:
        connection.open()
        ready.register(connection.socket, selectors.EVENT_READ, connection)
    connection.send()
    return 1


if __name__ == "__main__":
    json.dump(asdict(ran(Load(**json.load(sys.stdin)))), sys.stdout)
