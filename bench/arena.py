"""Several instances of the service on one Firestore, and clients that call them at the same moment."""

import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier, Lock
from typing import Any

import grpc
from flask import Flask

from scripts.verbs.journey import Assistant, Firebase
from service.app import create_app
from service.google_backends import GoogleBackends
from service.oauth import clients
from service.oauth.grants import Code
from service.oauth.store import OAuthStore
from service.oauth.tokens import mint
from tests import world as worlds
from tests.world import CALLBACK, SCOPE, Lost

MOST_AT_ONCE = 16
_SERVICE = "http://localhost"
_LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.ABORTED)


class Faults(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # grpc is untyped
    """What Firestore does to SHARE of the commits: half it aborts for contention, of half the answer is lost."""

    def __init__(self, seed: int, share: float) -> None:
        self._random, self._share, self._lock = random.Random(seed), share, Lock()
        self.aborted = self.lost = 0

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        with self._lock:
            luck, status = self._random.random(), self._random.choice(_LOST)
        if luck < self._share / 2:
            self.aborted += 1
            raise Lost(grpc.StatusCode.ABORTED)
        answer = continuation(details, request)
        if luck < self._share:
            answer.result()  # raises when Firestore refused: a refusal is not lost
            self.lost += 1
            raise Lost(status)
        return answer


@dataclass(frozen=True)
class Answer:
    """What one call got, and how many seconds it took."""

    status: int
    body: dict[str, Any]
    seconds: float

    @property
    def is_won(self) -> bool:
        return self.status == 200

    @property
    def is_refused(self) -> bool:
        """In the one way in which a code or a token is refused."""
        return self.status == 400 and self.body["error"] == "invalid_grant"


@dataclass(frozen=True)
class Instance:
    """One service in this process, with its own channel to Firestore."""

    app: Flask
    backends: GoogleBackends

    def post(self, path: str, **request: Any) -> Answer:
        began = time.perf_counter()
        answer = self.app.test_client().post(path, **request)
        return Answer(answer.status_code, answer.get_json(silent=True) or {}, time.perf_counter() - began)


@dataclass
class Arena:
    """INSTANCES take calls at random; LATE is another one, whose clock is past the grace of what just happened."""

    instances: Sequence[Instance]
    late: Instance
    owner: Assistant
    thief: Assistant
    people: Sequence[str]
    random: random.Random
    pool: ThreadPoolExecutor
    faults: Faults
    answers: list[Answer] = field(default_factory=list)
    """Of every redemption and refresh."""

    def new_code(self) -> str:
        uid = self.random.choice(self.people)
        return new_code(self.instances[0].backends.oauth, self.owner, uid, _SERVICE)

    def redeem(self, code: str, client: Assistant | None = None) -> Callable[[], Answer]:
        return self._token_call(
            client or self.owner, {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        )

    def refresh(
        self, token: str, client: Assistant | None = None, instance: Instance | None = None
    ) -> Callable[[], Answer]:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self._token_call(client or self.owner, form, instance)

    def revoke(self, token: str) -> Callable[[], Answer]:
        form = self._as(self.owner) | {"token": token}
        instance = self.random.choice(self.instances)
        return lambda: instance.post("/revoke", data=form)

    def save(self, access_token: str) -> int:
        """The status of a note saved with ACCESS_TOKEN."""
        bearer = {"Authorization": f"Bearer {access_token}"}
        note = {"title": "A race", "content": secrets.token_hex(8)}
        return self.random.choice(self.instances).post("/notes", json=note, headers=bearer).status

    def together(self, *calls: Callable[[], Answer]) -> list[Answer]:
        """The answers of CALLS, which start at the same moment."""
        gate = Barrier(len(calls))

        def start(call: Callable[[], Answer]) -> Answer:
            gate.wait(60)
            return call()

        return list(self.pool.map(start, calls))

    def _token_call(
        self, client: Assistant, form: dict[str, str], instance: Instance | None = None
    ) -> Callable[[], Answer]:
        chosen, filled = instance or self.random.choice(self.instances), self._as(client) | form

        def call() -> Answer:
            answer = chosen.post("/token", data=filled)
            self.answers.append(answer)
            return answer

        return call

    def _as(self, client: Assistant) -> dict[str, str]:
        return {"client_id": client.client_id, "client_secret": client.client_secret}


def new_code(store: OAuthStore, client: Assistant, uid: str, resource: str) -> str:
    """A code that UID has just allowed CLIENT for RESOURCE, as `POST /authorization` stores it."""
    secret = mint()
    code = Code(
        hash=secret.hash(),
        client_id=client.client_id,
        uid=uid,
        redirect_uri=client.redirect_uri,
        is_redirect_explicit=True,
        scope=frozenset((client.scope,)),
        resource=resource,
        code_challenge=None,
        grant_id=mint().hash()[:32],
        expires_at=datetime.now(UTC) + timedelta(minutes=10),
    )
    store.add_code(code)
    return secret.reveal()


def register(store: OAuthStore, name: str) -> Assistant:
    client, secret = clients.register(name, [CALLBACK], frozenset((SCOPE,)), datetime.now(UTC))
    assert secret, "it is not public"
    store.add_client(client)
    return Assistant(client.client_id, secret.reveal(), CALLBACK, SCOPE)


@contextmanager
def arena(seed: int, instances: int = 3, share: float = 0.06) -> Iterator[Arena]:
    """An arena in a Firebase project of its own, in which SHARE of the commits go wrong."""
    project, faults = worlds.new_project(), Faults(seed, share)
    grace = worlds.settings(project, _SERVICE).refresh_grace
    made = [_instance(project, timedelta(), faults) for _ in range(instances)]
    late = _instance(project, grace + timedelta(seconds=1), faults)
    firebase = Firebase(worlds.AUTH, worlds.FIRESTORE, project)
    people = [firebase.sign_up(f"ada-{number}@example.com", secrets.token_urlsafe(9)).uid for number in range(4)]
    owner, thief = (register(made[0].backends.oauth, name) for name in ("Owner", "Thief"))
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        yield Arena(made, late, owner, thief, people, random.Random(seed), pool, faults)


def _instance(project: str, ahead: timedelta, faults: Faults) -> Instance:
    settings = worlds.settings(project, _SERVICE)
    backends = GoogleBackends(settings, now=lambda: datetime.now(UTC) + ahead, interceptors=[faults])
    return Instance(create_app(settings, backends), backends)
