"""Only Firebase says who someone is."""

import http.server
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import google.auth as google_auth
import pytest
from google.auth.exceptions import DefaultCredentialsError, RefreshError
from google.oauth2.credentials import Credentials

from service.errors import Unavailable
from service.google_backends import GoogleBackends
from service.identity import firebase, firebase_certificates, remote
from service.identity.firebase import FirebaseIdentity
from service.identity.firebase_certificates import fresh_seconds
from service.identity.firebase_token import check_claims, parse
from service.identity.remote import Remote
from service.identity.user import Account, NotSignedIn, User
from tests.identity.firebase_tokens import CERTIFICATE, CERTIFICATES, Both, token
from tests.world import new_project, settings

Reply = Callable[[int], tuple[int, bytes]]


@contextmanager
def google(reply: Reply, cache_control: str = "max-age=3600", *, keep: bool = True) -> Iterator[tuple[str, list[str]]]:
    """A server that answers its n-th request with REPLY(n); its address and what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            asked.append(f"{self.client_address[1]} {self.headers.get('Authorization')}")
            status, body = reply(len(asked))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", cache_control)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = not keep  # without saying so, as one does that was idle too long

        do_POST = do_GET  # noqa: N815  # the base class's name

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class's name
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


USER = json.dumps({"users": [{"localId": "u1", "displayName": "Ada", "email": "ada@example.com"}]}).encode()


def test_a_token_signed_by_firebase_names_its_person(signing: Both) -> None:
    assert signing.identity.verify(token(signing.project)) == User("u1")


@pytest.mark.parametrize(
    ("uid", "reason"),
    [
        *(("nobody", "no_account"), ("disabled", "disabled"), ("revoked", "revoked")),
        *((uid, "uid") for uid in ("a/b", "..", "__x__")),
    ],
)
def test_an_account_that_is_not_in_order_is_nobody(signing: Both, uid: str, reason: str) -> None:
    with pytest.raises(NotSignedIn) as refused:
        signing.identity.verify(token(signing.project, sub=uid))

    assert refused.value.reason == reason


@pytest.mark.parametrize("uid", ["", "x" * 129])
def test_no_account_is_asked_for_by_what_is_no_uid(uid: str) -> None:
    with pytest.raises(NotSignedIn, match="sub"):
        check_claims(parse(token("p", sub=uid)), "p")


def test_an_account_is_found_as_it_shows_itself(signing: Both, emulated: Both) -> None:
    for identity in (signing.identity, emulated.identity):
        found = identity.find_account("enabled")
        assert found
        assert (found.name, found.is_disabled) == ("Ada", False)
        assert "@" in (found.email or "")
        disabled = identity.find_account("disabled")
        assert disabled
        assert disabled.is_disabled
        assert identity.find_account("nobody") is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((404, b"{}"), (500, CERTIFICATES.encode()), (200, b"[]"), (200, b"not json"), (200, b"x" * (1 << 21))),
        (200, CERTIFICATES.replace("CERT", "TREC").encode()),
        (200, CERTIFICATES.encode() + b" " * (1 << 20)),
    ],
)
def test_without_certificates_nobody_is_let_in(
    signing: Both, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes
) -> None:
    with google(lambda _: (status, body)) as (url, _):
        monkeypatch.setattr(firebase_certificates, "URL", url)
        identity = FirebaseIdentity(signing.project)

        for _ in range(2):
            with pytest.raises(Unavailable):
                identity.verify(token(signing.project))


def test_certificates_are_kept_for_as_long_as_google_says(signing: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    for cache_control, times in (("public, max-age=3600, must-revalidate", 1), ("max-age=0", 3), ("private", 3)):
        with google(lambda _: (200, CERTIFICATES.encode()), cache_control) as (url, asked):
            monkeypatch.setattr(firebase_certificates, "URL", url)
            identity = FirebaseIdentity(signing.project)
            for _ in range(3):
                identity.verify(token(signing.project))
            assert len(asked) == times


def test_a_key_that_google_took_back_signs_no_more(signing: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    kids = {1: "kid1", 2: "kid2"}
    with google(lambda n: (200, json.dumps({kids[n]: CERTIFICATE}).encode()), "max-age=0") as (url, _):
        monkeypatch.setattr(firebase_certificates, "URL", url)
        identity = FirebaseIdentity(signing.project)
        identity.verify(token(signing.project))

        with pytest.raises(NotSignedIn, match="unknown_key"):
            identity.verify(token(signing.project))


@pytest.mark.parametrize(
    ("cache_control", "age", "seconds"),
    [
        *(("max-age=20", "", 20), ("public, max-age=20, no-transform", "5", 15), ("MAX-AGE=20", "x", 20)),
        *(("", "", 0), ("s-maxage=20", "", 0), ("max-age=20, no-cache", "", 0), ("no-store,max-age=20", "", 0)),
        *(("x-max-age=20", "", 0), ("max-age=", "", 0), ("max-age=-1", "", 0), ("max-age=20", "30", -10)),
    ],
)
def test_how_long_an_answer_may_be_used(cache_control: str, age: str, seconds: int) -> None:
    assert fresh_seconds(cache_control, age) == seconds


@pytest.mark.parametrize(
    ("answers", "found", "times"),
    [
        ([(200, USER)], Account("Ada", "ada@example.com", is_disabled=False), 1),
        ([(503, b""), (200, USER)], Account("Ada", "ada@example.com", is_disabled=False), 2),
        ([(200, b'{"kind": "x"}')], None, 1),
        ([(200, USER.replace(b"u1", b"u2"))], None, 1),
        ([(400, b'{"error": {"message": "USER_NOT_FOUND : x"}}')], None, 1),
        ([(400, b'{"error": {"message": "PROJECT_NOT_FOUND"}}')], Unavailable, 1),
        ([(403, b'{"error": "x"}')], Unavailable, 1),
        ([(200, b"[]")], Unavailable, 1),
        ([(200, b"not json")], Unavailable, 1),
        ([(503, b""), (500, b""), (200, USER)], Account("Ada", "ada@example.com", is_disabled=False), 3),
        ([(503, b"")] * 3, Unavailable, 3),
    ],
)
def test_only_a_clear_answer_says_that_an_account_is_gone(
    signing: Both, monkeypatch: pytest.MonkeyPatch, answers: list[tuple[int, bytes]], found: object, times: int
) -> None:
    with google(lambda n: answers[n - 1]) as (url, asked):
        monkeypatch.setattr(firebase, "TOOLKIT", url)
        identity = FirebaseIdentity(signing.project)
        if found is Unavailable:
            with pytest.raises(Unavailable):
                identity.find_account("u1")
        else:
            assert identity.find_account("u1") == found
    assert len(asked) == times
    assert {line.partition(" ")[2] for line in asked} == {"Bearer owner"}


@pytest.mark.parametrize(("keep", "connections"), [(True, 1), (False, 3)])
def test_a_connection_is_kept_and_one_that_has_ended_is_no_failure(
    signing: Both,
    monkeypatch: pytest.MonkeyPatch,
    keep: bool,  # noqa: FBT001  # a parameter
    connections: int,
) -> None:
    with google(lambda _: (200, USER), keep=keep) as (url, asked):
        monkeypatch.setattr(firebase, "TOOLKIT", url)
        identity = FirebaseIdentity(signing.project)

        for _ in range(3):
            assert identity.find_account("u1")

    assert len(asked) == 3
    assert len({line.partition(" ")[0] for line in asked}) == connections


def test_who_does_not_answer_is_unavailable(signing: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firebase, "TOOLKIT", "http://127.0.0.1:1")

    with pytest.raises(Unavailable):
        FirebaseIdentity(signing.project).find_account("u1")


def test_a_server_that_is_silent_is_not_waited_for(signing: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(remote, "_SECONDS", 0.1)
    with google(lambda _: (200, USER) if go_on.wait(60) else (500, b"")) as (url, asked):
        monkeypatch.setattr(firebase, "TOOLKIT", url)
        try:
            with pytest.raises(Unavailable, match="TimeoutError"):
                FirebaseIdentity(signing.project).find_account("u1")
        finally:
            go_on.set()
    assert len(asked) == 2


def test_a_server_that_answers_drop_by_drop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_drip, args=(listening,), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(Unavailable, match="TimeoutError"):
            Remote(f"http://127.0.0.1:{listening.getsockname()[1]}").call("GET", "/", None, {})

    assert time.monotonic() - began < 5


def _drip(listening: socket.socket) -> None:
    """A byte at a time, each in time: a hundred seconds in all."""
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                for _ in range(1000):
                    connection.sendall(b"x")
                    time.sleep(0.1)  # what is tested is that nobody waits for it


def test_a_connection_that_was_idle_for_long_is_not_used_again(signing: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    with google(lambda _: (200, USER)) as (url, asked):
        monkeypatch.setattr(firebase, "TOOLKIT", url)
        identity = FirebaseIdentity(signing.project)
        for most in (60.0, 60.0, 0.0):
            monkeypatch.setattr(remote, "_MOST_IDLE", most)
            assert identity.find_account("u1")

    used = [line.partition(" ")[0] for line in asked]
    assert used[0] == used[1] != used[2]


def test_an_access_token_that_ended_before_its_time_is_replaced(signing: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    class Renewed(Credentials):
        def refresh(self, _request: object) -> None:
            self.token = "new"  # a test's

    monkeypatch.setattr(google_auth, "default", lambda *_, **__: (Renewed("old"), signing.project))  # type: ignore[no-untyped-call]  # google.auth is half typed
    with google(lambda n: (200, USER) if n > 1 else (401, b"{}")) as (url, asked):
        monkeypatch.setattr(firebase, "TOOLKIT", url)

        assert FirebaseIdentity(signing.project).find_account("u1")

    assert [line.partition(" ")[2] for line in asked] == ["Bearer old", "Bearer new"]


def test_credentials_that_cannot_be_had_are_unavailable(signing: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Credentials):
        def refresh(self, _request: object) -> None:
            raise RefreshError("what nobody should read")  # type: ignore[no-untyped-call]  # google.auth is half typed

    monkeypatch.setattr(google_auth, "default", lambda *_, **__: (Broken(None), signing.project))  # type: ignore[no-untyped-call]  # google.auth is half typed

    with pytest.raises(Unavailable, match="RefreshError") as failed:
        FirebaseIdentity(signing.project).find_account("u1")
    assert "nobody" not in str(failed.value)


def test_without_credentials_the_service_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> NoReturn:
        raise DefaultCredentialsError("what nobody should read")  # type: ignore[no-untyped-call]  # google.auth is half typed

    monkeypatch.setattr(google_auth, "default", none)
    backends = GoogleBackends(settings(new_project(), "http://localhost:8080", auth_emulator=None))

    with pytest.raises(Unavailable, match="DefaultCredentialsError"):
        _ = backends.identity
