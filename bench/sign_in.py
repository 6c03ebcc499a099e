"""python -m bench.sign_in [--starts N] [--json FILE]: see bench/sign_in."""

import argparse
import json
import os
import platform
import resource
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

import requests

from bench.arena import register
from bench.server import SERVICE, Server, serving
from scripts.verbs.journey import Firebase, hidden_fields
from scripts.verbs.processes import ROOT, free_port
from service.google_backends import GoogleBackends
from tests import world as worlds
from tests.deployed import environment
from tests.world import question

SIGN_IN, BARE, CHECKED = "POST /authorization", "firebase-admin, one token", "the same, with revocation"
_WRITE_BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}  # or each start compiles all of the service
_BARE = """
import os
import firebase_admin
from firebase_admin import auth

app = firebase_admin.initialize_app(options={"projectId": os.environ["GOOGLE_CLOUD_PROJECT"]})
auth.verify_id_token(os.environ["ID_TOKEN"], check_revoked=CHECKED)
"""
_NOT_SHOWN = """
From before the process to the 303 of a first POST /authorization, which has verified the ID token and stored a code; and
to the end of a bare script that imports firebase-admin and verifies the same token, without and with the call that asks
whether it was revoked. CPU is user and system time of the processes. Bytecode is present. The Auth emulator's tokens are
not signed: in earnest both fetch certificates and credentials as well, and check a signature."""


@dataclass(frozen=True)
class Took:
    """Milliseconds of one start."""

    wall: float
    cpu: float


class Person:
    """Somebody at the consent page of an assistant; each instance of the service may be the one they post it to."""

    def __init__(self) -> None:
        project, self._port = worlds.new_project(), free_port()
        url = f"http://localhost:{self._port}"
        self._firebase = Firebase(worlds.AUTH, worlds.FIRESTORE, project)
        self._who = self._firebase.sign_up("ada@example.com", secrets.token_urlsafe(9))
        self._assistant = register(GoogleBackends(worlds.settings(project, url)).oauth, "A client")
        self.env = environment(project, url) | _WRITE_BYTECODE
        with serving(SERVICE, self._port, self.env) as server:
            page = requests.get(f"{url}/authorization", params=question(self._assistant), timeout=60)
            self._form = hidden_fields(page.text)
            if self._form["decision"] == "continue":
                self._form = hidden_fields(_post(server, self._decision("continue")).text)

    def sign_in(self) -> Took:
        form = self._decision("allow")
        with serving(SERVICE, self._port, self.env) as server:
            answer = _post(server, form)
            took = Took(_since(server.began), server.cpu_ms())
        assert answer.status_code == 303, answer.status_code
        return took

    def bare(self, *, checked: bool) -> Took:
        env = os.environ | self.env | {"ID_TOKEN": self._decision("")["id_token"]}
        used, began = _children_ms(), time.perf_counter()
        subprocess.run([sys.executable, "-c", _BARE.replace("CHECKED", str(checked))], cwd=ROOT, env=env, check=True)
        return Took(_since(began), _children_ms() - used)

    def _decision(self, decision: str) -> dict[str, str]:
        return self._form | {"decision": decision, "id_token": self._firebase.sign_in(self._who)}


def _post(server: Server, form: dict[str, str]) -> requests.Response:
    return requests.post(f"{server.url}/authorization", data=form, timeout=60, allow_redirects=False)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _children_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000


def measure(starts: int) -> dict[str, list[Took]]:
    """STARTS of each, in turns; a first round is thrown away."""
    person = Person()
    turns: dict[str, Callable[[], Took]] = {
        SIGN_IN: person.sign_in,
        BARE: lambda: person.bare(checked=False),
        CHECKED: lambda: person.bare(checked=True),
    }
    found: dict[str, list[Took]] = {name: [] for name in turns}
    for _ in range(starts + 1):
        for name, turn in turns.items():
            found[name].append(turn())
    return {name: each[1:] for name, each in found.items()}


def show(found: dict[str, list[Took]]) -> None:
    heads = "wall ms", "least", "most", "to bare", "CPU ms", "least", "most", "to bare"
    print(f"{'':<28}" + "".join(f"{head:>9}" for head in heads))
    for name, each in found.items():
        cells = []
        for mine, bare in (
            ([one.wall for one in each], [one.wall for one in found[BARE]]),
            ([one.cpu for one in each], [one.cpu for one in found[BARE]]),
        ):
            ratio = median(one / other for one, other in zip(mine, bare, strict=True))
            cells += [f"{cell:.0f}" for cell in (median(mine), min(mine), max(mine))] + [f"{ratio:.2f} x"]
        print(f"{name:<28}" + "".join(f"{cell:>9}" for cell in cells))
    print(f"\n{len(found[BARE])} starts of each, in turns; load of the machine {os.getloadavg()[0]:.1f}.")
    print(_NOT_SHOWN)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/sign_in", description=__doc__)
    parser.add_argument("--starts", type=int, default=10, help="of each (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    chosen = parser.parse_args(arguments)
    found = measure(chosen.starts)
    show(found)
    if chosen.json:
        versions = {name: version(name) for name in ("firebase-admin", "grpcio", "flask")}
        taken = {name: [asdict(one) for one in each] for name, each in found.items()}
        machine = {"python": platform.python_version(), "processors": os.cpu_count(), "versions": versions}
        kept = machine | {"starts": taken}
        chosen.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
