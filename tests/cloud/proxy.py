"""A proxy that answers as Google's APIs, so that gcloud and firebase-tools run as they are, with the hosts' own names."""

import json
import re
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.cloud.descriptions import Exchange
from tests.sites import Authority

Answer = tuple[int, Any]
Api = Callable[[str, str, Mapping[str, str], Any], Answer]
"""What an API answers to a method, a path, a query and a body."""
APPS = ".run.app"
# What no discovery document describes: OAuth's answer to firebase-tools, and where it asks for news.
_TOKENS, _NEWS = ("www.googleapis.com", "/oauth2/v3/token"), "firebase-public.firebaseio.com"


@dataclass(frozen=True)
class Failure:
    """The NTH request, from 1, with this METHOD and a path that has PATH in it as a pattern is answered so instead."""

    method: str
    path: str
    nth: int
    status: int
    reason: str
    message: str = ""


class Upload(NamedTuple):
    """The body of an upload in two parts."""

    about: Any
    content: bytes


class Visit(NamedTuple):
    """A request to a service on Cloud Run."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    content: bytes


def _nowhere(visit: Visit) -> Reply:
    return Reply(404, {}, f"nothing serves {visit.host}".encode())


def error(code: int, status: str, message: str) -> Answer:
    return code, {"error": {"code": code, "status": status, "message": message}}


def _nobody(*_: object) -> Answer:
    return error(404, "NOT_FOUND", "no such API here")


class Proxy:
    """Answers for APIS by their host; another host or path is a 404, and like every exchange it is kept."""

    def __init__(self, folder: Path, apis: Mapping[str, Api]) -> None:
        self._authority, self._apis, self._lock = Authority(folder), apis, threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.exchanges: list[Exchange] = []
        self.failures: list[Failure] = []
        self.before_effect: Callable[[str, str], object] = _nobody
        """Told the method and path of each request that has arrived, and has had no effect."""
        self.before_answer: Callable[[Exchange], object] = _nobody
        """Told of each exchange when it has had its effect, and nobody knows of it yet."""
        self.visit: Callable[[Visit], Reply] = _nowhere
        """Who answers at the addresses of Cloud Run's services, several at a time."""
        self._met: Counter[Failure] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def env(self) -> dict[str, str]:
        """The variables by which a program reaches this proxy, and believes it."""
        url, bundle = f"http://127.0.0.1:{self._server.server_port}", str(self._authority.bundle())
        trust = (
            "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "SSL_CERT_FILE",
            "HTTPLIB2_CA_CERTS",
            "NODE_EXTRA_CA_CERTS",
        )
        return {"HTTPS_PROXY": url, "HTTP_PROXY": url} | dict.fromkeys(trust, bundle)

    def answer(self, host: str, method: str, target: str, body: Any) -> Answer:
        """One after the other, whoever asks."""
        url = urlsplit(target)
        path, query = unquote(url.path), dict(parse_qsl(url.query, keep_blank_values=True))
        if (host, path) == _TOKENS:
            return 200, {"access_token": "fake", "expires_in": 3600, "token_type": "Bearer"}
        if host == _NEWS:
            return error(404, "NOT_FOUND", "no news")
        self.before_effect(method, path)
        with self._lock:
            api = self._apis.get(host, _nobody)
            status, answer = self._failing(method, path) or api(method, path, query, body)
            said = body.about if isinstance(body, Upload) else body
            exchange = Exchange(method, host, path, query, said, status, answer)
            self.exchanges.append(exchange)
        self.before_answer(exchange)
        return status, answer

    def _failing(self, method: str, path: str) -> Answer | None:
        due = [each for each in self.failures if each.method == method and re.search(each.path, path)]
        self._met.update(due)
        return next(
            (error(each.status, each.reason, each.message or path) for each in due if self._met[each] == each.nth), None
        )

    def speak_as(self, host: str) -> ssl.SSLContext:
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._authority.serve_as(host)
            return self._contexts[host]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Tunnel(BaseHTTPRequestHandler):
            def do_CONNECT(self) -> None:
                self.send_response(200)
                self.end_headers()
                host = self.path.partition(":")[0]
                with suppress(OSError), proxy.speak_as(host).wrap_socket(self.connection, server_side=True) as tls:
                    if host.endswith(APPS):
                        _Visits(tls, self.client_address, self.server, proxy, host)
                    else:
                        _Requests(tls, self.client_address, self.server, partial(proxy.answer, host))

            def log_message(self, *_: object) -> None:
                """The exchanges are kept."""

        return Tunnel


class _Requests(BaseHTTPRequestHandler):
    """All requests of one connection, answered by ANSWER."""

    protocol_version = "HTTP/1.1"

    def __init__(
        self, tls: ssl.SSLSocket, address: Any, server: Any, answer: Callable[[str, str, Any], Answer]
    ) -> None:
        self._answer = answer
        super().__init__(tls, address, server)

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status, answer = self._answer(self.command, self.path, _parsed(raw, self.headers.get("Content-Type", "")))
        content = b"" if status == 204 else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815  # the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """The exchanges are kept."""


class _Visits(BaseHTTPRequestHandler):
    """All requests of one connection to the service at HOST."""

    protocol_version = "HTTP/1.1"

    def __init__(self, tls: ssl.SSLSocket, address: Any, server: Any, through: Proxy, host: str) -> None:
        self._through, self._host = through, host
        super().__init__(tls, address, server)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        reply = self._through.visit(Visit(self.command, self._host, self.path, dict(self.headers), body))
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(reply.content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content)

    do_GET = do_POST = _serve  # noqa: N815  # the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """They are not Google's."""


def _parsed(raw: bytes, kind: str) -> Any:
    if not raw:
        return None
    if kind.startswith("multipart/related"):
        boundary = kind.partition("boundary=")[2].strip("'\"").encode()
        _, *parts, _ = re.split(rb"(?:^|\r?\n)--" + re.escape(boundary), raw)
        about, content = (re.split(rb"\r?\n\r?\n", part, maxsplit=1)[1] for part in parts)
        return Upload(json.loads(about), content)
    return json.loads(raw) if "json" in kind else None


@contextmanager
def proxy(folder: Path, apis: Mapping[str, Api]) -> Iterator[Proxy]:
    made = Proxy(folder, apis)
    try:
        yield made
    finally:
        made.close()
