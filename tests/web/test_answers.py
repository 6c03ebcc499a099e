"""What every answer carries, and what no log ever does."""

import logging
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from service.app import create_app
from service.google_backends import GoogleBackends
from service.oauth.refresh import RefreshToken
from service.oauth.tokens import Extent, SecretHash, mint_access_token
from tests.world import Clock, new_project, settings

CLOCK = Clock()


class Broken(GoogleBackends):
    """Backends with a bug in them, which quotes what it was given."""

    @property
    def notes(self) -> Any:
        class Notes:
            def save(self, _access: object, note: Any, _now: object) -> NoReturn:
                raise RuntimeError(f"cannot save {note.content}")

        return Notes()


def client(url: str = "http://localhost:8080", backends: type[GoogleBackends] = GoogleBackends) -> Any:
    chosen = replace(settings(new_project(), "http://localhost:8080"), public_url=url)
    return create_app(chosen, backends(chosen, now=CLOCK)).test_client()


def bearer(scope: str) -> dict[str, str]:
    in_an_hour = CLOCK().replace(year=CLOCK().year + 1)
    holder = RefreshToken(SecretHash(""), "c", "u", "g", frozenset(), "", in_an_hour)
    token = mint_access_token(holder, "ChatGPT", Extent(frozenset({scope}), "http://localhost:8080"), in_an_hour)
    return {"Authorization": f"Bearer {token.reveal()}"}


@pytest.mark.parametrize("path", ["/", "/health", "/notes", "/nothing", "/openapi.yaml", "/authorization", "/privacy"])
def test_every_answer_has_the_security_headers(path: str) -> None:
    headers = client("https://mate.example.com").get(path).headers

    assert headers["Strict-Transport-Security"] == "max-age=63072000"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_on_localhost_nothing_is_said_about_https() -> None:
    assert "Strict-Transport-Security" not in client().get("/health").headers


def test_a_token_that_allows_too_little_is_told_what_is_needed() -> None:
    answer = client().post("/notes", json={"title": "t", "content": "c"}, headers=bearer("notes:other"))

    assert answer.status_code == 403
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="notes:write"' in challenge


def test_a_bug_is_a_500_that_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = client(backends=Broken).post(
            "/notes", json={"title": "t", "content": "a private thought"}, headers=bearer("notes:write")
        )

    assert (answer.status_code, answer.json["error"]["code"]) == (500, "server_error")
    assert "RuntimeError" in caplog.text
    assert "private thought" not in caplog.text + answer.text


@pytest.mark.parametrize("path", ["/", "/health", "/notes", "/authorization", "/connections", "/me/connections"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_script_of_another_origin_reads_nothing_here(path: str, method: str) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    answer = client().open(path, method=method, headers=headers)

    assert not [name for name in answer.headers.keys() if name.startswith("Access-Control-")]  # noqa: SIM118  # not a dict
