"""Who saves notes side by side: the service, what Flask costs at the least, and what one would write instead."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

import requests

from bench import peers
from bench.saver import Cast
from bench.server import Server
from scripts.verbs.processes import free_port
from service.firestore_write import put
from service.google_backends import open_documents
from tests.world import FIRESTORE, new_project

OURS, NOTHING, COMMIT = "the service", "Flask answering nothing", "Flask, one raw commit"
USUAL, EXPRESS, FASTAPI = "Flask as usual", "Express", "FastAPI"


@dataclass(frozen=True)
class Contender:
    """A server that saves notes, in a project of its own."""

    server: Server
    project: str
    new_token: Callable[[], str]
    """Makes an access token that is good for an hour, past the server or before it is measured."""

    def clear(self) -> None:
        """Delete all documents of the project, tokens included: Firestore's emulator keeps them in memory."""
        url = f"http://{FIRESTORE}/emulator/v1/projects/{self.project}/databases/(default)/documents"
        requests.delete(url, timeout=60).raise_for_status()


@contextmanager
def _service() -> Iterator[Contender]:
    cast = Cast()
    with peers.ours(cast.port, cast.env) as server:
        yield Contender(server, cast.env["GOOGLE_CLOUD_PROJECT"], partial(cast.access_token, server))


@contextmanager
def _other(start: Callable[[int, Mapping[str, str]], AbstractContextManager[Server]]) -> Iterator[Contender]:
    project = new_project()
    env = {
        "GOOGLE_CLOUD_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": FIRESTORE,
        "NOTE_URL": "https://app.example.com/notes",
    }
    with start(free_port(), env) as server:
        yield Contender(server, project, partial(_allow, project))


def _allow(project: str) -> str:
    """A token, stored as the peers look for it."""
    token, documents = secrets.token_urlsafe(32), open_documents(project, "(default)", FIRESTORE)
    access = {
        "uid": "ada",
        "clientId": secrets.token_urlsafe(16),
        "clientName": "A client",
        "scope": ["notes:write"],
        "expiresAt": datetime.now(UTC) + timedelta(hours=1),
    }
    documents.commit(put(f"tokens/{sha256(token.encode()).hexdigest()}", access))
    return token


CONTENDERS: dict[str, Callable[[], AbstractContextManager[Contender]]] = {
    NOTHING: partial(_other, partial(peers.flask, "floor_nothing")),
    COMMIT: partial(_other, partial(peers.flask, "floor_commit")),
    OURS: _service,
    USUAL: partial(_other, partial(peers.flask, "usual")),
    EXPRESS: partial(_other, partial(peers.start, "express")),
    FASTAPI: partial(_other, partial(peers.start, "fastapi")),
}
