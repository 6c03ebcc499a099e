"""Which redirect URIs may be registered, and how credentials are read."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from service.errors import OAuthError
from service.oauth.clients import (
    Client,
    InvalidRegistration,
    redirect_uri_problem,
    register,
)
from service.oauth.credentials import authenticate, read_credentials
from service.oauth.form import Form
from service.oauth.tokens import Secret

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
        "cursor://anysphere.cursor-mcp/oauth/callback",
    ],
)
def test_these_may_be_registered(uri: str) -> None:
    assert redirect_uri_problem(uri) is None


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("http://example.com/cb", "https"),
        ("cursor://anysphere.cursor-mcp/oauth/callback/", "https"),
        ("cursor://evil/", "https"),
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
        ("https://example.com/a b", "ASCII"),
        ("https://example.com/\n", "ASCII"),
        ("", "1 to 2000"),
        ("https://example.com/" + "x" * 2000, "1 to 2000"),
        ("ftp://example.com/", "https"),
        ("https://evil.example\\.chatgpt.com/cb", "RFC 3986"),
        ("https://ev<b>il.example/", "RFC 3986"),
        ("https://good.example%2eevil.example/", "plain DNS name"),
        ("https://localhost./cb", "plain DNS name"),
        ("https://0x7f.1/", "plain DNS name"),
        ("https://a..example/", "plain DNS name"),
    ],
)
def test_these_may_not(uri: str, why: str) -> None:
    assert why in (redirect_uri_problem(uri) or "")
    with pytest.raises(InvalidRegistration):
        register("ChatGPT", [uri], frozenset(), NOON)


@pytest.mark.parametrize(
    "name", ["", " ", "a\nb", "x" * 81, "Chat\u202eTPG", "\u3164", "\u2800", "\u115f\u1160", "\ufe0f", "..."]
)
def test_a_name_must_be_readable(name: str) -> None:
    with pytest.raises(InvalidRegistration):
        register(name, ["https://example.com/"], frozenset(), NOON)


def confidential(name: str = "ChatGPT") -> tuple[Client, Secret]:
    client, secret = register(name, ["https://example.com/"], frozenset(), NOON)
    assert secret
    return client, secret


def test_two_secrets_may_live_at_once() -> None:
    (client, first), (other, second) = confidential(), confidential()
    both = replace(client, secret_hashes=(*client.secret_hashes, *other.secret_hashes))

    for secret in (first, second):
        form = Form([("client_id", client.client_id), ("client_secret", secret.reveal())])
        assert authenticate(both, read_credentials(form, None), NOON) is both


@pytest.mark.parametrize("gone", [{"disabled_at": NOON}, {"expires_at": NOON}])
def test_a_disabled_or_forgotten_client_is_nobody(gone: dict[str, datetime]) -> None:
    client, secret = confidential()
    form = Form([("client_id", client.client_id), ("client_secret", secret.reveal())])

    with pytest.raises(OAuthError, match="client_"):
        authenticate(replace(client, kind="dynamic", **gone), read_credentials(form, None), NOON)  # type: ignore[arg-type]  # each fits


@pytest.mark.parametrize(
    ("methods", "presented", "passes"),
    [
        (("none",), {}, True),
        (("none",), {"client_secret": "right"}, False),
        (("client_secret_post",), {"client_secret": "right"}, True),
        (("client_secret_post",), {"client_secret": "wrong"}, False),
        (("client_secret_post",), {}, False),
        (("client_secret_basic",), {"client_secret": "right"}, False),
    ],
)
def test_a_client_authenticates_as_it_registered(
    methods: tuple[str, ...], presented: dict[str, str], *, passes: bool
) -> None:
    client = replace(confidential()[0], auth_methods=frozenset(methods), secret_hashes=(Secret("right").hash(),))
    credentials = read_credentials(Form([("client_id", client.client_id), *presented.items()]), None)

    if passes:
        assert authenticate(client, credentials, NOON) is client
    else:
        with pytest.raises(OAuthError):
            authenticate(client, credentials, NOON)


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic \xff", "Basic eA==", "Bearer eDp5", "Basic gIGC", ""])
def test_a_broken_basic_header_is_a_401_over_basic(header: str) -> None:
    with pytest.raises(OAuthError) as refused:
        read_credentials(Form([]), header)

    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Basic")


def test_an_empty_secret_over_basic_is_none() -> None:
    public = replace(confidential()[0], auth_methods=frozenset({"none"}), secret_hashes=())
    credentials = read_credentials(Form([]), f"Basic {base64.b64encode(f'{public.client_id}:'.encode()).decode()}")

    assert authenticate(public, credentials, NOON) is public
    with pytest.raises(OAuthError) as refused:
        authenticate(replace(confidential()[0], client_id=public.client_id), credentials, NOON)
    assert refused.value.headers["WWW-Authenticate"].startswith("Basic")


def test_credentials_hide_their_secret() -> None:
    credentials = read_credentials(Form([("client_id", "c"), ("client_secret", "hunter2")]), None)

    assert "hunter2" not in repr(credentials)
