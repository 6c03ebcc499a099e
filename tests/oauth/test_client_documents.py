"""Which URLs may be client ids, and which documents register a client (CIMD)."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from service.oauth.client_documents import DocumentRefused, is_document_url, parse_document, url_problem
from service.oauth.clients import CURSOR_APP, Client
from tests.hosts.client_documents import CHATGPT, CLAUDE, CLAUDE_CODE, CODEX, VISUAL_STUDIO_CODE, chatgpt, codex

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCOPES = frozenset({"notes:read", "notes:write"})
URL = "https://client.example/oauth/client.json"
CALLBACK = "https://client.example/callback"
OF_A_CONNECTION = chatgpt("09QNletoUsmb")


def document(**changed: object) -> bytes:
    """A document that registers a client; CHANGED members replace its own, None leaves one out."""
    members = {"client_id": URL, "client_name": "Client", "redirect_uris": [CALLBACK]} | changed
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


def parse(body: bytes, client_id: str = URL) -> Client:
    return parse_document(client_id, body, SCOPES, NOON, HOUR)


def reason(body: bytes) -> str:
    with pytest.raises(DocumentRefused) as refused:
        parse(body)
    assert str(refused.value) == refused.value.reason
    return refused.value.reason


@pytest.mark.parametrize(
    ("client_id", "url"),
    [
        (URL, True),
        ("http://client.example/", True),
        ("HTTPS://client.example/c", True),
        ("javascript:alert(1)", True),
        ("gpt-4QnXr_Yl0h2mZ6cJ8uVbKw", False),
        ("", False),
        ("//client.example/c", False),
        ("client.example/c", False),
    ],
)
def test_a_client_id_with_a_scheme_is_meant_as_a_url(client_id: str, url: bool) -> None:  # noqa: FBT001  # a table
    assert is_document_url(client_id) is url


@pytest.mark.parametrize(
    "url",
    [
        URL,
        *(str(known["client_id"]) for known in (CHATGPT, OF_A_CONNECTION, CLAUDE, CLAUDE_CODE)),
        "https://client.example:8443/c",
        "https://client.example/c/",
        "https://client.example/c?version=1",
        "https://client.example/.well-known/client",
        "https://client.example/...",
        "https://client.example/%2ewell-known",
        "https://xn--bcher-kva.example/c",
        "https://1.2.3.4.example/c",
        "https://client.example/" + "c" * (400 - len("https://client.example/")),
    ],
)
def test_these_may_be_client_ids(url: str) -> None:
    assert url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://client.example/c", "https"),
        ("HTTPS://client.example/c", "https"),
        ("ftp://client.example/c", "https"),
        ("https:/client.example/c", "https"),
        ("javascript:alert(1)", "https"),
        ("https://client.example", "path"),
        ("https://client.example/", "path"),
        ("https://client.example?c", "path"),
        ("https://client.example/./c", "dot"),
        ("https://client.example/a/../c", "dot"),
        ("https://client.example/a/..", "dot"),
        ("https://client.example/.", "dot"),
        ("https://client.example/%2e/c", "dot"),
        ("https://client.example/a/%2E%2e/c", "dot"),
        ("https://client.example/a/.%2e/c", "dot"),
        ("https://client.example/a%2f..%2fc", "dot"),
        ("https://client.example/a%5c..%5cc", "dot"),
        ("https://client.example/c#", "fragment"),
        ("https://client.example/c#frag", "fragment"),
        ("https://client.example/c?a#frag", "fragment"),
        ("https://user@client.example/c", "user name"),
        ("https://user:word@client.example/c", "user name"),
        ("https://@client.example/c", "user name"),
        ("https://chatgpt.com@client.example/c", "user name"),
        ("https://client.example:/c", "port"),
        ("https://client.example:0/c", "port"),
        ("https://client.example:0443/c", "port"),
        ("https://client.example:65536/c", "port"),
        ("https://client.example:https/c", "port"),
        ("https://client.example:80:443/c", "port"),
        ("https:///c", "host"),
        ("https://localhost/c", "host"),
        ("https://app.localhost/c", "host"),
        ("https://intranet/c", "host"),
        ("https://client.example./c", "host"),
        ("https://.example/c", "host"),
        ("https://client..example/c", "host"),
        ("https://-client.example/c", "host"),
        ("https://client_1.example/c", "host"),
        ("https://%63lient.example/c", "host"),
        ("https://cIaude.ai/c", "host"),
        ("https://127.0.0.1/c", "host"),
        ("https://127.1/c", "host"),
        ("https://2130706433/c", "host"),
        ("https://0x7f.0x1/c", "host"),
        ("https://8.8.8.8/c", "host"),
        ("https://[::1]/c", "host"),
        ("https://[2606:4700::1111]/c", "host"),
        ("https://" + "a" * 64 + ".example/c", "host"),
        ("https://" + "abcdefgh." * 28 + "example/c", "host"),
        ("https://clïent.example/c", "ASCII"),
        ("https://client.example/c d", "ASCII"),
        ("https://client.example/c\n", "ASCII"),
        ("https://client.example/c\x00", "ASCII"),
        ("https://client.example\\@chatgpt.com/c", "ASCII"),
        ("https://client.example/%zz", "ASCII"),
        ("https://client.example/<c>", "ASCII"),
        ("https://client.example/\ud800", "ASCII"),
        ("https://client.example/" + "c" * (401 - len("https://client.example/")), "400"),
        ("", "URL"),
    ],
)
def test_these_may_not(url: str, why: str) -> None:
    problem = url_problem(url)

    assert problem is not None
    assert why in problem


@pytest.mark.parametrize(
    "known", [CHATGPT, OF_A_CONNECTION, CLAUDE, CLAUDE_CODE, CODEX, codex("xAsFZg9cfuS4"), VISUAL_STUDIO_CODE]
)
def test_the_documents_of_known_assistants_register_public_clients(known: dict[str, object]) -> None:
    client_id = str(known["client_id"])
    uris = known["redirect_uris"]

    client = parse(json.dumps(known).encode(), client_id)

    assert isinstance(uris, list)
    assert client == Client(
        client_id=client_id,
        name=str(known["client_name"]),
        kind="document",
        redirect_uris=tuple(uris),
        auth_methods=frozenset({"none"}),
        secret_hashes=(),
        scope=SCOPES,
        created_at=NOON,
        fresh_until=NOON + HOUR,
    )
    assert client.is_public
    assert client.must_use_pkce
    assert client.default_scope == {"notes:read"}
    assert client.expires_at is None


@pytest.mark.parametrize(
    "client_id",
    [URL + "/", URL + "?", URL.replace("client.ex", "Client.ex"), URL.replace("example", "example:443"), "", 1, [], {}],
)
def test_a_document_names_its_own_url_in_every_character(client_id: object) -> None:
    assert "character for character" in reason(document(client_id=client_id))


def test_a_document_without_a_client_id_registers_nobody() -> None:
    assert "client_id" in reason(document(client_id=None))


@pytest.mark.parametrize("name", ["C", "x" * 80, "Bücher & <b>Notes</b>", "メモ", "🗒 Notes"])
def test_a_name_is_taken_as_it_is(name: str) -> None:
    assert parse(document(client_name=name)).name == name


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "   ",
        "x" * 81,
        "Chat\nGPT",
        "ChatGPT\x00",
        "\u202etpGtahC",
        "Chat\u2066GPT\u2069",
        "Chat\u200bGPT",
        "Chat\u00adGPT",
        "Chat\u2028GPT",
        "\ud800",
        7,
        ["ChatGPT"],
    ],
)
def test_a_name_that_nobody_can_read_is_refused(name: object) -> None:
    assert "client_name" in reason(document(client_name=name))


@pytest.mark.parametrize("uris", [None, [], CALLBACK, {CALLBACK: 1}, [CALLBACK, 7], [None], [[CALLBACK]], 1])
def test_redirect_uris_are_a_list_of_strings(uris: object) -> None:
    assert "redirect_uris" in reason(document(redirect_uris=uris))


@pytest.mark.parametrize(
    "uri",
    [
        "http://client.example/callback",
        "https://client.example/callback#",
        "https://user@client.example/callback",
        "https://client.example/call back",
        "javascript:alert(1)",
        "javascript:/alert(1)",
        "JavaScript:/alert(1)",
        "data:/text/html,x",
        "file:///etc/passwd",
        "blob:/x",
        "localhost:3000/callback",
        "/callback",
        "cursor://\u202e",
        "",
    ],
)
def test_one_bad_redirect_uri_refuses_the_document(uri: str) -> None:
    assert "redirect_uris" in reason(document(redirect_uris=[CALLBACK, uri]))


def test_schemes_of_applications_are_left_out() -> None:
    own = ["cursor://anysphere.other/oauth/callback", "com.example.app:/callback"]

    client = parse(document(redirect_uris=[*own, "http://localhost:8787/callback", CALLBACK, CALLBACK]))

    assert client.redirect_uris == ("http://localhost:8787/callback", CALLBACK)


def test_cursors_own_is_known() -> None:
    client = parse(document(redirect_uris=[CURSOR_APP]))

    assert client.redirect_uris == (CURSOR_APP,)


def test_schemes_of_applications_alone_are_not_enough() -> None:
    assert "https" in reason(document(redirect_uris=["com.example.app:/callback"]))


def test_fifty_redirect_uris_are_enough() -> None:
    many = [f"{CALLBACK}/{number}" for number in range(51)]

    assert parse(document(redirect_uris=many[:50])).redirect_uris == tuple(many[:50])
    assert "50" in reason(document(redirect_uris=many))


@pytest.mark.parametrize("member", ["client_secret", "client_secret_expires_at"])
@pytest.mark.parametrize("value", ["null", "0", '""', '"hunter2"'])
def test_a_document_holds_no_secret(member: str, value: str) -> None:
    body = document()[:-1] + f', "{member}": {value}}}'.encode()

    assert "client_secret" in reason(body)
    assert "hunter2" not in reason(body)


@pytest.mark.parametrize(
    ("single", "supported"),
    [
        (None, None),
        ("", None),
        ("none", None),
        (None, ["none"]),
        ("none", ["private_key_jwt", "none"]),
        ("private_key_jwt", ["none", "private_key_jwt"]),
        ("tls_client_auth", ["none"]),
    ],
)
def test_a_client_that_can_be_public_is(single: object, supported: object) -> None:
    client = parse(document(token_endpoint_auth_method=single, token_endpoint_auth_methods_supported=supported))

    assert client.auth_methods == {"none"}


@pytest.mark.parametrize(
    ("single", "supported"),
    [
        ("private_key_jwt", None),
        ("tls_client_auth", None),
        (None, ["private_key_jwt"]),
        ("none", ["private_key_jwt"]),
        ("none", []),
        ("NONE", None),
        (["none"], None),
        (True, None),
        (None, "none"),
        (None, {"none": 1}),
        (None, ["none", 1]),
        ("client_secret_basic", None),
        ("client_secret_post", ["none"]),
        ("none", ["none", "client_secret_jwt"]),
        (None, ["client_secret_basic"]),
    ],
)
def test_a_client_that_declares_authentication_is_never_public(single: object, supported: object) -> None:
    why = reason(document(token_endpoint_auth_method=single, token_endpoint_auth_methods_supported=supported))

    assert "token endpoint" in why or "token_endpoint" in why or "secret" in why


@pytest.mark.parametrize("value", [[], ["implicit"], ["Authorization_Code"], "authorization_code", [1], {}])
def test_grant_types_have_the_code_grant(value: object) -> None:
    assert "grant_types" in reason(document(grant_types=value))


@pytest.mark.parametrize("value", [[], ["token"], ["code token"], "code", [None], 1])
def test_response_types_have_the_code(value: object) -> None:
    assert "response_types" in reason(document(response_types=value))


@pytest.mark.parametrize(
    ("scope", "registered"),
    [
        (None, SCOPES),
        ("notes:read", {"notes:read"}),
        ("openid notes:write offline_access", {"notes:write"}),
        ("notes:write notes:read", SCOPES),
        ("openid profile", SCOPES),
        ("", SCOPES),
    ],
)
def test_a_scope_is_what_both_sides_know(scope: str | None, registered: frozenset[str]) -> None:
    assert parse(document(scope=scope)).scope == registered


@pytest.mark.parametrize("scope", [7, ["notes:read"], {}, False])
def test_a_scope_is_a_string(scope: object) -> None:
    assert "scope" in reason(document(scope=scope))


def test_null_is_as_good_as_absent() -> None:
    names = ("token_endpoint_auth_method", "token_endpoint_auth_methods_supported", "grant_types", "scope")
    nulls = ", ".join(f'"{name}": null' for name in names)

    assert parse(document()[:-1] + f", {nulls}}}".encode()) == parse(document())


def test_unknown_members_are_ignored() -> None:
    assert parse(document(contacts=["x"], jwks={"keys": []}, application_type=7)) == parse(document())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"7",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf" + document(),
        document() + document(),
        document()[:-1] + b', "x": NaN}',
        document()[:-1] + b', "x": -Infinity}',
        document()[:-1] + b', "x": ' + b"9" * 4900 + b"}",
        b"[" * 5000,
        b'{"a":' * 1000,
        document()[:-1] + b', "x": ' + b"[" * 2000 + b"]" * 2000 + b"}",
        document()[:-1] + b', "x": "\xed\xa0\x80"}',
        document().decode().encode("utf-16"),
    ],
    ids=range(17),
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    assert "JSON" in reason(body)


@pytest.mark.parametrize("member", [f'"client_id": "{URL}"', '"x": 1, "x": 1', '"jwks": {"keys": 1, "keys": 2}'])
def test_no_member_may_be_there_twice(member: str) -> None:
    assert "twice" in reason(document()[:-1] + f", {member}}}".encode())


def test_a_reason_quotes_nothing_of_the_document() -> None:
    for member in json.loads(document(grant_types=1, response_types=1, scope=1, token_endpoint_auth_method=1)):
        assert "hunter2" not in reason(document(**{member: ["hunter2"]}))
