"""Section A of the required behaviours: the authorization endpoint, one story a row."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

import pytest

from scripts.verbs.journey import Assistant, hidden_fields
from tests import world as worlds
from tests.conformance.answers import Page, error_sent_back, refusal, sent_back
from tests.world import CALLBACK, LOOPBACK_CALLBACK, PKCE, VERIFIER, World, question

OTHER_CALLBACK = "https://chatgpt.com/aip/g-2/oauth/callback"
CHALLENGE = PKCE["code_challenge"]
EVIL = "https://evil.example/callback"
NASTY = {
    "a quote and a backslash": '"\\',
    "not ASCII": "é☃😀",
    "control characters": "\x01\x1f\x7f\x85",
    "a newline": "a\r\nLocation: https://evil.example/",
    "3000 characters": "x" * 3000,
    "NUL": "\x00",
    "a percent sign": "%00",
}


def twice(assistant: Assistant, name: str, value: str) -> list[tuple[str, str]]:
    """The parameters of a request that is right, but for one that is there two times."""
    parameters = question(assistant) | {name: value}
    return [*parameters.items(), (name, value)]


def test_a01_an_unknown_client_is_shown_a_page(world: World) -> None:
    """A01 · RFC 6749 4.1.2.1; OAuth 2.1 4.1.2.1: an unknown client is shown a page."""
    assert "client_id" in refusal(world.ask(world.assistant(), client_id="nobody"))


def test_a02_a_request_without_a_client_is_shown_a_page(world: World) -> None:
    """A02 · RFC 6749 4.1.2.1: a request that names no client is shown a page."""
    assert "client_id is missing" in refusal(world.ask(world.assistant(), client_id=None))


@pytest.mark.parametrize(
    "redirect_uri",
    [
        CALLBACK.replace("chatgpt.com", "evil.example"),
        CALLBACK.replace("chatgpt.com", "chatgpt.com.evil.example"),
        f"{CALLBACK}2",
        f"{CALLBACK}/",
        f"{CALLBACK}/../x",
        CALLBACK.replace("/oauth", "/x/../oauth"),
        f"{CALLBACK}?a=b",
        f"{CALLBACK}?",
        CALLBACK.replace("chatgpt", "ChatGPT"),
        CALLBACK.replace("/oauth/", "/OAuth/"),
        CALLBACK.replace("https", "HTTPS"),
        CALLBACK.replace("/oauth/", "/%6Fauth/"),
        CALLBACK.replace("chatgpt.com", "chatgpt.com@evil.example"),
        CALLBACK.replace("chatgpt.com", "user@chatgpt.com"),
        f"{CALLBACK}#fragment",
        f"{CALLBACK}#",
        CALLBACK.replace("https", "http"),
        CALLBACK.replace("chatgpt.com", "chatgpt.com:8443"),
        CALLBACK.replace("chatgpt.com", "chatgpt.com:443"),
        f" {CALLBACK}",
        "javascript:alert(1)",
        f"javascript:alert(1)//{CALLBACK}",
    ],
)
def test_a03_a_redirect_uri_that_differs_in_any_way_is_shown_a_page(world: World, redirect_uri: str) -> None:
    """A03 · RFC 9700 2.1, 4.1; MCP "Open Redirection": a redirect URI differing in any way is shown a page."""
    text = refusal(world.ask(world.assistant(), redirect_uri=redirect_uri))

    assert "redirect_uri" in text
    assert "evil.example" not in text


@pytest.mark.parametrize(
    ("registered", "asked", "is_accepted"),
    [
        ("http://127.0.0.1/callback", "http://127.0.0.1:53211/callback", True),
        ("http://127.0.0.1:3118/callback", "http://127.0.0.1:53211/callback", True),
        ("http://127.0.0.1:3118/callback", "http://127.0.0.1/callback", True),
        ("http://localhost/callback", "http://localhost:53211/callback", True),
        ("http://[::1]/callback", "http://[::1]:53211/callback", True),
        ("http://127.0.0.1/callback?a=b", "http://127.0.0.1:53211/callback?a=b", True),
        ("http://127.0.0.1/callback", "http://127.0.0.1:53211/other", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:53211/callback/", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:53211/callback?a=b", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:53211/callback#", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1.evil.example:53211/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1.evil.example/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:53211@evil.example/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:evil.example/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:0/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:65536/callback", False),
        ("http://127.0.0.1/callback", "http://127.0.0.2:53211/callback", False),
        ("http://127.0.0.1/callback", "http://localhost:53211/callback", False),
        ("http://127.0.0.1/callback", "http://evil.example:53211/callback", False),
        ("http://127.0.0.1/callback", "https://127.0.0.1:53211/callback", False),
        ("https://client.example/callback", "https://client.example:53211/callback", False),
        ("https://localhost/callback", "https://localhost:53211/callback", False),
    ],
)
def test_a04_a_native_application_listens_on_any_port_of_its_own_machine(
    world: World, registered: str, asked: str, *, is_accepted: bool
) -> None:
    """A04 · RFC 8252 7.3; RFC 9700 2.1; OAuth 2.1 8.4.2: a loopback port is free, and nothing else is."""
    native = world.public_client("Claude Code", registered)

    answer = world.allow(native, world.person(), redirect_uri=asked, **PKCE)

    if not is_accepted:
        refusal(answer)
        return
    code = sent_back(answer, asked)["code"]
    assert world.exchange(native, code=code, redirect_uri=asked, code_verifier=VERIFIER).status_code == 200


def test_a_client_with_a_secret_has_no_free_port(world: World) -> None:
    tool = world.assistant("Tool", LOOPBACK_CALLBACK)

    refusal(world.ask(tool, redirect_uri="http://127.0.0.1:53211/callback"))


def test_the_only_redirect_uri_need_not_be_named(world: World) -> None:
    chatgpt, ada = world.assistant(), world.person()

    code = sent_back(world.allow(chatgpt, ada, redirect_uri=None))["code"]

    assert world.exchange(chatgpt, code=code, redirect_uri=f"{CALLBACK}2").status_code == 400
    assert world.exchange(chatgpt, code=code, redirect_uri=None).status_code == 200


def test_a05_another_response_type_is_unsupported(world: World) -> None:
    """A05 · RFC 6749 4.1.2.1; RFC 9700 2.1.2: response_type=token is sent back as unsupported_response_type."""
    answer = world.allow(world.assistant(), world.person(), response_type="token")

    assert error_sent_back(world, answer) == "unsupported_response_type"


def test_a06_a_request_without_a_response_type_is_invalid(world: World) -> None:
    """A06 · RFC 6749 3.1.1, 4.1.2.1: a request without response_type is sent back as invalid_request."""
    answer = world.allow(world.assistant(), world.person(), response_type=None)

    assert error_sent_back(world, answer) == "invalid_request"


@pytest.mark.parametrize("scope", ["admin", "notes:write admin", "NOTES:WRITE", "notes:write\tnotes:read", "notes"])
def test_a07_an_unknown_scope_is_invalid(world: World, scope: str) -> None:
    """A07 · RFC 6749 3.3, 4.1.2.1: an unknown scope is sent back as invalid_scope."""
    answer = world.allow(world.assistant(), world.person(), scope=scope)

    assert error_sent_back(world, answer) == "invalid_scope"


@pytest.mark.parametrize(("name", "value"), [("scope", "notes:write"), ("state", "s-1"), ("response_type", "code")])
def test_a08_a_repeated_parameter_is_invalid(world: World, name: str, value: str) -> None:
    """A08 · RFC 6749 3.1: scope, state or response_type sent twice is sent back as invalid_request."""
    page = world.service.get("/authorization", params=twice(world.assistant(), name, value))

    answer = world.follow(page, world.person())

    assert error_sent_back(world, answer, state=None if name == "state" else "s-1") == "invalid_request"


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a09_who_asks_and_where_to_return_are_said_once(world: World, name: str) -> None:
    """A09 · RFC 6749 3.1, 4.1.2.1: client_id or redirect_uri sent twice is shown a page and never redirected."""
    chatgpt = world.assistant()
    same = twice(chatgpt, name, question(chatgpt)[name])
    another = [*same[:-1], (name, EVIL if name == "redirect_uri" else world.assistant("Another").client_id)]

    for parameters in (same, another, another[::-1]):
        assert f"{name} more than once" in refusal(world.service.get("/authorization", params=parameters))


def test_a10_a_public_client_without_pkce_is_refused(world: World) -> None:
    """A10 · RFC 7636 4.4.1; RFC 9700 2.1.1: a public client without code_challenge gets invalid_request."""
    answer = world.allow(world.public_client(), world.person())

    assert error_sent_back(world, answer, to=LOOPBACK_CALLBACK) == "invalid_request"


@pytest.mark.parametrize("method", ["plain", "S512", "s256", None])
@pytest.mark.parametrize("is_public", [True, False], ids=["public", "confidential"])
def test_a11_no_challenge_method_but_s256_is_taken(world: World, method: str | None, *, is_public: bool) -> None:
    """A11 · RFC 7636 4.3, 4.4.1; RFC 9700 2.1.1: any code_challenge_method but S256 gets invalid_request."""
    client = world.public_client() if is_public else world.assistant()

    answer = world.allow(client, world.person(), code_challenge=CHALLENGE, code_challenge_method=method)

    assert error_sent_back(world, answer, to=client.redirect_uri) == "invalid_request"


@pytest.mark.parametrize(
    "challenge",
    [
        CHALLENGE[:-1],
        f"{CHALLENGE}A",
        "x" * 128,
        *(CHALLENGE[:-1] + character for character in "+/=.~ é\n"),
        f"{CHALLENGE}=",
        f"{CHALLENGE}\n",
    ],
    ids=ascii,
)
def test_a12_a_challenge_is_43_characters_of_base64url(world: World, challenge: str) -> None:
    """A12 · RFC 7636 4.2, 4.4.1: a challenge that no S256 gives gets invalid_request."""
    answer = world.allow(world.public_client(), world.person(), code_challenge=challenge, code_challenge_method="S256")

    assert error_sent_back(world, answer, to=LOOPBACK_CALLBACK) == "invalid_request"


@pytest.mark.parametrize(
    "name", ["response_type", "scope", "state", "client_id", "redirect_uri", "code_challenge", "resource"]
)
@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY.keys())
def test_a13_nothing_in_a_parameter_breaks_the_service(world: World, name: str, value: str) -> None:
    """A13 · RFC 6749 4.1.2.1, 10.14; OAuth 2.1 7.12: no value makes a 5xx or leaves error_description's characters."""
    asked = {"code_challenge_method": "S256"} if name == "code_challenge" else {}

    answer = world.allow(world.assistant(), world.person(), **asked, **{name: value})

    if name in ("client_id", "redirect_uri"):
        refusal(answer)
    elif name == "state" and not re.search(r"[\x00-\x1f\x7f]", value):
        assert sent_back(answer)["state"] == value
    else:
        expected = {
            "response_type": "unsupported_response_type",
            "scope": "invalid_scope",
            "resource": "invalid_target",
        }
        state = value if name == "state" else "s-1"
        assert error_sent_back(world, answer, state) == expected.get(name, "invalid_request")


@pytest.mark.parametrize(
    "wrong",
    [{"scope": "admin"}, {"response_type": "token"}, {"resource": EVIL}, {"code_challenge": "short"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a14_nobody_is_sent_to_the_client_before_they_have_signed_in(world: World, wrong: dict[str, str]) -> None:
    """A14 · OAuth 2.1 "Authorization Server as Open Redirector"; RFC 9700 4.11.2: an error waits for the sign-in."""
    page = world.ask(world.assistant(), **wrong)

    assert (page.status_code, page.headers.get("Location"), page.headers.get("Refresh")) == (200, None, None)
    shown = Page(page)
    assert "Sign in to ItsimpleAI" in shown.text
    assert not [link for _, attributes in shown.tags if (link := attributes.get("href") or "").startswith("http")]
    form = hidden_fields(page.text)
    for id_token in (None, "", "nobody"):
        for decision in ("continue", "allow", "deny"):
            unsigned = world.decide(form, id_token=id_token, decision=decision)
            assert 400 <= unsigned.status_code < 500
            assert "Location" not in unsigned.headers
    assert error_sent_back(world, world.follow(page, world.person()))


def test_a15_the_consent_page_is_framed_cached_and_referred_to_by_nobody(world: World) -> None:
    """A15 · RFC 9700 4.2, 4.16; RFC 6749 10.13: the consent page is framed by nobody, kept nowhere, referred to nobody.

    Under `no-referrer` browsers would send `Origin: null` with our own form: docs/decisions/0002.
    """
    headers = world.ask(world.assistant()).headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"].split("; ")
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("seal", [None, "", "x", "one other", "é", "without its key"])
def test_a16_a_consent_that_our_page_did_not_post_is_refused(world: World, seal: str | None) -> None:
    """A16 · RFC 6749 10.12; RFC 9700 4.7: a post without our page's seal, person and origin gets 4xx and no code."""
    form = hidden_fields(world.ask(world.assistant()).text)
    form |= {"decision": "allow", "id_token": world.firebase.sign_in(world.person())}
    last = form["seal"][-1]
    chosen = {
        "one other": form["seal"][:-1] + ("A" if last != "A" else "B"),
        "without its key": form["seal"].partition(".")[2],
    }

    refusal(world.decide(form, seal=chosen.get(seal or "", seal)))

    for unsigned in (None, "", "x"):
        assert world.decide(form, id_token=unsigned).status_code == 401
    for origin in ("https://evil.example", "null", f"{world.service.url}.evil.example"):
        foreign = world.service.post("/authorization", data=form, headers={"Origin": origin})
        assert (foreign.status_code, foreign.headers.get("Location")) == (403, None)
    assert world.stored("oauthCodes") == []
    assert sent_back(world.decide(form))["code"]


Forge = Callable[[dict[str, str], dict[str, str], dict[str, str]], dict[str, str]]
"""What a forger posts in place of a consent page's form, given those of another client's page and of an error's."""


def changed(**parameters: str) -> Forge:
    return lambda form, *_: form | {"request": urlencode(dict(parse_qsl(form["request"])) | parameters)}


def added(**fields: str) -> Forge:
    return lambda form, *_: form | fields


@pytest.mark.parametrize(
    ("forge", "is_refused"),
    [
        (changed(), False),
        (changed(redirect_uri=EVIL), True),
        (changed(redirect_uri=OTHER_CALLBACK), True),
        (changed(scope="notes:read notes:write"), True),
        (changed(scope="notes:write"), True),
        (changed(client_id="nobody"), True),
        (changed(resource="https://evil.example"), True),
        (changed(state="another"), True),
        (added(redirect_uri=EVIL), False),
        (added(redirect_uri=OTHER_CALLBACK), False),
        (added(scope="notes:read notes:write"), False),
        (added(client_id="nobody"), False),
        (lambda form, other, _: form | {"client_id": dict(parse_qsl(other["request"]))["client_id"]}, False),
        (lambda form, other, _: form | {"request": other["request"]}, True),
        (lambda form, other, _: form | {"seal": other["seal"]}, True),
        (lambda form, _, wrong: form | {"request": wrong["request"]}, True),
        (lambda _form, _, wrong: wrong, True),
    ],
    ids=[
        *("nothing", "redirect_uri", "another redirect_uri", "more scope", "another scope", "client_id", "resource"),
        *("state", "an added redirect_uri", "another added redirect_uri", "an added scope", "an added client_id"),
        *("another added client_id", "another's request", "another's seal", "an erroneous request"),
        "allowing on the page of an erroneous request",
    ],
)
def test_a17_a_changed_consent_form_gains_nothing(world: World, forge: Forge, *, is_refused: bool) -> None:
    """A17 · RFC 6749 10.14; OAuth 2.1 "Consent Phishing": a changed form gives no code, an added field changes nothing."""
    chatgpt, other = world.assistant("ChatGPT", CALLBACK, OTHER_CALLBACK), world.assistant("Another")
    form = hidden_fields(world.ask(chatgpt, scope="notes:read").text)
    forms = hidden_fields(world.ask(other).text), hidden_fields(world.ask(chatgpt, scope="admin").text)
    signed = {"decision": "allow", "id_token": world.firebase.sign_in(world.person())}

    answer = world.decide(forge(form, *forms) | signed)

    if is_refused:
        refusal(answer)
        assert world.stored("oauthCodes") == []
        return
    tokens = world.exchange(chatgpt, code=sent_back(answer)["code"])
    assert (tokens.status_code, tokens.json()["scope"]) == (200, "notes:read")


@pytest.mark.parametrize(
    ("name", "redirect_uri", "wrong"),
    [
        ("ChatGPT", CALLBACK, {}),
        ("<img src=x onerror=alert(1)>", CALLBACK, {}),
        ("\"'></b><script>alert(1)</script>", CALLBACK, {}),
        ("{{ 7 * 7 }} &amp; &lt;b&gt;", CALLBACK, {}),
        ("<b>bold</b>", "http://localhost:3118/callback", {}),
        ("<b>bold</b>", "http://127.0.0.1/callback", {}),
        ("<b>bold</b>", "http://[::1]/callback", {}),
        ("<img src=x onerror=alert(1)>", CALLBACK, {"scope": "admin"}),
        ("<img src=x onerror=alert(1)>", CALLBACK, {"redirect_uri": EVIL}),
    ],
)
def test_a18_what_a_client_sends_is_text_on_our_pages(
    world: World, name: str, redirect_uri: str, wrong: dict[str, str]
) -> None:
    """A18 · RFC 6749 10.14; MCP "Localhost Redirect URI Risks": all is escaped; the host is shown, localhost warned of."""
    state = "\"'></script><script>alert(2)</script>"

    answer = world.ask(world.assistant(name, redirect_uri), state=state, **wrong)

    page = Page(answer)
    assert name in page.text
    sources = [attributes.get("src") or "" for tag, attributes in page.tags if tag in ("script", "img")]
    assert all(source.startswith("/assets/") for source in sources)
    assert not [attribute for _, attributes in page.tags for attribute in attributes if attribute.startswith("on")]
    if answer.status_code == 200:
        host = {"http://[::1]/callback": "::1"}.get(redirect_uri, redirect_uri.split("/")[2].partition(":")[0])
        assert host in page.text
        assert dict(parse_qsl(hidden_fields(answer.text)["request"]))["state"] == state
    assert ("That address is this computer" in page.text) == redirect_uri.startswith("http://")


def test_a19_who_says_no_is_sent_back_with_access_denied(world: World) -> None:
    """A19 · RFC 6749 4.1.2.1: who denies is sent back with access_denied and the exact state."""
    state = "a b+c&d=e é%25/?#"
    form = hidden_fields(world.ask(world.assistant(), state=state).text)

    for signed in ("", world.firebase.sign_in(world.person())):
        answer = world.decide(form, decision="deny", id_token=signed)
        assert error_sent_back(world, answer, state) == "access_denied"
    assert world.stored("oauthCodes") == []


@pytest.mark.parametrize(
    "callback", [CALLBACK, "https://client.example/cb?tenant=a%20b&x=&y=%2B+é".replace("é", "%C3%A9")]
)
@pytest.mark.parametrize("state", ["a b+c&d=e é%25/?#", " ", "+", "%", "&code=x&iss=y", "😀" * 200, None])
def test_a20_who_says_yes_is_sent_back_with_a_code(world: World, callback: str, state: str | None) -> None:
    """A20 · RFC 6749 3.1.2, 4.1.2, 10.10: approval gives a code, the state byte for byte, the registered query kept."""
    client = world.assistant("ChatGPT", callback)

    answers = [sent_back(world.allow(client, world.person(), state=state), callback) for _ in range(2)]

    codes = [answer.pop("code") for answer in answers]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", code) for code in codes)
    assert codes[0] != codes[1]
    assert answers == [{"iss": world.service.url} | ({} if state is None else {"state": state})] * 2
    assert world.exchange(client, code=codes[0]).status_code == 200


@pytest.mark.parametrize(
    ("decision", "wrong"), [("allow", {}), ("deny", {}), ("continue", {"scope": "admin"})], ids=["yes", "no", "error"]
)
def test_a21_a_redirect_after_a_post_is_303(world: World, decision: str, wrong: dict[str, str]) -> None:
    """A21 · RFC 9700 4.12; OAuth 2.1 "HTTP 307 Redirect": the post's answer is 303, so nobody posts to the client."""
    form = hidden_fields(world.ask(world.assistant(), **wrong).text)

    answer = world.decide(form, decision=decision, id_token=world.firebase.sign_in(world.person()))

    assert (answer.status_code, answer.content) == (303, b"")


@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_a22_every_redirect_names_its_issuer(*, is_on: bool) -> None:
    """A22 · RFC 9207 2, 3; MCP "Authorization Response Validation": every redirect has `iss`, or by one switch none."""
    with worlds.world(iss_parameter=is_on) as world:
        chatgpt, ada = world.assistant(), world.person()
        form = hidden_fields(world.ask(chatgpt).text)
        answers = [
            world.allow(chatgpt, ada),
            world.decide(form, decision="deny"),
            world.allow(chatgpt, ada, scope="admin"),
        ]
        metadata = world.service.get("/.well-known/oauth-authorization-server").json()

        assert metadata["issuer"] == world.service.url
        assert metadata["authorization_response_iss_parameter_supported"] is is_on
        assert [sent_back(answer).get("iss") for answer in answers] == [metadata["issuer"] if is_on else None] * 3


def test_a23_no_script_of_another_origin_reads_this_endpoint(world: World) -> None:
    """A23 · RFC 9700 2.6: the authorization endpoint sends no CORS header."""
    chatgpt, elsewhere = (
        world.assistant(),
        {"Origin": "https://client.example", "Access-Control-Request-Method": "POST"},
    )
    form = hidden_fields(world.ask(chatgpt).text) | {"id_token": world.firebase.sign_in(world.person())}
    ours = {"Origin": world.service.url}

    answers = [
        world.service.get("/authorization", params=question(chatgpt), headers=elsewhere),
        world.service.get("/authorization", params={"client_id": "nobody"}, headers=elsewhere),
        world.service.call("OPTIONS", "/authorization", headers=elsewhere),
        world.service.post("/authorization", data=form, headers=elsewhere),
        world.service.post("/authorization", data=form | {"decision": "allow"}, headers=ours),
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 200, 403, 303]
    for answer in answers:
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "resource",
    ["https://evil.example", "{url}/other", "{url}/notes/", "{url}#", "{url}?", "{url}.evil.example", "/notes"],
)
def test_a24_an_unknown_resource_is_an_invalid_target(world: World, resource: str) -> None:
    """A24 · RFC 8707 2, 2.1: a resource that is not ours is sent back as invalid_target."""
    answer = world.allow(world.assistant(), world.person(), resource=resource.format(url=world.service.url))

    assert error_sent_back(world, answer) == "invalid_target"


@pytest.mark.parametrize(
    ("client", "name", "granted"),
    [
        ("a GPT", "scope", "notes:read notes:write"),
        ("one that registered itself", "scope", "notes:read"),
        ("a GPT", "state", "notes:write"),
        ("a GPT", "resource", "notes:write"),
        ("a GPT", "code_challenge", "notes:write"),
        ("a GPT", "code_challenge_method", "notes:write"),
        ("a GPT", "foo", "notes:write"),
    ],
)
def test_a25_an_empty_parameter_counts_as_omitted(world: World, client: str, name: str, granted: str) -> None:
    """A25 · RFC 6749 3.1: an empty parameter is as if it was not sent; an empty scope is the client's default."""
    is_gpt = client == "a GPT"
    assistant = world.assistant() if is_gpt else world.newcomer()

    answer = sent_back(world.allow(assistant, world.person(), **(({} if is_gpt else PKCE) | {name: ""})))

    assert answer.get("state") == (None if name == "state" else "s-1")
    tokens = world.exchange(assistant, code=answer["code"], code_verifier=None if is_gpt else VERIFIER)
    assert (tokens.status_code, tokens.json()["scope"]) == (200, granted)


def test_a26_unknown_parameters_are_ignored(world: World) -> None:
    """A26 · RFC 6749 3.1: unknown parameters are ignored, and the flow goes on to a code."""
    chatgpt = world.assistant()
    parameters = [*question(chatgpt).items(), ("foo", "bar"), ("nonce", "n-1"), ("foo", "again"), ("id_token", "x")]

    answer = world.follow(world.service.get("/authorization", params=parameters), world.person())

    assert sent_back(answer).keys() == {"code", "state", "iss"}


def test_two_different_resources_are_an_invalid_target(world: World) -> None:
    chatgpt, url = world.assistant(), world.service.url
    both = [*question(chatgpt).items(), ("resource", url), ("resource", f"{url}/notes")]

    answer = world.follow(world.service.get("/authorization", params=both), world.person())

    assert error_sent_back(world, answer) == "invalid_target"


@pytest.mark.parametrize("resource", [None, "{url}", "{url}/", "{url}/notes"])
def test_a_token_is_bound_to_the_resource_that_was_asked_for(world: World, resource: str | None) -> None:
    chatgpt, url = world.assistant(), world.service.url
    asked = resource and resource.format(url=url)

    answer = world.exchange(chatgpt, code=world.code(chatgpt, world.person(), resource=asked))

    assert answer.status_code == 200
    (grant,) = world.stored("oauthGrants")
    assert grant["resource"] == (f"{url}/notes" if asked == f"{url}/notes" else url)


def test_the_same_resource_twice_is_one(world: World) -> None:
    chatgpt, url = world.assistant(), world.service.url
    parameters = [*question(chatgpt).items(), ("resource", url), ("resource", url)]

    answer = world.follow(world.service.get("/authorization", params=parameters), world.person())

    assert sent_back(answer)["code"]


def test_offline_access_is_known_and_has_no_effect(world: World) -> None:
    chatgpt, ada = world.assistant(), world.person()

    tokens = world.exchange(chatgpt, code=world.code(chatgpt, ada, scope="notes:read offline_access")).json()

    note = {"title": "t", "content": "c"}
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert world.service.post("/notes", json=note, headers=headers).status_code == 403
    assert "offline_access" not in Page(world.ask(chatgpt, scope="notes:read offline_access")).text
    assert world.refresh(chatgpt, tokens["refresh_token"]).status_code == 200
