"""Fetching a document from an address that a stranger chose, without becoming their way in (CIMD section 6.5).

`http.client` on a socket of our own: anything above it resolves the name again when it connects, and has a timeout for
each read but none for an answer.
"""

import re
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from datetime import timedelta
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import BoundedSemaphore
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from service.errors import Unavailable
from service.oauth.client_documents import url_problem
from service.oauth.freshness import freshness
from service.oauth.public_addresses import is_public
from service.record import record

MOST_BYTES = 5_120
MOST_IN_FLIGHT = 4
_MOST_BYTES_IN_ALL = 65_536  # with headers, chunk sizes, trailers
_MOST_ADDRESSES = 4
_JSON = re.compile(r"application/([a-z0-9!#$&^_.+-]+\+)?json\s*(;.*)?", re.IGNORECASE)

_SLOW = "The host of the client id took too long to answer with the document."
_BROKEN = "The host of the client id broke off, or does not speak HTTP over TLS."
_LARGE = f"The client id must answer with at most {MOST_BYTES} bytes."

Resolve = Callable[[str, int], list[str]]


class FetchRefused(Exception):
    """There is no document. `reason` tells the client's developer why, and quotes nothing that the host sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@record
class Fetched:
    """What a URL answered, at most `MOST_BYTES`, and for how long it may be used without asking again."""

    body: bytes = field(repr=False)
    fresh_for: timedelta


def resolve(host: str, port: int) -> list[str]:
    """Every address of HOST, by the system's resolver. Raises `OSError` when there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class DocumentFetcher:
    """Fetches documents, a few at a time; one serves a process. It keeps TLS, by default the system's, for itself."""

    def __init__(
        self,
        resolve: Resolve = resolve,
        is_public: Callable[[str], bool] = is_public,
        tls: ssl.SSLContext | None = None,
        most_time: timedelta = timedelta(seconds=5),
    ) -> None:
        self._resolve, self._is_public, self._given_tls = resolve, is_public, tls
        self._seconds = most_time.total_seconds()
        self._slots = BoundedSemaphore(MOST_IN_FLIGHT)
        self._threads = ThreadPoolExecutor(MOST_IN_FLIGHT, "document")

    def fetch(self, url: str) -> Fetched:
        """What URL answers to one GET; within `most_time`, whatever the other side does.

        Its name is resolved once, and unless every address is public none is connected to. Raises `FetchRefused`, or
        `errors.Unavailable` while `MOST_IN_FLIGHT` fetches are under way.
        """
        if problem := url_problem(url):
            raise FetchRefused(f"The client id {problem}.")
        if not self._slots.acquire(blocking=False):
            raise Unavailable("client documents: too many fetches under way")
        fetching = self._threads.submit(self._work, url, monotonic() + self._seconds)
        try:
            return fetching.result(self._seconds)
        except TimeoutError:  # a resolver cannot be interrupted: its slot stays taken until it returns
            raise FetchRefused(_SLOW) from None

    def _work(self, url: str, ends: float) -> Fetched:
        try:
            return self._get(url, ends)
        except ssl.SSLCertVerificationError:
            raise FetchRefused("The host of the client id has no valid certificate for its name.") from None
        except TimeoutError:
            raise FetchRefused(_SLOW) from None
        except (OSError, HTTPException, ValueError):  # ValueError: a chunk of -5 bytes
            raise FetchRefused(_BROKEN) from None
        finally:
            self._slots.release()

    def _get(self, url: str, ends: float) -> Fetched:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        with self._connect(self._addresses(host, port), host, port, ends) as connected:
            connection = HTTPConnection(host, port)
            connection.sock = connected
            target = url.removeprefix(f"https://{parts.netloc}")
            connection.request("GET", target, headers=_headers(parts.netloc))
            with connection.getresponse() as answer:
                return _read(answer)

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = self._resolve(host, port)
        except OSError:
            addresses = []
        # One answer for both: which names our own network knows is nobody's business.
        if not addresses or not all(self._is_public(address) for address in addresses):
            raise FetchRefused("The host of the client id must have addresses, and public ones alone.")
        return addresses[:_MOST_ADDRESSES]

    def _connect(self, addresses: list[str], host: str, port: int, ends: float) -> "_BoundedSocket":
        for tried, address in enumerate(addresses):
            share = _left(ends) / (len(addresses) - tried)
            try:
                plain = socket.create_connection((address, port), share)
            except OSError:
                continue
            with plain:  # which is empty once the TLS socket has taken it over
                plain.settimeout(_left(ends))
                connected = self._tls.wrap_socket(plain, server_hostname=host)
            assert isinstance(connected, _BoundedSocket)
            connected.ends = ends
            return connected
        raise FetchRefused("The host of the client id cannot be reached.")

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        tls = self._given_tls or ssl.create_default_context()
        tls.sslsocket_class = _BoundedSocket
        return tls


class _BoundedSocket(ssl.SSLSocket):
    """Receives until `ends` on the monotonic clock and `_MOST_BYTES_IN_ALL`, in however many pieces they come."""

    ends = 0.0
    received = 0

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(_left(self.ends))
        count = super().recv_into(buffer, nbytes, flags)
        self.received += count
        if self.received > _MOST_BYTES_IN_ALL:
            raise FetchRefused(_LARGE)
        return count


def _left(ends: float) -> float:
    seconds = ends - monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _headers(host: str) -> dict[str, str]:
    return {
        "Host": host,
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "itsimple-mate",
        "Connection": "close",
    }


def _read(answer: HTTPResponse) -> Fetched:
    if answer.status != 200:
        raise FetchRefused("The client id must answer 200 itself; redirects are not followed.")
    if not _JSON.fullmatch(answer.getheader("Content-Type", "")):
        raise FetchRefused("The client id must answer with the content type application/json.")
    if answer.getheader("Content-Encoding", "identity").lower() != "identity":
        raise FetchRefused("The client id must answer without compression, as it is asked to.")
    fresh_for = freshness(answer.getheader("Cache-Control", ""), answer.getheader("Age", ""))
    return Fetched(_read_body(answer), fresh_for)


def _read_body(answer: HTTPResponse) -> bytes:
    if (answer.length or 0) > MOST_BYTES:
        raise FetchRefused(_LARGE)
    body = b""
    while len(body) <= MOST_BYTES and (more := answer.read(MOST_BYTES + 1 - len(body))):
        body += more
    if len(body) > MOST_BYTES:
        raise FetchRefused(_LARGE)
    if answer.length:  # it ended before its Content-Length
        raise FetchRefused(_BROKEN)
    return body
