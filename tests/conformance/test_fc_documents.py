"""Section FC of the required behaviours: clients that are known by their own document, one story a row."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from scripts.verbs.journey import Assistant, hidden_fields
from service.firestore_write import update
from service.oauth.document_fetcher import DocumentFetcher
from tests import world as worlds
from tests.conformance.answers import Page, error_sent_back, refusal, sent_back
from tests.sites import Authority, Site, site
from tests.world import CALLBACK, PKCE, VERIFIER, World, answer_of

HOST = "client.example"
OTHER_CALLBACK = "https://chatgpt.com/connector/oauth/x"
A_WHILE = timedelta(minutes=6)
"""Longer than a document is fresh for that says nothing about it."""


class Host:
    """client.example: serves one document, or what else a story makes of it."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {}
        self.served: Site
        self.asked = threading.Semaphore(0)
        self.may_answer = threading.Event()
        self.repair()

    def repair(self) -> None:
        self.status, self.headers, self.body = "200 OK", {"Content-Type": "application/json"}, b""
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.served.port}/oauth/client.json"

    @property
    def fetches(self) -> int:
        return len(self.served.requests)

    @property
    def client(self) -> Assistant:
        return Assistant(self.url, "", CALLBACK)

    def answer(self, connection: ssl.SSLSocket) -> None:
        self.asked.release()
        self.may_answer.wait(20)
        body = self.body or json.dumps(self.document).encode()
        headers = {"Content-Length": str(len(body))} | self.headers
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"HTTP/1.1 {self.status}\r\n{head}\r\n".encode() + body)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def host(world: World, authority: Authority) -> Iterator[Host]:
    """client.example as WORLD's service finds it: a public address, with a certificate that it trusts."""
    made = Host()
    with site(authority.serve_as(HOST), made.answer) as made.served:
        made.document = {"client_id": made.url, "client_name": "Claude", "redirect_uris": [CALLBACK]}
        believe(world, authority)
        yield made
        made.may_answer.set()


def believe(world: World, authority: Authority, seconds: float = 20) -> None:
    """WORLD's service takes 127.0.0.1 for a public address, and every name's."""
    world.service.backends.client_documents = DocumentFetcher(
        lambda *_: ["127.0.0.1"], lambda _: True, authority.trust(), timedelta(seconds=seconds)
    )


def consent(world: World, host: Host, **parameters: str | None) -> requests.Response:
    """The consent page that somebody sees who has signed in."""
    page = world.ask(host.client, **(PKCE | parameters))
    if (form := hidden_fields(page.text)) and form["decision"] == "continue":
        page = world.decide(form, id_token=world.firebase.sign_in(world.person()))
    assert page.status_code == 200, page.text
    assert hidden_fields(page.text)["decision"] == "deny"
    return page


def connect(world: World, client: Assistant, **parameters: str | None) -> requests.Response:
    """What comes of it in the end when somebody signs in, and allows what they are asked."""
    return world.allow(client, world.person(), **(PKCE | parameters))


@pytest.mark.parametrize(
    "client_id",
    [
        "http://client.example:{port}/oauth/client.json",
        "ftp://client.example:{port}/oauth/client.json",
        "HTTPS://client.example:{port}/oauth/client.json",
        "javascript:alert(1)",
        "data:application/json,x",
        "urn:example:client",
        "https:client.json",
        "https:///client.json",
        "https://client.example:{port}",
        "https://client.example:{port}/",
        "https://client.example:{port}?client.json",
        "https://client.example:{port}/oauth/../client.json",
        "https://client.example:{port}/./client.json",
        "https://client.example:{port}/oauth/..",
        "https://client.example:{port}/%2e%2E/client.json",
        "https://client.example:{port}/.%2e/client.json",
        "https://client.example:{port}/oauth/client.json#",
        "https://client.example:{port}/oauth/client.json#fragment",
        "https://user@client.example:{port}/oauth/client.json",
        "https://user:word@client.example:{port}/oauth/client.json",
        "https://@client.example:{port}/oauth/client.json",
    ],
)
def test_fc01_a_url_that_names_no_document_is_shown_a_page(world: World, host: Host, client_id: str) -> None:
    """FC01 · CIMD 3: a URL not https, without path, or with dot segments, fragment or userinfo is shown a page."""
    asked = client_id.format(port=host.served.port)
    host.document["client_id"] = asked

    refusal(world.ask(host.client, client_id=asked, **PKCE))

    assert host.served.connections == 0


@pytest.mark.parametrize(
    ("status", "headers", "counts"),
    [
        ("200 OK", {}, True),
        ("200 OK", {"Content-Type": "application/json; charset=utf-8"}, True),
        ("200 OK", {"Content-Type": "application/oauth-client+json"}, True),
        ("200 OK", {"Content-Type": "text/html"}, False),
        ("200 OK", {"Content-Type": "text/json"}, False),
        ("201 Created", {}, False),
        ("203 Non-Authoritative", {}, False),
        ("301 Moved Permanently", {"Location": "/oauth/client.json"}, False),
        ("302 Found", {"Location": "/oauth/client.json"}, False),
        ("307 Temporary Redirect", {"Location": "/oauth/client.json"}, False),
        ("308 Permanent Redirect", {"Location": "/oauth/client.json"}, False),
        ("404 Not Found", {}, False),
        ("500 Internal Server Error", {}, False),
    ],
    ids=str,
)
def test_fc02_a_document_is_fetched_once_somebody_has_signed_in(
    world: World, host: Host, status: str, headers: dict[str, str], *, counts: bool
) -> None:
    """FC02 · CIMD 4, 4.1; MCP flow: it is fetched after sign-in, without redirects; only 200 with a JSON type counts."""
    host.status = status
    host.headers |= headers

    page = world.ask(host.client, **PKCE)

    assert (page.status_code, page.headers.get("Location")) == (200, None)
    assert f"go on with {HOST}" in Page(page).text
    form = hidden_fields(page.text)
    for decision in ("continue", "allow", "deny"):
        for id_token in (None, "", "nobody"):
            unsigned = world.decide(form, decision=decision, id_token=id_token)
            assert (unsigned.status_code in (400, 401), unsigned.headers.get("Location")) == (True, None)
    assert host.served.connections == 0
    answer = world.follow(page, world.person())
    assert (host.served.connections, host.fetches) == (1, 1)
    if counts:
        code = sent_back(answer)["code"]
        assert world.exchange(host.client, code=code, code_verifier=VERIFIER).status_code == 200
    else:
        refusal(answer)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["127.8.8.8"],
        ["0.0.0.0"],  # noqa: S104  # not bound, connected to
        ["10.0.0.1"],
        ["172.16.0.1"],
        ["192.168.0.1"],
        ["100.64.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::"],
        ["fe80::1"],
        ["fc00::1"],
        ["fd00:ec2::254"],
        ["::ffff:127.0.0.1"],
        ["::ffff:10.0.0.1"],
        ["::127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["64:ff9b:1::7f00:1"],
        ["2002:7f00:1::"],
        ["8.8.8.8", "127.0.0.1"],
        [],
    ],
    ids=" ".join,
)
def test_fc03_a_host_with_a_special_use_address_is_not_connected_to(
    world: World, host: Host, authority: Authority, addresses: list[str]
) -> None:
    """FC03 · CIMD 6.5; RFC 6890: a host that resolves to a special-use address is not fetched from, and a page says so."""
    resolved = []

    def resolve(name: str, port: int) -> list[str]:
        resolved.append((name, port))
        return addresses

    world.service.backends.client_documents = DocumentFetcher(resolve, tls=authority.trust())

    text = refusal(connect(world, host.client))

    assert "must have addresses, and public ones alone" in text
    assert resolved == [(HOST, host.served.port)]
    assert host.served.connections == 0


def test_the_address_that_was_checked_is_the_one_connected_to(world: World, host: Host, authority: Authority) -> None:
    answers = [["127.0.0.1"], ["127.0.0.2"]]  # a name server that changes its mind
    world.service.backends.client_documents = DocumentFetcher(
        lambda *_: answers.pop(0), lambda address: address == "127.0.0.1", authority.trust()
    )

    assert sent_back(connect(world, host.client))["code"]

    assert (len(answers), host.fetches) == (1, 1)


def test_a_wrong_request_of_a_stranger_is_not_sent_on_before_one_has_seen_where(world: World, host: Host) -> None:
    host.document["redirect_uris"] = ["https://elsewhere.example/x"]
    ada, asked = world.person(), {"redirect_uri": "https://elsewhere.example/x", "response_type": "token"}
    page = world.ask(host.client, **asked)

    shown = world.decide(hidden_fields(page.text), id_token=world.firebase.sign_in(ada))

    assert shown.status_code == 200
    assert "<b>elsewhere.example</b>" in shown.text
    assert answer_of(world.follow(shown, ada))["error"] == "unsupported_response_type"


def test_who_was_disabled_stays_so_when_the_document_is_fetched_again(world: World, host: Host) -> None:
    assert sent_back(connect(world, host.client))["code"]
    (known,) = world.stored("oauthClients")
    disabled = {"disabledAt": world.service.clock()}
    world.service.backends.documents.commit(update(f"oauthClients/{known['_id']}", disabled))
    world.service.clock.move(timedelta(days=2))

    assert "No assistant is registered" in refusal(connect(world, host.client))

    (renewed,) = world.stored("oauthClients")
    assert (renewed["createdAt"], renewed["freshUntil"] > known["freshUntil"]) == (known["createdAt"], True)


def test_a_document_that_nobody_allowed_is_forgotten(world: World, host: Host) -> None:
    page = consent(world, host)
    (seen,) = world.stored("oauthClients")
    assert seen["expireAt"]
    world.service.clock.move(timedelta(days=31))  # the document of the store may outlive its time

    code = sent_back(connect(world, host.client))["code"]

    assert page.status_code == 200
    assert world.exchange(host.client, code=code, code_verifier=VERIFIER).status_code == 200
    (used,) = world.stored("oauthClients")
    assert used["expireAt"] is None


def test_one_person_has_one_fetch_at_a_time(world: World, host: Host, authority: Authority) -> None:
    believe(world, authority, seconds=60)
    id_token = world.firebase.sign_in(world.person())
    forms = [hidden_fields(world.ask(Assistant(f"{host.url}?{number}", "", CALLBACK)).text) for number in range(2)]
    host.may_answer.clear()
    with ThreadPoolExecutor(1) as browser:
        first = browser.submit(world.decide, forms[0], id_token=id_token)
        assert host.asked.acquire(timeout=20)

        second = world.decide(forms[1], id_token=id_token)

        host.may_answer.set()
    assert second.status_code == 429
    assert int(second.headers["Retry-After"]) > 0
    assert first.result().status_code != 429


def a_large_document(world: World, host: Host, _: Authority) -> requests.Response:
    host.document["client_uri"] = "x" * 5120
    return connect(world, host.client)


def a_large_document_of_unknown_length(world: World, host: Host, _: Authority) -> requests.Response:
    host.body = b"1400\r\n" + b" " * 5120 + b"\r\n2\r\n{}\r\n0\r\n\r\n"
    host.headers |= {"Transfer-Encoding": "chunked"}
    return connect(world, host.client)


def a_slow_host(world: World, host: Host, authority: Authority) -> requests.Response:
    believe(world, authority, seconds=0.5)
    host.may_answer.clear()
    return connect(world, host.client)


def a_fifth_fetch_at_once(world: World, host: Host, authority: Authority) -> requests.Response:
    believe(world, authority, seconds=60)
    host.may_answer.clear()
    with ThreadPoolExecutor(4) as people:
        for number in range(4):
            people.submit(connect, world, Assistant(f"{host.url}?{number}", "", CALLBACK))
        assert all(host.asked.acquire(timeout=20) for _ in range(4))
        answer = connect(world, host.client)
        host.may_answer.set()
    assert int(answer.headers["Retry-After"]) > 0
    assert host.fetches == 4
    return answer


def a_thirty_first_try_of_a_url_by_many(world: World, host: Host, _: Authority) -> requests.Response:
    host.status = "404 Not Found"
    for _person in range(10):
        ada = world.person()
        for _try in range(3):
            world.allow(host.client, ada, **PKCE)
    assert host.fetches == 30
    answer = connect(world, host.client)
    assert host.fetches == 30
    return answer


def a_fourth_try_of_a_url_that_fails(world: World, host: Host, _: Authority) -> requests.Response:
    host.status = "404 Not Found"
    ada = world.person()
    for _try in range(3):
        refusal(world.allow(host.client, ada, **PKCE))
    answer = world.allow(host.client, ada, **PKCE)
    assert int(answer.headers["Retry-After"]) > 0
    assert host.fetches == 3
    return answer


def an_eleventh_fetch_for_one_person(world: World, host: Host, _: Authority) -> requests.Response:
    host.status = "404 Not Found"
    ada = world.person()
    for number in range(10):
        refusal(world.allow(Assistant(f"{host.url}?{number}", "", CALLBACK), ada, **PKCE))
    host.repair()
    answer = world.allow(host.client, ada, **PKCE)
    assert int(answer.headers["Retry-After"]) > 0
    assert host.fetches == 10
    assert sent_back(connect(world, host.client))["code"]  # for somebody else
    return answer


Overdo = Callable[[World, Host, Authority], requests.Response]


@pytest.mark.parametrize(
    ("overdo", "status"),
    [
        (a_large_document, 400),
        (a_large_document_of_unknown_length, 400),
        (a_slow_host, 400),
        (a_fifth_fetch_at_once, 503),
        (a_fourth_try_of_a_url_that_fails, 429),
        (a_thirty_first_try_of_a_url_by_many, 429),
        (an_eleventh_fetch_for_one_person, 429),
    ],
)
def test_fc04_a_fetch_is_small_and_quick_and_seldom(
    world: World, host: Host, authority: Authority, overdo: Overdo, status: int
) -> None:
    """FC04 · CIMD 6.6: size, time, fetches in flight, tries of a URL and of a person are capped; beyond it is refused."""
    answer = overdo(world, host, authority)

    assert (answer.status_code, answer.headers.get("Location")) == (status, None)
    assert Page(answer).text


@pytest.mark.parametrize(
    ("wrong", "said", "fresh_for"),
    [
        ({"status": "404 Not Found"}, {}, timedelta(minutes=5)),
        ({"body": b"{"}, {"Cache-Control": "max-age=0"}, timedelta(minutes=5)),
        ({"body": b"[]"}, {"Cache-Control": "no-store, max-age=86400"}, timedelta(minutes=5)),
        ({"body": b'{"client_id": "\xff"}'}, {"Cache-Control": "max-age=600"}, timedelta(minutes=10)),
        ({"body": b"{}"}, {"Cache-Control": "public, max-age=3600", "Age": "600"}, timedelta(minutes=50)),
        ({"headers": {"Content-Length": "9999"}}, {"Cache-Control": "max-age=864000"}, timedelta(hours=24)),
    ],
    ids=["failed", "no JSON", "no object", "no UTF-8", "mismatching", "broken off"],
)
def test_fc05_a_good_document_is_kept_for_a_while_and_a_bad_one_never(
    world: World, host: Host, wrong: dict[str, Any], said: dict[str, str], fresh_for: timedelta
) -> None:
    """FC05 · CIMD 4.3, 4.4: a bad document gets a page and is never cached; a good one as it says, within bounds."""
    for name, value in wrong.items():
        setattr(host, name, host.headers | value if name == "headers" else value)
    refusal(connect(world, host.client))
    assert world.stored("oauthClients") == []
    host.repair()
    host.headers |= said

    assert sent_back(connect(world, host.client))["code"]

    assert host.fetches == 2
    world.service.clock.move(fresh_for - timedelta(seconds=30))
    assert hidden_fields(world.ask(host.client, **PKCE).text)["decision"] == "deny"
    assert sent_back(connect(world, host.client))["code"]
    assert host.fetches == 2
    world.service.clock.move(timedelta(seconds=31))
    host.status = "404 Not Found"
    refusal(connect(world, host.client))
    assert host.fetches == 3


@pytest.mark.parametrize(
    "differ",
    [
        lambda url: f"{url}/",
        lambda url: f"{url}?",
        lambda url: f"{url}#",
        lambda url: f"{url} ",
        lambda url: url[:-1],
        lambda url: url.replace("client.json", "Client.json"),
        lambda url: url.replace("client.example", "Client.example"),
        lambda url: url.replace("client.json", "%63lient.json"),
        lambda url: url.replace("https", "HTTPS"),
        lambda url: url.replace("https", "http"),
        lambda url: url.replace("/oauth", "//oauth"),
        lambda _: "https://client.example/oauth/client.json",
        lambda _: None,
        lambda url: [url],
    ],
)
def test_fc06_a_document_names_its_own_url(world: World, host: Host, differ: Callable[[str], object]) -> None:
    """FC06 · CIMD 4.1; MCP: a document whose client_id differs from its URL in any character gets a page."""
    host.document["client_id"] = differ(host.url)

    assert "client_id must be the URL of the document" in refusal(connect(world, host.client))

    assert host.fetches == 1
    assert world.stored("oauthClients") == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("client_name", None),
        ("client_name", ""),
        ("client_name", " "),
        ("client_name", 7),
        ("client_name", "x" * 81),
        ("client_name", "a\nb"),
        ("client_name", "\u202eedualC"),
        ("redirect_uris", None),
        ("redirect_uris", []),
        ("redirect_uris", CALLBACK),
        ("redirect_uris", [7]),
        ("redirect_uris", [CALLBACK, "javascript:alert(1)"]),
        ("redirect_uris", [CALLBACK, "http://client.example/"]),
        ("redirect_uris", [f"{CALLBACK}/"]),
        ("redirect_uris", ["https://client.example/"]),
        ("redirect_uris", ["com.example.app:/callback"]),
    ],
)
@pytest.mark.parametrize("is_there", [True, False], ids=["null", "missing"])
def test_fc07_a_document_has_a_name_and_the_redirect_uri(
    world: World, host: Host, member: str, value: object, *, is_there: bool
) -> None:
    """FC07 · MCP "Implementation Requirements"; CIMD 4.5: without name, redirect_uris or the one asked for, a page."""
    host.document[member] = value
    if value is None and not is_there:
        del host.document[member]

    refusal(connect(world, host.client))

    assert host.fetches == 1


@pytest.mark.parametrize(
    "claimed",
    [
        {"client_secret": "x" * 43},
        {"client_secret": None},
        {"client_secret_expires_at": 0},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_methods_supported": ["client_secret_basic"]},
        {"token_endpoint_auth_methods_supported": ["none", "client_secret_post"]},
        {"token_endpoint_auth_method": "client_secret_basic", "token_endpoint_auth_methods_supported": ["none"]},
    ],
    ids=str,
)
def test_fc08_a_document_holds_no_secret(world: World, host: Host, claimed: dict[str, Any]) -> None:
    """FC08 · CIMD 4.1: a document with client_secret, client_secret_expires_at or a shared-secret method is refused."""
    host.document |= claimed

    refusal(connect(world, host.client))

    assert world.stored("oauthClients") == []


def test_fc09_a_client_that_can_do_more_than_we_do_is_taken_as_public(world: World, host: Host) -> None:
    """FC09 · CIMD 4.1; RFC 7591 2: private_key_jwt beside none, id_token, jwt-bearer are accepted; the method is then none."""
    host.document |= {
        "client_name": "ChatGPT",
        "redirect_uris": [CALLBACK, OTHER_CALLBACK],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "RS256",
        "jwks_uri": f"https://{HOST}/jwks.json",
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        "response_types": ["code", "id_token"],
        "application_type": "web",
    }

    code = sent_back(connect(world, host.client))["code"]

    assert world.exchange(host.client, code=code, code_verifier=VERIFIER, client_secret="x").status_code == 401
    basic = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    assert world.service.post("/token", data=basic, auth=("https%3A", "x")).status_code == 401
    tokens = world.exchange(host.client, code=code, code_verifier=VERIFIER)
    assert tokens.status_code == 200
    assert world.refresh(host.client, tokens.json()["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    "declared",
    [
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"token_endpoint_auth_methods_supported": []},
        {"token_endpoint_auth_method": "none", "token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"token_endpoint_auth_method": "tls_client_auth"},
    ],
    ids=str,
)
def test_fc10_a_client_that_declares_authentication_is_never_public(
    world: World, host: Host, declared: dict[str, Any]
) -> None:
    """FC10 · CIMD 6.2: a document that allows only private_key_jwt is refused."""
    host.document |= declared

    assert 'allow the method "none"' in refusal(connect(world, host.client))


@pytest.mark.parametrize(
    ("redirect_uris", "redirect_host", "warns"),
    [
        ([CALLBACK], "chatgpt.com", False),
        ([CALLBACK, "http://localhost/callback"], "chatgpt.com", False),
        (["http://localhost/callback"], "localhost", True),
        (["http://127.0.0.1/callback", "http://localhost:8080/callback"], "127.0.0.1", True),
        (["http://localhost/callback", CALLBACK], "localhost", True),
    ],
    ids=str,
)
def test_fc11_the_person_sees_who_really_asks(
    world: World, host: Host, redirect_uris: list[str], redirect_host: str, *, warns: bool
) -> None:
    """FC11 · CIMD 6.4; MCP: consent shows the name as text, the hosts of id and redirect, and warns of localhost."""
    name = "<b>Claude</b><script>alert(1)</script> &amp;"
    host.document |= {"client_name": name, "redirect_uris": redirect_uris, "logo_uri": f"https://{HOST}/logo.png"}

    page = Page(consent(world, host, redirect_uri=redirect_uris[0]))

    assert f"{name} asks to use your ItsimpleAI" in page.text
    assert f"The name is what {HOST} calls itself; nobody has checked it." in page.text
    assert f"You return to {redirect_host}." in page.text
    assert ("That address is this computer" in page.text) == warns
    sources = [attributes.get("src") or "" for tag, attributes in page.tags if tag in ("script", "img")]
    assert all(source.startswith("/assets/") for source in sources)


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "name": ({"client_name": "Mallory"}, "Mallory asks to use your ItsimpleAI"),
    "redirects": ({"redirect_uris": ["https://evil.example/callback"]}, "You return to evil.example"),
    "scope": ({"scope": "notes:write"}, "Save new notes"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("who_found_out", ["the person who allows", "somebody else"])
def test_fc12_a_document_that_changed_is_asked_for_again(
    world: World, host: Host, change: str, who_found_out: str
) -> None:
    """FC12 · CIMD 6.3: consent to a document that has changed (name, redirects, scope) is no consent to what it is now."""
    changed, now_shown = CHANGES[change]
    unsaid = {"redirect_uri": None, "scope": None}  # so that both are the document's
    page = consent(world, host, **unsaid)
    assert now_shown not in Page(page).text
    world.service.clock.move(A_WHILE)
    host.document |= changed
    if who_found_out == "somebody else":
        consent(world, host, **unsaid)
    signed = {"decision": "allow", "id_token": world.firebase.sign_in(world.person())}

    answer = world.decide(hidden_fields(page.text), **signed)

    assert world.stored("oauthCodes") == []
    if who_found_out == "somebody else":
        refusal(answer)
        answer = consent(world, host, **unsaid)
    assert now_shown in Page(answer).text
    to = changed.get("redirect_uris", [CALLBACK])[0]
    assert sent_back(world.decide(hidden_fields(answer.text), **signed), to)["code"]


def test_a_redirect_uri_that_the_document_has_no_more_is_not_returned_to(world: World, host: Host) -> None:
    page = consent(world, host)
    world.service.clock.move(A_WHILE)
    host.document["redirect_uris"] = ["https://client.example/callback"]

    refusal(world.follow(page, world.person()))


def test_a_document_is_asked_for_every_time(world: World, host: Host) -> None:
    ada = world.person()

    for _ in range(2):
        page = consent(world, host)
        assert "Claude asks to use your ItsimpleAI" in Page(page).text
        assert sent_back(world.follow(page, ada))["code"]
    assert host.fetches == 1


def test_a_client_with_a_document_begins_with_reading(world: World, host: Host) -> None:
    page = Page(consent(world, host, scope=None))

    assert "Read your notes" in page.text
    assert "Save new notes" not in page.text


def test_a_client_with_a_document_needs_pkce(world: World, host: Host) -> None:
    assert error_sent_back(world, world.allow(host.client, world.person())) == "invalid_request"


def test_a_client_with_a_document_has_a_free_port_on_localhost(world: World, host: Host) -> None:
    host.document["redirect_uris"] = ["http://localhost/callback", "http://127.0.0.1/callback"]

    answer = connect(world, host.client, redirect_uri="http://localhost:53211/callback")

    assert sent_back(answer, "http://localhost:53211/callback")["code"]


def test_documents_can_be_switched_off(authority: Authority) -> None:
    host = Host()
    with worlds.world(client_documents=False) as world, site(authority.serve_as(HOST), host.answer) as host.served:
        believe(world, authority)

        refusal(world.ask(host.client, **PKCE))

        assert host.served.connections == 0
