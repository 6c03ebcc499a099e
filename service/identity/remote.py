"""HTTP to one server by Python's own client, over connections that are kept."""

import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit
from weakref import finalize

from service.errors import Unavailable
from service.record import record

_SECONDS = 5
_MOST_BYTES = 1 << 20
_MOST_IDLE = 60.0


@record
class Answer:
    status: int
    body: bytes = field(repr=False)
    cache_control: str
    age: str


class Remote:
    """What is at URL and below it. Threads may share it. It follows no redirect and knows no proxy."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url, self._host, self._path = url, parts.netloc, parts.path
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._kept: list[tuple[float, HTTPConnection]] = []
        finalize(self, _close, self._kept)

    def call(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """What it answers below its URL, within 5 s of its beginning to. Raises `errors.Unavailable`.

        The call can be repeated without harm, and is, once and on a new connection, when it fails or takes longer.
        """
        for is_last in (False, True):
            connection = (not is_last and self._take()) or self._open()
            try:
                return self._send(connection, method, path, body, headers)
            except (OSError, HTTPException) as failed:
                _close(self._kept)  # they have been idle for as long
                if is_last:
                    raise Unavailable(f"{self._host}: {type(failed).__name__}") from None
        raise AssertionError  # not reached

    def _take(self) -> HTTPConnection | None:
        """A kept connection that has not been idle for long: a network forgets it, and says so to nobody."""
        while self._kept:
            with suppress(IndexError):  # another thread has taken the last
                since, connection = self._kept.pop()
                if time.monotonic() < since + _MOST_IDLE:
                    return connection
                connection.close()
        return None

    def _open(self) -> HTTPConnection:
        if self._tls:
            return HTTPSConnection(self._host, timeout=_SECONDS, context=self._tls)
        return HTTPConnection(self._host, timeout=_SECONDS)

    def _send(
        self, connection: HTTPConnection, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        try:
            connection.request(method, self._path + path, body, headers)
            with connection.getresponse() as got:
                content = _read(got)
                answer = Answer(got.status, content, got.getheader("Cache-Control", ""), got.getheader("Age", ""))
        except BaseException:
            connection.close()
            raise
        self._kept.append((time.monotonic(), connection))
        return answer


def _read(got: HTTPResponse) -> bytes:
    content, end = b"", time.monotonic() + _SECONDS
    while piece := got.read1(65_536):
        content += piece
        if len(content) > _MOST_BYTES:
            raise HTTPException
        if time.monotonic() > end:
            raise TimeoutError
    return content


def _close(kept: list[tuple[float, HTTPConnection]]) -> None:
    while kept:
        kept.pop()[1].close()
