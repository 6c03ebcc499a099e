"""Recognisable secrets, poured into every place of every endpoint: none comes out in the log or in an error."""

import base64
import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from scripts.verbs.journey import hidden_fields
from service.app import create_app
from tests.assistant import connected
from tests.deployed import Deployed, deployed
from tests.mcp_client import HANDSHAKE, META, MODERN
from tests.world import CALLBACK, PKCE, World, question

MARK = "zq7RecognisableSecret1x"
_BASIC = base64.b64encode(f"{MARK}:{MARK}".encode()).decode()
# However MARK is shifted inside of what is encoded, one of these is in it.
_FORMS = [MARK, *(base64.b64encode(b" " * shift + MARK.encode()).decode()[4:-4] for shift in range(3))]
_FOUND = re.compile("|".join(map(re.escape, _FORMS)), re.IGNORECASE)
_PLAIN = (
    "User-Agent",
    "Accept",
    "Accept-Encoding",
    "Host",
    "X-Forwarded-For",
    "openai-conversation-id",
    "openai-gpt-id",
    "openai-ephemeral-user-id",
    "If-None-Match",
)
_HEADERS = [
    *(("Authorization", f"{scheme}{MARK}") for scheme in ("Bearer ", "Basic ", "DPoP ", "")),
    ("Authorization", f"Basic {_BASIC}"),
    *(("Cookie", value) for value in (MARK, f"session={MARK}")),
    *(
        ("Content-Type", f"{kind}{MARK}")
        for kind in ("text/", "application/json; charset=", "multipart/form-data; boundary=")
    ),
    *(("X-Cloud-Trace-Context", value) for value in (MARK, f"{MARK}/1;o=1")),
    ("Origin", f"https://{MARK}.example"),
    ("Referer", f"https://assistant.example/?code={MARK}"),
    *((name, MARK) for name in _PLAIN),
]


@dataclass(frozen=True)
class Right:
    """A request in which everything is right, so that with one thing replaced it gets as far as it can."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)
    """Of a JSON body."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def send(self, base: str) -> requests.Response:
        body = {"json": self.members} if self.members else {"data": self.form if self.body is None else self.body}
        return requests.request(
            self.method,
            base + self.path,
            params=self.query,
            headers={name: value.encode() for name, value in self.headers.items()},
            timeout=60,
            allow_redirects=False,
            **body,
        )


@pytest.fixture(scope="module")
def running() -> Iterator[Deployed]:
    with deployed(REGISTRATIONS_PER_HOUR="100000", CALLS_PER_MINUTE="100000") as made:
        yield made


def rights(world: World) -> list[Right]:
    """One or more for each endpoint."""
    chatgpt, ada = world.assistant(), world.person()
    tokens = world.connect(chatgpt, ada)
    who = {"client_id": chatgpt.client_id, "client_secret": chatgpt.client_secret}
    asking = question(chatgpt, **PKCE, resource=world.service.url)
    consent = hidden_fields(world.ask(chatgpt).text) | {"decision": "allow", "id_token": world.firebase.sign_in(ada)}
    code = {"grant_type": "authorization_code", "code": world.code(chatgpt, ada), "redirect_uri": CALLBACK}
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    optional = {"code_verifier": "", "scope": "", "resource": "", "state": "", "token_type_hint": "", "username": ""}
    note = {"title": "t", "content": "c", "kind": "note", "tags": ["t"], "sourceUrl": "https://example.com/"}
    changes = {"version": "1", "append": "c"} | note
    reader = connected(world, ada).tokens.bearer
    optional_members = (
        "client_name",
        "scope",
        "client_uri",
        "jwks",
        "software_statement",
        "token_endpoint_auth_method",
    )
    registration = {"redirect_uris": [CALLBACK]} | dict.fromkeys((*optional_members, "grant_types", "response_types"))
    signed_in = {"Authorization": f"Bearer {consent['id_token']}"}
    leaver = {"Authorization": f"Bearer {world.firebase.sign_in(world.person())}"}
    asset = "/assets/" + world.service.get("/").text.partition('"/assets/')[2].partition('"')[0]
    return [
        Right("GET", "/authorization", asking),
        Right("GET", "/authorization", asking | {"client_id": "https://localhost/client.json"}),
        Right("POST", "/authorization", form=consent),
        Right("POST", "/token", form=code | who | optional),
        Right("POST", "/token", form=refresh | who | optional),
        Right("POST", "/revoke", form={"token": world.connect(chatgpt, ada).access_token} | who | optional),
        Right("POST", "/register", members=registration),
        Right("POST", "/notes", members=note, headers=tokens.bearer),
        Right("GET", "/notes", {"kind": "note", "tag": "t", "text": "t", "limit": "1", "cursor": ""}, headers=reader),
        Right("GET", "/search", {"query": "t", "cursor": ""}, headers=reader),
        Right("GET", "/notes/nothing", {"offset": "0"}, headers=reader),
        Right("PATCH", "/notes/nothing", members=changes, headers=reader),
        Right("DELETE", "/notes/nothing", headers=reader),
        Right("GET", "/profile", headers=reader),
        Right("GET", "/human_move", {"position_1": "X"}),
        *mcp_rights(tokens.bearer, note),
        *(Right("GET", path, headers={"Accept": "text/html"}) for path in ("/notes", "/notes/nothing")),
        Right("GET", "/me/connections", headers=signed_in),
        Right("DELETE", "/me/connections/bm9ib2R5", {"notes": "delete"}, headers=signed_in),
        Right("GET", "/me/export", {"cursor": ""}, headers=signed_in),
        Right("POST", "/me/deletion", members={"confirm": "delete everything"}, headers=leaver),
        Right("GET", "/me/deletion", headers=leaver),
        Right("GET", "/operator/calls", headers=signed_in),
        *(Right("GET", path) for path in ("/docs", "/docs/calls")),
        Right("GET", "/docs/oauth2-redirect.html", {"code": "c", "state": "s", "iss": world.service.url}),
        *(
            Right("GET", path)
            for path in (
                "/",
                "/connections",
                "/account",
                "/privacy",
                "/health",
                "/ready",
                "/openapi.yaml",
                asset,
                "/__/firebase/init.json",
            )
        ),
        *(Right(method, "/__/auth/handler", {"code": "x"}) for method in ("GET", "POST")),
        *(Right("GET", f"/.well-known/oauth-{name}") for name in ("authorization-server", "protected-resource")),
        Right("GET", "/.well-known/oauth-protected-resource/notes"),
    ]


def mcp_rights(bearer: dict[str, str], note: dict[str, Any]) -> list[Right]:
    params = {"name": "saveNote", "arguments": note, "_meta": META | {"openai/session": "s"}}
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "saveNote"}
    opening = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    return [
        Right("POST", "/mcp", members=message, headers=headers | bearer),
        Right("POST", "/mcp", members=message | {"method": "initialize", "params": opening}),
    ]


def poured(right: Right) -> Iterator[Right]:
    """RIGHT with MARK in one place after the other."""
    for name in (*right.query, *right.form, "access_token", MARK):
        yield replace(right, query=right.query | {name: MARK})
    for name in (*right.form, MARK) if right.form else ():
        yield replace(right, form=right.form | {name: MARK})
    for members in poured_members(right.members) if right.members else ():
        yield replace(right, members=members)
    for name, text in _HEADERS:
        yield replace(right, headers=right.headers | {name: text})
    for rest in (f"/{MARK}", f"%0a{MARK}"):
        yield replace(right, path=right.path + rest)
    kind = "application/json" if right.members else "application/x-www-form-urlencoded"
    headers = {"Authorization": f"Bearer {MARK}", "Cookie": MARK} | right.headers | {"Content-Type": kind}
    for body in (MARK, f'{{"{MARK}": "{MARK}', f"a={MARK}&%ff=\xff", MARK * 200_000):
        yield Right("POST", right.path, right.query, headers=headers, body=body.encode("latin-1"))


def poured_members(members: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in (*members, "unknown"):  # a member's name is no secret: an error names it
        for value in (MARK, [MARK], {MARK: MARK}, f"{MARK}\n"):
            yield members | {name: value}
        if isinstance(inner := members.get(name), dict):
            yield from (members | {name: one} for one in poured_members(inner))


def test_no_secret_is_printed_or_echoed(running: Deployed) -> None:
    world, sent = running.world, 0
    for right in rights(world):
        for request in poured(right):
            answer = request.send(world.service.url)
            check_silent(answer, request)
            form, sent = hidden_fields(answer.text), sent + 1
            if "seal" in form:  # go on: what is wrong in a request is told by redirect, after sign-in
                form["id_token"] = world.firebase.sign_in(world.person())
                check_silent(world.decide(form, decision=form["decision"].replace("deny", "allow")), request)

    assert sent > 500
    printed = running.printed()
    assert _FOUND.search(printed) is None
    assert not {"unexpected", "Traceback"} & set(re.findall(r"\w+", printed))


def check_silent(answer: requests.Response, request: Right) -> None:
    """An error repeats nothing of what was sent; a redirect back to the client nothing but its own `state`."""
    assert answer.status_code not in (500, 502), request
    told = dict(answer.headers)
    if answer.status_code == 303:
        parameters = parse_qs(urlsplit(told.pop("Location")).query)
        told["parameters"] = json.dumps(parameters | {"state": None})
    text = answer.text
    if request.path == "/mcp" and answer.status_code != 202:  # JSON-RPC gives back the id of what it answers
        text = json.dumps(answer.json() | {"id": None})
    if answer.status_code >= 300 or '"isError": true' in text:
        assert _FOUND.search(text + json.dumps(told)) is None, request


@pytest.mark.parametrize(
    "raw",
    [
        f"GET /{MARK} {MARK} HTTP/1.1\r\n\r\n",
        f"{MARK} /token HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"GET /health HTTP/{MARK}\r\nHost: localhost\r\n\r\n",
        f"GET /health HTTP/1.1\r\nHost: localhost\r\n{MARK}\r\n\r\n",
        f"GET /health HTTP/1.1\r\nHost: localhost\r\nAuthorization : Bearer {MARK}\r\n\r\n",
        f"GET /health HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {MARK}\x00\r\n\r\n",
        f"GET /health HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {MARK * 1000}\r\n\r\n",
        f"GET /health?code={MARK * 1000} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MARK}\r\n\r\n",
        f"POST /token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: {MARK}\r\n\r\n",
        f"POST /token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{MARK}\r\n",
        f"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\ncode={MARK}",
    ],
)
def test_what_is_not_even_http_is_not_printed(running: Deployed, raw: str) -> None:
    port = urlsplit(running.world.service.url).port
    with socket.create_connection(("localhost", port), timeout=30) as connection:
        connection.sendall(raw.encode())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    assert running.world.service.get("/health").status_code == 200
    assert _FOUND.search(running.printed()) is None


def test_every_endpoint_is_poured_into(running: Deployed) -> None:
    world = running.world
    routes = create_app(world.service.settings, world.service.backends).url_map
    found = {routes.bind("").match(right.path, right.method)[0] for right in rights(world)}

    assert found == {rule.endpoint for rule in routes.iter_rules()}


def test_the_mark_is_found_in_whatever_form() -> None:
    for hidden in (MARK, MARK.upper(), _BASIC, base64.b64encode(f"x:{MARK}".encode()).decode()):
        assert _FOUND.search(f"before {hidden} after")
