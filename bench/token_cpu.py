"""python -m bench.token_cpu [--calls N] [--rounds N]: see bench/token_cpu."""

import argparse
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from statistics import median

import requests

from bench.arena import new_code, register
from bench.server import SERVICE, Server, by_gunicorn, serving
from scripts.verbs.journey import Assistant, Firebase
from scripts.verbs.processes import free_port
from service.google_backends import GoogleBackends
from service.oauth.store import OAuthStore
from tests import world as worlds
from tests.deployed import environment

FLOOR, EXCHANGE, REFRESH = "Flask, a static answer", "POST /token, a code", "POST /token, a refresh"
_NOT_SHOWN = """
User and system time of the server's processes, for calls one after another over one connection. Not in it: waiting,
TLS, the first call after a start, calls that wait for each other. Firestore and Firebase Authentication are emulators,
whose own time is not counted and whose connections are not encrypted, so the real clients cost more. The floor is a
Flask application whose only route does nothing, under the same gunicorn."""


class TokenCalls:
    """A client that redeems codes, one after another, and refreshes what the last one gave."""

    def __init__(self, store: OAuthStore, client: Assistant, uid: str, url: str) -> None:
        self._store, self._client, self._uid, self._url = store, client, uid, url
        self._session, self._refresh_token = requests.Session(), ""
        self._codes: list[str] = []

    def prepare(self, count: int) -> None:
        """Make COUNT codes, in this process, so that it costs the server nothing."""
        self._codes = [new_code(self._store, self._client, self._uid, self._url) for _ in range(count)]

    def exchange(self) -> None:
        self._call(grant_type="authorization_code", code=self._codes.pop(), redirect_uri=self._client.redirect_uri)

    def refresh(self) -> None:
        self._call(grant_type="refresh_token", refresh_token=self._refresh_token)

    def _call(self, **form: str) -> None:
        form |= {"client_id": self._client.client_id, "client_secret": self._client.client_secret}
        answer = self._session.post(f"{self._url}/token", data=form, timeout=60)
        answer.raise_for_status()
        self._refresh_token = answer.json()["refresh_token"]


def measure(rounds: int, calls: int) -> dict[str, list[float]]:
    """Milliseconds of CPU per call, by what was called, one number a round; a first round is thrown away."""
    project, port, floor_port = worlds.new_project(), free_port(), free_port()
    url = f"http://localhost:{port}"
    person = Firebase(worlds.AUTH, worlds.FIRESTORE, project).sign_up("ada@example.com", secrets.token_urlsafe(9))
    store = GoogleBackends(worlds.settings(project, url)).oauth
    client = TokenCalls(store, register(store, "A client"), person.uid, url)
    found: dict[str, list[float]] = {FLOOR: [], EXCHANGE: [], REFRESH: []}
    with (
        serving(SERVICE, port, environment(project, url)) as service,
        serving(by_gunicorn("bench.floor:app"), floor_port, {}) as floor,
    ):
        at_the_floor, form = requests.Session(), {"grant_type": "authorization_code", "code": "c" * 43}
        turns: dict[str, tuple[Server, Callable[[], object]]] = {
            FLOOR: (floor, lambda: at_the_floor.post(floor.url, data=form, timeout=60)),
            EXCHANGE: (service, client.exchange),
            REFRESH: (service, client.refresh),
        }
        for _ in range(rounds + 1):
            client.prepare(calls)
            for name, (server, call) in turns.items():
                before = server.cpu_ms()
                for _ in range(calls):
                    call()
                found[name].append((server.cpu_ms() - before) / calls)
    return {name: each[1:] for name, each in found.items()}


def show(found: dict[str, list[float]], calls: int) -> None:
    print(f"{'CPU ms per call':<26}{'median':>8}{'least':>8}{'most':>8}{'to the floor':>14}")
    for name, each in found.items():
        ratio = median(one / floor for one, floor in zip(each, found[FLOOR], strict=True))
        print(f"{name:<26}{median(each):>8.2f}{min(each):>8.2f}{max(each):>8.2f}{ratio:>13.1f}x")
    print(
        f"\n{len(found[FLOOR])} rounds of {calls} calls each, in turns; load of the machine {os.getloadavg()[0]:.1f}."
    )
    print(_NOT_SHOWN)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/token_cpu", description=__doc__)
    parser.add_argument("--calls", type=int, default=200, help="of each kind in a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="(%(default)s)")
    chosen = parser.parse_args(arguments)
    show(measure(chosen.rounds, chosen.calls), chosen.calls)
    return 0


if __name__ == "__main__":
    sys.exit(main())
