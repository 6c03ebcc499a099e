"""Which redirect URIs may be registered, and how credentials are read."""

from datetime import UTC, datetime

import pytest

from service.errors import OAuthError
from service.oauth.clients import InvalidRegistration, authenticate, read_credentials, redirect_uri_problem, register
from service.oauth.form import Form

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "uri",
    [
        "https://chatgpt.com/aip/g-1/oauth/callback",
        "https://example.com:8443/cb?tenant=1",
        "http://localhost/cb",
        "http://localhost:5000/cb",
        "http://127.0.0.1:5000/cb",
        "http://[::1]/cb",
    ],
)
def test_these_may_be_registered(uri: str) -> None:
    assert redirect_uri_problem(uri) is None


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("http://example.com/cb", "https"),
        ("http://localhost.evil.example/cb", "https"),
        ("http://127.0.0.1.evil.example/cb", "https"),
        ("javascript:alert(1)", "host"),
        ("data:text/html,x", "host"),
        ("https:///cb", "host"),
        ("https://user@example.com/cb", "user name"),
        ("https://example.com/cb#frag", "fragment"),
        ("https://example.com/cb#", "fragment"),
        ("https://example.com:port/cb", "not a URI"),
        ("https://[::1/cb", "not a URI"),
        ("https://exämple.com/cb", "ASCII"),
        ("https://example.com/a b", "spaces"),
        ("https://example.com/\n", "ASCII"),
        ("", "1 to 2000"),
        ("https://example.com/" + "x" * 2000, "1 to 2000"),
        ("ftp://example.com/", "https"),
    ],
)
def test_these_may_not(uri: str, why: str) -> None:
    assert why in (redirect_uri_problem(uri) or "")
    with pytest.raises(InvalidRegistration):
        register("ChatGPT", [uri], frozenset(), NOON)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 81])
def test_a_name_must_be_readable(name: str) -> None:
    with pytest.raises(InvalidRegistration):
        register(name, ["https://example.com/"], frozenset(), NOON)


def test_two_secrets_may_live_at_once() -> None:
    client, first = register("ChatGPT", ["https://example.com/"], frozenset(), NOON)
    other, second = register("ChatGPT", ["https://example.com/"], frozenset(), NOON)
    both = type(client)(client.client_id, "n", (), (*client.secret_hashes, *other.secret_hashes), frozenset(), NOON)

    for secret in (first, second):
        form = Form([("client_id", client.client_id), ("client_secret", secret.reveal())])
        assert authenticate(both, read_credentials(form, None)) is both


def test_a_disabled_client_is_nobody() -> None:
    client, secret = register("ChatGPT", ["https://example.com/"], frozenset(), NOON)
    disabled = type(client)(client.client_id, "n", (), client.secret_hashes, frozenset(), NOON, disabled_at=NOON)
    form = Form([("client_id", client.client_id), ("client_secret", secret.reveal())])

    with pytest.raises(OAuthError, match="invalid_client"):
        authenticate(disabled, read_credentials(form, None))


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic \xff", "Basic eA==", "Bearer eDp5", "Basic gIGC", ""])
def test_a_broken_basic_header_is_a_401_over_basic(header: str) -> None:
    with pytest.raises(OAuthError) as refused:
        read_credentials(Form([]), header)

    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Basic")


def test_credentials_hide_their_secret() -> None:
    credentials = read_credentials(Form([("client_id", "c"), ("client_secret", "hunter2")]), None)

    assert "hunter2" not in repr(credentials)
