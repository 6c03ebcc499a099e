"""The world of a story: a service of its own, people, assistants, a phone, and a clock that moves when told to."""

import os
import secrets
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit
from wsgiref.types import WSGIApplication

import grpc
import requests
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from scripts.verbs import index_file
from scripts.verbs.client import add
from scripts.verbs.emulators import load_rules
from scripts.verbs.journey import Assistant, Firebase, Person, authorization_url, hidden_fields
from service.app import create_app
from service.google_backends import GoogleBackends
from service.oauth.clients import register
from service.pages import pages
from service.settings import Settings
from tests.needed_indexes import is_served, needs, structured_query

INDEXES = index_file.declared()
FIRESTORE = os.environ.get("FIRESTORE_EMULATOR_HOST", "")
AUTH = os.environ.get("FIREBASE_AUTH_EMULATOR_HOST", "")
LOOPBACK_CALLBACK = "http://127.0.0.1/callback"
PKCE = {
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636 appendix B
    "code_challenge_method": "S256",
}
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CALLBACK = "https://chatgpt.com/aip/g-1f0e/oauth/callback"
SCOPE = "notes:write"
_SAYABLE = set(map(chr, range(0x20, 0x7F))) - {'"', "\\"}  # RFC 6749 section 5.2
LOCAL_KEY = secrets.token_urlsafe(32)  # one, as the instances of a service have


class _CompiledPages(BytecodeCache):
    """Compiling the same templates for a thousand worlds takes longer than all else that makes them."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


pages.Environment = partial(pages.Environment, bytecode_cache=_CompiledPages())  # type: ignore[attr-defined, assignment]  # its own import


Middleware = Callable[[WSGIApplication], WSGIApplication]


class Clock:
    """The service's time: the real one until a story moves it."""

    def __init__(self) -> None:
        self._moved = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._moved

    def move(self, by: timedelta) -> None:
        self._moved += by


class Lost(grpc.RpcError):  # type: ignore[misc]  # grpc is untyped
    """What a client sees of a call whose answer did not arrive."""

    def __init__(self, status: grpc.StatusCode, details: str = "lost") -> None:
        self._status, self._details = status, details

    def code(self) -> grpc.StatusCode:
        return self._status

    def details(self) -> str:
        return self._details

    def trailing_metadata(self) -> tuple[()]:
        return ()

    def result(self, _seconds: float | None = None) -> NoReturn:
        raise self


class Counter(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]  # grpc is untyped
    """The RPCs that the service made, by name, in order. The answers of the next ones can be lost on their way back.

    A query for which firestore.indexes.json has no index is refused here, as Firestore does; the emulator answers it.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.lose: list[grpc.StatusCode] = []

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        name = details.method.rpartition("/")[2]
        self.calls.append(name)
        if (asked := structured_query(request)) and not is_served(asked, INDEXES):
            refused = f"The query requires an index: {[need.index for need in needs(asked)]}"
            print(refused, file=sys.stderr)  # noqa: T201  # the service keeps it to itself
            raise Lost(grpc.StatusCode.FAILED_PRECONDITION, refused)
        answer = continuation(details, request)
        if self.lose and name == "Commit":
            answer.result()
            raise Lost(self.lose.pop(0))
        return answer

    intercept_unary_stream = intercept_unary_unary


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """A test's own requests are no news."""


@dataclass
class Service:
    """The service over HTTP on loopback, in this process, so that a story can count and move the clock."""

    settings: Settings
    backends: GoogleBackends
    clock: Clock
    counter: Counter
    url: str
    """Where it listens: its public URL, unless it is one more instance of a service with another one."""

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.call("POST", path, **options)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False  # else it looks for proxies and passwords each time
            return session.request(method, self.url + path, timeout=60, allow_redirects=False, **options)


def settings(project: str, url: str, **changed: Any) -> Settings:
    env = {
        "PUBLIC_URL": url,
        "GOOGLE_CLOUD_PROJECT": project,
        "APP_NAME": "ItsimpleAI",
        "NOTE_URL": "https://app.example.com/notes/{id}",
        "COMPANY": "Itsimple Ltd",
        "CONTACT": "privacy@example.com",
        "FIREBASE_API_KEY": "emulator-takes-any-key",
        "SIGN_IN_METHODS": "google,apple,password,email-link",
        "LOCAL_KEY": LOCAL_KEY,
        "FIRESTORE_EMULATOR_HOST": FIRESTORE,
        "FIREBASE_AUTH_EMULATOR_HOST": AUTH,
    }
    return replace(Settings.from_env(env), **changed)


@contextmanager
def running(project: str, around: Middleware | None = None, **changed: Any) -> Iterator[Service]:
    """A service for PROJECT on a free port, with something AROUND it.

    CHANGED are settings, `public_url` of another one's among them.
    """
    # The application wants to know its own address, so the server comes first.
    server: BaseWSGIServer = make_server("127.0.0.1", 0, Response(), threaded=True, request_handler=_Quiet)
    clock, counter = Clock(), Counter()
    url = f"http://localhost:{server.server_port}"
    chosen = settings(project, url, **changed)
    backends = GoogleBackends(chosen, now=clock, interceptors=[counter])
    app = create_app(chosen, backends)
    server.app = around(app) if around else app
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)  # how soon it can be stopped
    thread.start()
    try:
        yield Service(chosen, backends, clock, counter, url)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Tokens:
    access_token: str
    refresh_token: str
    expires_in: int
    scope: str
    token_type: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


@dataclass
class World:
    """One story's cast. Everything in it lives in a Firebase project of its own."""

    service: Service
    firebase: Firebase
    project: str
    has_rules: bool = False

    def person(self, name: str = "ada") -> Person:
        return self.firebase.sign_up(f"{name}-{uuid.uuid4().hex[:8]}@example.com", secrets.token_urlsafe(9))

    def assistant(self, name: str = "ChatGPT", *redirect_uris: str) -> Assistant:
        client, secret = add(self.service.backends.oauth, name, redirect_uris or (CALLBACK,))
        assert secret
        return Assistant(client.client_id, secret.reveal(), client.redirect_uris[0])

    def public_client(self, name: str = "Claude Code", *redirect_uris: str) -> Assistant:
        """One without a secret, registered by the operator: give it `PKCE` to ask with and `VERIFIER` to exchange with."""
        scope = frozenset(("notes:read", "notes:write"))
        client, _ = register(name, redirect_uris or (LOOPBACK_CALLBACK,), scope, self.service.clock(), public=True)
        self.service.backends.oauth.add_client(client)
        return Assistant(client.client_id, "", client.redirect_uris[0])

    def authorization_url(self, assistant: Assistant, state: str = "s-1") -> str:
        return authorization_url(self.service.url, assistant, state)

    def ask(self, assistant: Assistant, **parameters: str | None) -> requests.Response:
        """GET /authorization as ASSISTANT; PARAMETERS replace its own, None leaves one out."""
        return self.service.get("/authorization", params=question(assistant, **parameters))

    def allow(self, assistant: Assistant, person: Person, **parameters: str | None) -> requests.Response:
        """What happens in the end when PERSON signs in and goes on, and presses Allow if there is something to allow."""
        return self.follow(self.ask(assistant, **parameters), person)

    def decide(self, form: dict[str, str], **changed: str | None) -> requests.Response:
        """The post of a page's form; CHANGED replaces its fields, None leaves one out."""
        return self.service.post("/authorization", data=_with(form, changed))

    def code(self, assistant: Assistant, person: Person, **parameters: str | None) -> str:
        return answer_of(self.allow(assistant, person, **parameters))["code"]

    def exchange(self, assistant: Assistant, **parameters: str | None) -> requests.Response:
        """POST /token as ChatGPT does, with the secret in the body; PARAMETERS replace its own."""
        form = {
            "grant_type": "authorization_code",
            "redirect_uri": assistant.redirect_uri,
            "client_id": assistant.client_id,
            "client_secret": assistant.client_secret,
        }
        form = {name: value for name, value in form.items() if value}  # a public client has no secret
        return self.service.post("/token", data=_with(form, parameters))

    def refresh(self, assistant: Assistant, refresh_token: str, **parameters: str | None) -> requests.Response:
        changed = {"grant_type": "refresh_token", "redirect_uri": None, "refresh_token": refresh_token}
        return self.exchange(assistant, **(changed | parameters))

    def connect(self, assistant: Assistant, person: Person) -> Tokens:
        """The whole dance, without a browser."""
        answer = self.exchange(assistant, code=self.code(assistant, person))
        assert answer.status_code == 200, answer.text
        return Tokens(**answer.json())

    def save(
        self, tokens: Tokens, title: str = "A title", content: str = "Some *text*", **headers: str
    ) -> requests.Response:
        note = {"title": title, "content": content}
        return self.service.post("/notes", json=note, headers=tokens.bearer | headers)

    def notes(self, person: Person) -> list[dict[str, Any]]:
        """All of PERSON's notes as they are stored, read past the security rules."""
        url = f"http://{FIRESTORE}/v1/projects/{self.project}/databases/(default)/documents/users/{person.uid}/notes"
        answer = requests.get(url, headers={"Authorization": "Bearer owner"}, params={"pageSize": 300}, timeout=20)
        return [_plain(document["fields"]) for document in answer.json().get("documents", [])]

    def read(self, path: str, id_token: str) -> requests.Response:
        """What a phone that has ID_TOKEN reads, under firestore.rules."""
        if not self.has_rules:
            load_rules(FIRESTORE, self.project)
            self.has_rules = True
        return self.firebase.read(path, id_token)

    def stored(self, collection: str) -> list[dict[str, Any]]:
        """All documents of a top-level collection, with their ids as `_id`."""
        url = f"http://{FIRESTORE}/v1/projects/{self.project}/databases/(default)/documents/{collection}"
        answer = requests.get(url, headers={"Authorization": "Bearer owner"}, params={"pageSize": 300}, timeout=20)
        found = answer.json().get("documents", [])
        return [_plain(document["fields"]) | {"_id": document["name"].rpartition("/")[2]} for document in found]

    def follow(self, page: requests.Response, person: Person, decision: str = "allow") -> requests.Response:
        """What happens in the end when PERSON, shown PAGE, signs in, goes on, and makes this DECISION if there is one."""
        while page.status_code == 200 and (form := hidden_fields(page.text)):
            chosen = "continue" if form["decision"] == "continue" else decision
            page = self.decide(form, decision=chosen, id_token=self.firebase.sign_in(person))
        return page

    def register(self, **metadata: object) -> requests.Response:
        """POST /register with METADATA beside a redirect URI (RFC 7591)."""
        return self.service.post("/register", json={"redirect_uris": [CALLBACK]} | metadata)

    def newcomer(self, **metadata: object) -> Assistant:
        """One that registered itself: give it `PKCE` to ask with and `VERIFIER` to exchange with."""
        answer = self.register(**metadata)
        assert answer.status_code == 201, answer.text
        known = answer.json()
        return Assistant(known["client_id"], known.get("client_secret", ""), known["redirect_uris"][0])

    def everything(self) -> str:
        """All documents of all collections of the project, as JSON."""
        url = f"http://{FIRESTORE}/v1/projects/{self.project}/databases/(default)/documents:runQuery"
        query = {"structuredQuery": {"from": [{"allDescendants": True}]}}
        answer = requests.post(url, headers={"Authorization": "Bearer owner"}, json=query, timeout=20)
        assert answer.ok, answer.text
        return answer.text

    def is_alive(self, access_token: str) -> bool:
        """Whether ACCESS_TOKEN saves a note. Dead is a 401 that says so (RFC 6750 section 3.1); anything else is wrong."""
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = self.service.post("/notes", json={"title": "t", "content": uuid.uuid4().hex}, headers=headers)
        if answer.status_code == 201:
            return True
        assert answer.status_code == 401, answer.text
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        return False

    def visit(self, url: str, person: Person, decision: str = "allow") -> str:
        """What PERSON's browser does with an assistant's link: sign in, decide, and return the address it is sent to."""
        answer = self.follow(requests.get(url, timeout=60, allow_redirects=False), person, decision)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]


def new_project() -> str:
    return f"demo-t-{uuid.uuid4().hex[:12]}"


@contextmanager
def world(project: str | None = None, **changed: Any) -> Iterator[World]:
    """A world in a project of its own; CHANGED are settings of its service, and what is `around` it."""
    project = project or new_project()
    with running(project, **changed) as service:
        yield World(service, Firebase(AUTH, FIRESTORE, project), project)


def question(assistant: Assistant, **parameters: str | None) -> dict[str, str]:
    form = {
        "response_type": "code",
        "client_id": assistant.client_id,
        "redirect_uri": assistant.redirect_uri,
        "scope": assistant.scope,
        "state": "s-1",
    }
    return _with(form, parameters)


def answer_of(response: requests.Response) -> dict[str, str]:
    """The parameters of a redirect back to the client."""
    assert response.status_code == 303, response.text
    query = parse_qs(urlsplit(response.headers["Location"]).query, keep_blank_values=True)
    return {name: values[0] for name, values in query.items()}


def error_of(response: requests.Response) -> tuple[int, str]:
    """Status and error of a refusal as OAuth JSON, in the characters of RFC 6749 section 5.2 and with `no-store`."""
    body = response.json()
    assert response.headers["Cache-Control"] == "no-store"
    assert body.keys() == {"error", "error_description"}
    assert set(body["error"] + body["error_description"]) <= _SAYABLE, body
    return response.status_code, body["error"]


def _with(form: dict[str, str], changed: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in (form | changed).items() if value is not None}


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in fields.items()}


def _value(value: dict[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    match kind:
        case "mapValue":
            return _plain(inner.get("fields", {}))
        case "arrayValue":
            return [_value(item) for item in inner.get("values", [])]
        case "integerValue":
            return int(inner)
        case _:
            return inner
