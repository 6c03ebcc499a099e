"""What each request asks of Firestore, Firebase Authentication and Secret Manager: counted twice, in the client and on the wire.

The cases run against a service in this process, whose client is counted, and against one in a process of its own,
between which and the emulators are counting proxies.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bench.cases import Story
from bench.rpcs import ClientCounter, Operations, Record, Rpc, steps, total
from bench.wire import auth_proxy, firestore_proxy
from scripts.verbs.journey import Firebase
from service.google_backends import GoogleBackends
from service.oauth.secret_manager import SecretManagerKeyring
from tests import secret_manager
from tests import world as worlds
from tests.deployed import deployed
from tests.world import World

_SECRET = "projects/demo-project/secrets/mate-key"  # noqa: S105  # a name


@dataclass(frozen=True)
class Counted:
    """What a case took; STEPS are the names of the calls of each round trip, which have to follow one another."""

    name: str
    operations: Operations
    steps: tuple[tuple[str, ...], ...]
    method: str
    path: str
    secrets: int = 0


def in_the_client() -> list[Counted]:
    """Counted where the calls are made; those of Secret Manager at a server that stands in for it."""
    keys, counter = secret_manager.SecretManager(_SECRET), ClientCounter()
    keys.versions.append(secrets.token_bytes(32))
    with worlds.world(failures_per_minute=1) as here, another(here) as there, secret_manager.served(keys) as rpcs:
        made = GoogleBackends(here.service.settings, interceptors=[counter])
        vars(here.service.backends)["documents"] = made.documents
        vars(here.service.backends)["keyring"] = SecretManagerKeyring(rpcs, _SECRET, here.service.clock)
        return [
            replace(counted, secrets=asked)
            for counted, asked in _counted(Story(here, there), counter.record, lambda: len(keys.calls))
        ]


def on_the_wire(hold: float) -> list[Counted]:
    """Counted between a process of the service and the emulators, each answer held back for HOLD seconds."""
    record = Record()
    with ExitStack() as stack:
        firestore = stack.enter_context(firestore_proxy(worlds.FIRESTORE, record, hold))
        auth = stack.enter_context(auth_proxy(worlds.AUTH, record, hold))
        emulators = {"FIRESTORE_EMULATOR_HOST": firestore, "FIREBASE_AUTH_EMULATOR_HOST": auth}
        process = deployed(FAILURES_PER_MINUTE="1", **emulators)  # type: ignore[arg-type]  # variables, all of them
        here = stack.enter_context(process).world
        there = stack.enter_context(another(here))
        return [counted for counted, _ in _counted(Story(here, there), record, lambda: 0)]


def _counted(story: Story, record: Record, asked: Callable[[], int]) -> Iterator[tuple[Counted, int]]:
    for case in story.cases():
        record.take()
        before = asked()
        answer = case.send()
        assert answer.status_code == case.status, (case.name, answer.status_code, answer.text[:300])
        rpcs = record.take()
        named = tuple(tuple(sorted(map(_named, step))) for step in steps(rpcs))
        sent = answer.request.method or "", urlsplit(answer.url).path
        yield Counted(case.name, total(rpcs), named, *sent), asked() - before


def _named(rpc: Rpc) -> str:
    return f"{rpc.name} (refused)" if rpc.is_refused else rpc.name


@contextmanager
def another(here: World) -> Iterator[World]:
    """Another instance of the service of HERE, which nobody counts."""
    with worlds.running(here.project, public_url=here.service.url) as service:
        yield World(service, Firebase(worlds.AUTH, worlds.FIRESTORE, here.project), here.project)


def agreed(client: Sequence[Counted], wire: Sequence[Counted]) -> list[Counted]:
    """What both found; of the wire, the calls of Firebase Authentication and which could run together.

    Raises `ValueError` naming the first case in which they differ.
    """
    found = []
    for one, other in zip(client, wire, strict=True):
        firestore = tuple(call for call in other.operations.calls if call[0] != "Auth")
        if one.name != other.name or one.operations != replace(other.operations, calls=firestore):
            raise ValueError(f"{one.name}: the client made {one.operations}, the wire saw {other.operations}")
        found.append(replace(other, secrets=one.secrets))
    return found


def count(hold: float = 0.02) -> list[Counted]:
    """All cases, counted both ways."""
    return agreed(in_the_client(), on_the_wire(hold))
