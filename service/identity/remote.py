"""HTTP to one server by Python's own client, over connections that are kept."""

import ssl
from collections.abc import Mapping
from dataclasses import field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit
from weakref import finalize

from service.errors import Unavailable
from service.record import record

_SECONDS = 5
_MOST_BYTES = 1 << 20


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
        self._kept: list[HTTPConnection] = []
        finalize(self, _close, self._kept)

    def call(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """What it answers below its URL; each wait is of 5 s at most. Raises `errors.Unavailable`.

        The call can be repeated without harm: on a kept connection that has ended meanwhile it is, on a new one.
        """
        try:
            if self._kept:
                try:
                    return self._send(self._kept.pop(), method, path, body, headers)
                except TimeoutError:
                    raise
                except (OSError, HTTPException, IndexError):  # IndexError: another thread has taken the last
                    _close(self._kept)  # they have all been idle for as long
            return self._send(self._open(), method, path, body, headers)
        except (OSError, HTTPException) as failed:
            raise Unavailable(f"{self._host}: {type(failed).__name__}") from None

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
                content = got.read(_MOST_BYTES + 1)
                answer = Answer(got.status, content, got.getheader("Cache-Control", ""), got.getheader("Age", ""))
            if len(content) > _MOST_BYTES:
                raise HTTPException  # noqa: TRY301  # what follows is the same as for a broken answer
        except BaseException:
            connection.close()
            raise
        self._kept.append(connection)
        return answer


def _close(kept: list[HTTPConnection]) -> None:
    while kept:
        kept.pop().close()
