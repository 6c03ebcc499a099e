"""The fetch of a client's document, against real HTTPS servers on loopback."""

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from time import monotonic

import pytest

from service.errors import Unavailable
from service.oauth.document_fetcher import MOST_IN_FLIGHT, DocumentFetcher, Fetched, FetchRefused, resolve
from tests.sites import Answer, Authority, Site, site

HOST = "client.example"
DOCUMENT = b'{"client_id": "https://client.example/c"}'
SOON = timedelta(seconds=0.5)
"""A deadline for fetches that run into it."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def reply(body: bytes = DOCUMENT, *headers: str, status: str = "200 OK", length: int | None = None) -> Answer:
    """An answer with Content-Type and Content-Length, unless HEADERS say otherwise."""
    lines = [f"HTTP/1.1 {status}", *headers]
    names = {header.partition(":")[0].lower() for header in headers}
    if "content-type" not in names:
        lines.append("Content-Type: application/json")
    if "transfer-encoding" not in names:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return raw("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


def raw(answer: bytes) -> Answer:
    def send(connection: ssl.SSLSocket) -> None:
        connection.sendall(answer)

    return send


def chunked(body: bytes) -> Answer:
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(body[at : at + 1000]), body[at : at + 1000]) for at in range(0, len(body), 1000)
    )
    return reply(chunks + b"0\r\n\r\n", "Transfer-Encoding: chunked")


def endless(beginning: bytes, piece: bytes) -> Answer:
    """PIECE after PIECE until the client leaves."""

    def send(connection: ssl.SSLSocket) -> None:
        connection.sendall(beginning)
        while True:
            connection.sendall(piece)
            threading.Event().wait(0.02)

    return send


def fetcher(trusted: Authority, *addresses: str, most_time: timedelta = timedelta(seconds=20)) -> DocumentFetcher:
    """One for which every name is ADDRESSES, by default 127.0.0.1, and public."""
    return DocumentFetcher(lambda *_: list(addresses or ["127.0.0.1"]), lambda _: True, trusted.trust(), most_time)


def url(served: Site, path: str = "/c") -> str:
    return f"https://{HOST}:{served.port}{path}"


@contextmanager
def client_example(authority: Authority, answer: Answer) -> Iterator[Site]:
    with site(authority.serve_as(HOST), answer) as served:
        yield served


def reason(fetch: Callable[[str], Fetched], at: str) -> str:
    with pytest.raises(FetchRefused) as refused:
        fetch(at)
    assert str(refused.value) == refused.value.reason
    assert refused.value.__cause__ is None
    return refused.value.reason


def refusal(authority: Authority, answer: Answer) -> str:
    """Why a fetch of what ANSWER sends is refused; there was one connection and one request."""
    with client_example(authority, answer) as served:
        why = reason(fetcher(authority).fetch, url(served))
        assert (served.connections, len(served.requests)) == (1, 1)
    return why


# What comes back


def test_a_document_comes_back_as_it_was_sent(authority: Authority) -> None:
    body = json.dumps({"client_name": "Bücher 🗒"}, ensure_ascii=False).encode()
    with client_example(authority, reply(body, "Cache-Control: public, max-age=3600", "Age: 600")) as served:
        fetched = fetcher(authority).fetch(url(served))

    assert fetched == Fetched(body, timedelta(minutes=50))
    assert "client_name" not in repr(fetched)


def test_a_document_without_headers_is_fresh_for_the_least_time(authority: Authority) -> None:
    with client_example(authority, reply()) as served:
        assert fetcher(authority).fetch(url(served)).fresh_for == timedelta(minutes=5)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/client-id+json;v=1"],
)
def test_json_has_many_types(authority: Authority, content_type: str) -> None:
    with client_example(authority, reply(DOCUMENT, f"Content-Type: {content_type}")) as served:
        assert fetcher(authority).fetch(url(served)).body == DOCUMENT


@pytest.mark.parametrize("send", [reply, chunked], ids=["with its length", "chunked"])
def test_a_document_may_be_5120_bytes_long(authority: Authority, send: Callable[[bytes], Answer]) -> None:
    with client_example(authority, send(b"x" * 5120)) as served:
        assert fetcher(authority).fetch(url(served)).body == b"x" * 5120


def test_a_document_may_end_with_its_connection(authority: Authority) -> None:
    answer = raw(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: identity\r\n\r\n" + DOCUMENT)
    with client_example(authority, answer) as served:
        assert fetcher(authority).fetch(url(served)).body == DOCUMENT


# What is asked


def test_the_host_is_asked_by_its_name_and_told_nothing_else(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://user:word@127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        with client_example(authority, reply(DOCUMENT, "Set-Cookie: a=b; Path=/")) as served:
            alone = fetcher(authority, most_time=timedelta(seconds=5))
            alone.fetch(url(served, "/oauth/c.json?v=%20"))
            alone.fetch(url(served, "//c"))

    assert served.names == [HOST, HOST]
    assert [request.decode().splitlines() for request in served.requests] == [
        [
            f"GET {path} HTTP/1.1",
            f"Host: {HOST}:{served.port}",
            "Accept: application/json",
            "Accept-Encoding: identity",
            "User-Agent: itsimple-mate",
            "Connection: close",
            "",
        ]
        for path in ("/oauth/c.json?v=%20", "//c")
    ]


def test_the_default_port_is_443_and_not_named() -> None:
    asked: list[tuple[str, int]] = []

    def nowhere(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return []

    reason(DocumentFetcher(nowhere).fetch, f"https://{HOST}/c")

    assert asked == [(HOST, 443)]


def test_what_is_no_url_of_a_document_is_not_even_resolved() -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError((host, port))

    for bad in ("http://client.example/c", "https://127.0.0.1/c", "https://localhost/c", "https://client.example"):
        assert reason(DocumentFetcher(never).fetch, bad).startswith("The client id must")


# Where it connects


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["8.8.8.8", "127.0.0.1"],
        ["8.8.8.8", "8.8.4.4", "1.1.1.1", "9.9.9.9", "10.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["169.254.169.254"],
        ["fe80::1%lo"],
        ["client.example"],
        [],
    ],
)
def test_a_name_with_an_address_that_is_not_public_is_never_connected_to(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    connected: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *_: connected.append(1))
    with client_example(authority, reply()) as served:
        why = reason(DocumentFetcher(lambda *_: addresses, tls=authority.trust()).fetch, url(served))

    assert "public" in why
    assert (served.connections, connected) == (0, [])


def test_our_own_names_are_never_connected_to(authority: Authority) -> None:
    with client_example(authority, reply()) as served:
        own = DocumentFetcher(lambda _, port: resolve("localhost", port), tls=authority.trust())

        assert "public" in reason(own.fetch, url(served))
    assert served.connections == 0


def test_a_name_that_is_not_there_reads_like_one_of_ours() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, f"{host}:{port} is not known")

    missing = reason(DocumentFetcher(unknown).fetch, f"https://{HOST}/c")
    ours = reason(DocumentFetcher(lambda *_: ["10.0.0.1"]).fetch, f"https://{HOST}/c")

    assert missing == ours


def test_a_name_is_resolved_once_and_the_checked_address_is_the_one_connected_to(authority: Authority) -> None:
    asked: list[str] = []

    def rebinding(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    checked: list[str] = []

    def first_only(address: str) -> bool:
        checked.append(address)
        return address == "127.0.0.1"

    with client_example(authority, reply()) as served:
        fetched = DocumentFetcher(rebinding, first_only, authority.trust()).fetch(url(served))

    assert fetched.body == DOCUMENT
    assert (asked, checked) == ([HOST], ["127.0.0.1"])
    assert served.connections == 1


def test_the_next_address_is_tried_when_one_is_closed(authority: Authority) -> None:
    with client_example(authority, reply()) as served:  # listens on 127.0.0.1 alone
        fetched = fetcher(authority, "::1", "127.0.0.2", "127.0.0.1").fetch(url(served))

    assert fetched.body == DOCUMENT


def test_a_closed_port_is_refused(authority: Authority) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

    assert "reached" in reason(fetcher(authority).fetch, f"https://{HOST}:{port}/c")


def test_a_name_of_many_addresses_is_not_tried_forever(authority: Authority) -> None:
    with client_example(authority, reply()) as served:
        closed = [f"127.0.0.{last}" for last in range(2, 6)]

        assert "reached" in reason(fetcher(authority, *closed, "127.0.0.1").fetch, url(served))
    assert served.connections == 0


# Who answers


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    with site(authority.serve_as("other.example"), reply()) as served:
        assert "certificate" in reason(fetcher(authority).fetch, url(served))
    assert (served.connections, served.requests) == (1, [])


def test_a_certificate_for_the_address_is_not_one_for_the_name(authority: Authority) -> None:
    with site(authority.serve_as("127.0.0.1"), reply()) as served:
        assert "certificate" in reason(fetcher(authority).fetch, url(served))
    assert served.requests == []


def test_a_certificate_of_an_authority_that_is_not_trusted_is_refused(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    another = Authority(tmp_path_factory.mktemp("another"))
    with client_example(authority, reply()) as served:
        system = DocumentFetcher(lambda *_: ["127.0.0.1"], lambda _: True)
        whys = {reason(system.fetch, url(served)), reason(fetcher(another).fetch, url(served))}

    assert len(whys) == 1
    assert "certificate" in whys.pop()
    assert (served.connections, served.requests) == (2, [])


# What is refused


@pytest.mark.parametrize(
    "status", [201, 202, 203, 204, 206, 300, 301, 302, 303, 307, 308, 401, 403, 404, 429, 500, 503]
)
def test_only_200_counts_and_no_redirect_is_followed(authority: Authority, status: int) -> None:
    assert "200" in refusal(authority, reply(DOCUMENT, "Location: /other", status=f"{status} Something"))


@pytest.mark.parametrize(
    "content_type",
    [
        "Content-Type: text/html",
        "Content-Type: text/plain; charset=utf-8; application/json",
        "Content-Type: application/jsonp",
        "Content-Type: application/json-seq",
        "Content-Type: application/+json",
        "Content-Type: application/a/b+json",
        "Content-Type: text/json",
        "Content-Type:",
        "Content-Type: application/json\r\nContent-Type: text/html",
    ],
)
def test_only_json_counts(authority: Authority, content_type: str) -> None:
    assert "content type" in refusal(authority, reply(DOCUMENT, content_type))


def test_an_answer_without_a_type_is_refused(authority: Authority) -> None:
    assert "content type" in refusal(authority, raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "identity, gzip", "x"])
def test_a_compressed_answer_is_refused(authority: Authority, encoding: str) -> None:
    assert "compression" in refusal(authority, reply(gzip.compress(DOCUMENT), f"Content-Encoding: {encoding}"))


@pytest.mark.parametrize("send", [reply, chunked], ids=["with its length", "chunked"])
@pytest.mark.parametrize("size", [5121, 6000])
def test_a_larger_document_is_refused(authority: Authority, send: Callable[[bytes], Answer], size: int) -> None:
    assert "5120 bytes" in refusal(authority, send(b"x" * size))


def test_a_larger_document_that_ends_with_its_connection_is_refused(authority: Authority) -> None:
    answer = raw(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"x" * 6000)

    assert "5120 bytes" in refusal(authority, answer)


def test_a_length_that_is_too_large_is_refused_before_the_body_comes(authority: Authority) -> None:
    hold = threading.Event()

    def announce(connection: ssl.SSLSocket) -> None:
        reply(b"", length=5121)(connection)
        hold.wait(10)

    with client_example(authority, announce) as served:
        assert "5120 bytes" in reason(fetcher(authority).fetch, url(served))
        hold.set()


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", b"x" * 4000),
        (b"HTTP/1.1 100 Continue\r\n", b"X: " + b"x" * 4000 + b"\r\n\r\nHTTP/1.1 100 Continue\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 4000 + b"\r\n"),
    ],
    ids=["a chunk without end", "interim answers without end", "headers without end"],
)
def test_an_answer_without_end_is_not_kept(authority: Authority, beginning: bytes, piece: bytes) -> None:
    assert "5120 bytes" in refusal(authority, endless(beginning, piece))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 41\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=[
        "nothing",
        "no status",
        "no number",
        "cut off",
        "cut off between chunks",
        "minus five",
        "no size",
        "200 headers",
    ],
)
def test_what_is_not_http_is_refused(authority: Authority, answer: bytes) -> None:
    assert "broke off" in refusal(authority, raw(answer))


def test_a_server_without_tls_is_refused(authority: Authority) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as plain, ThreadPoolExecutor(1) as threads:
        why = threads.submit(reason, fetcher(authority).fetch, f"https://{HOST}:{plain.getsockname()[1]}/c")
        accepted, _ = plain.accept()
        with accepted:
            accepted.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            assert "broke off" in why.result()


# How long it takes


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["the body", "chunks", "a header", "interim answers"],
)
def test_a_dribbling_host_is_left_in_time(authority: Authority, beginning: bytes, piece: bytes) -> None:
    with client_example(authority, endless(beginning, piece)) as served:
        begun = monotonic()
        why = reason(fetcher(authority, most_time=SOON).fetch, url(served))
        took = monotonic() - begun
        assert served.left.wait(10)  # not only has the caller stopped waiting

    assert "too long" in why
    assert 0.4 < took < 5


def test_a_host_that_says_nothing_is_left_in_time(authority: Authority) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        begun = monotonic()
        why = reason(fetcher(authority, most_time=SOON).fetch, f"https://{HOST}:{silent.getsockname()[1]}/c")
        took = monotonic() - begun
        accepted, _ = silent.accept()
        with accepted:
            accepted.settimeout(10)
            while accepted.recv(4096):  # a greeting, and then the end
                pass

    assert "too long" in why
    assert 0.4 < took < 5


def test_a_resolver_that_hangs_keeps_its_slot_and_nobody_waiting() -> None:
    answer = threading.Event()

    def hanging(_host: str, _port: int) -> list[str]:
        answer.wait(20)
        return []

    stuck = DocumentFetcher(hanging, most_time=timedelta(seconds=0.1))
    try:
        for _ in range(MOST_IN_FLIGHT):
            assert "too long" in reason(stuck.fetch, f"https://{HOST}/c")
        with pytest.raises(Unavailable):
            stuck.fetch(f"https://{HOST}/c")
    finally:
        answer.set()


# How many at once


def test_a_fifth_fetch_is_told_to_come_back_later(authority: Authority) -> None:
    four, answer = threading.Semaphore(0), threading.Event()

    def hold(connection: ssl.SSLSocket) -> None:
        four.release()
        answer.wait(10)
        reply()(connection)

    with client_example(authority, hold) as served, ThreadPoolExecutor(4) as threads:
        shared = fetcher(authority)
        fetching = [threads.submit(shared.fetch, url(served)) for _ in range(4)]
        assert all(four.acquire(timeout=10) for _ in range(4))
        with pytest.raises(Unavailable) as busy:
            shared.fetch(url(served))
        answer.set()

        assert [future.result().body for future in fetching] == [DOCUMENT] * 4
        assert shared.fetch(url(served)).body == DOCUMENT
    assert HOST not in busy.value.detail
    assert served.connections == 5


def test_a_refused_fetch_gives_its_slot_back(authority: Authority) -> None:
    with client_example(authority, reply(status="404 Not Found")) as served:
        shared = fetcher(authority)
        for _ in range(2 * MOST_IN_FLIGHT):
            assert "200" in reason(shared.fetch, url(served))
