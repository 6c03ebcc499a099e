"""Who gives tokens side by side: the service, node-oidc-provider and django-oauth-toolkit, as installed and beyond."""

import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import requests

from bench import peers
from bench.arena import new_code, register
from bench.server import Server
from scripts.verbs.journey import Firebase
from scripts.verbs.processes import free_port
from service.google_backends import GoogleBackends
from tests.deployed import environment
from tests.world import AUTH, CALLBACK, FIRESTORE, PKCE, VERIFIER, new_project, settings

OURS = "the service"
MEMORY, STORED = "node-oidc-provider", "node-oidc-provider, Firestore"
ROTATING = "node-oidc-provider, Firestore, rotating"
HASHED, PLAIN = "django-oauth-toolkit", "django-oauth-toolkit, plain secret"


@dataclass(frozen=True)
class Issuer:
    """An authorization server with one confidential client."""

    server: Server
    token_url: str
    client: Mapping[str, str] = field(repr=False)
    """What the client sends with each call, its secret among it."""
    with_code: Mapping[str, str] = field(repr=False)
    """What it sends with a code."""
    new_codes: Callable[[int], list[str]]
    """Makes so many codes, whose cost is not to be counted."""
    one_in: int = 1
    """A call so costly that a tenth of them tell as much is made one time in ten."""


@contextmanager
def _service() -> Iterator[Issuer]:
    project, port = new_project(), free_port()
    url = f"http://localhost:{port}"
    person = Firebase(AUTH, FIRESTORE, project).sign_up("ada@example.com", secrets.token_urlsafe(9))
    store = GoogleBackends(settings(project, url)).oauth
    assistant = register(store, "A client")
    client = {"client_id": assistant.client_id, "client_secret": assistant.client_secret}

    def new_codes(count: int) -> list[str]:
        return [new_code(store, assistant, person.uid, url) for _ in range(count)]

    with peers.ours(port, environment(project, url)) as server:
        yield Issuer(server, f"{url}/token", client, {"redirect_uri": assistant.redirect_uri}, new_codes)


@contextmanager
def _node(**chosen: str) -> Iterator[Issuer]:
    client, there = _new_client(), {"GOOGLE_CLOUD_PROJECT": new_project(), "FIRESTORE_EMULATOR_HOST": FIRESTORE}
    with peers.start("oidc-provider", free_port(), _as_environment(client) | there | chosen) as server:

        def new_codes(count: int) -> list[str]:
            answer = requests.post(f"{server.url}/codes", params={"count": count}, timeout=120)
            answer.raise_for_status()
            codes: list[str] = answer.json()
            return codes

        yield Issuer(server, f"{server.url}/token", client, {"redirect_uri": CALLBACK}, new_codes)


@contextmanager
def _django(**chosen: str) -> Iterator[Issuer]:
    client, folder = _new_client(), peers.LOCAL / "django"
    with tempfile.TemporaryDirectory() as temporary:
        env = {"SECRET_KEY": secrets.token_urlsafe(50), "DATABASE": str(Path(temporary) / "db.sqlite3")}
        env |= _as_environment(client) | {"CODE_CHALLENGE": PKCE["code_challenge"]} | chosen

        def run(*command: str, **more: str) -> str:
            return subprocess.run(
                [folder / ".venv/bin/python", *command],
                cwd=folder,
                env=os.environ | env | more,
                check=True,
                text=True,
                stdout=subprocess.PIPE,
            ).stdout

        def new_codes(count: int) -> list[str]:
            codes: list[str] = json.loads(run("codes.py", COUNT=str(count)))
            return codes

        run("manage.py", "migrate", "--verbosity=0")
        with_code = {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        with peers.start("django", free_port(), env) as server:
            one_in = 1 if chosen.get("HASHED") == "no" else 10
            yield Issuer(server, f"{server.url}/o/token/", client, with_code, new_codes, one_in)


def _new_client() -> dict[str, str]:
    return {"client_id": secrets.token_urlsafe(16), "client_secret": secrets.token_urlsafe(32)}


def _as_environment(client: Mapping[str, str]) -> dict[str, str]:
    return {name.upper(): value for name, value in client.items()} | {"REDIRECT_URI": CALLBACK}


ISSUERS: dict[str, Callable[[], AbstractContextManager[Issuer]]] = {
    OURS: _service,
    MEMORY: _node,
    STORED: partial(_node, ADAPTER="firestore"),
    ROTATING: partial(_node, ADAPTER="firestore", ROTATE="always"),
    HASHED: _django,
    PLAIN: partial(_django, HASHED="no"),
}
