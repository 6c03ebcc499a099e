"""python -m bench.arrival [--saves N] [--notes N,N,…]: see bench/arrival."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from scripts.verbs.emulators import PROJECT
from scripts.verbs.journey import Person
from scripts.verbs.processes import ROOT
from service.firestore_write import create
from tests import world as worlds
from tests.assistant import Caller, connected

_BATCH = 400
_WARM_UP = 5
_CONTENT = "An answer of some length, as assistants give them.\n" * 20
_NOT_SHOWN = """
Wall time on one machine, whose clock both ends read: after the answer, from the moment at which the writer has its
answer to the phone's callback; in all, from before the call. The phone is the Firebase JavaScript SDK in Node, signed
in, under the security rules, listening to the 50 newest notes; the bare write is google-cloud-firestore's
`document.set` past the rules, of a note of the same size. Not in it: the network, TLS, a cold instance, a phone's own
speed, and Firestore itself, whose times differ from its emulator's."""


@contextmanager
def _phone(project: str, person: Person) -> Iterator[Callable[[], dict[str, Any]]]:
    command = ["node", "tests/mobile/listener.mjs", person.email, person.password, person.uid, "50"]
    env = os.environ | {"GOOGLE_CLOUD_PROJECT": project}
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as phone:
        assert phone.stdout is not None
        stdout = phone.stdout
        try:
            yield lambda: json.loads(stdout.readline())
        finally:
            phone.terminate()


def _fill(world: worlds.World, uid: str, count: int) -> None:
    documents, now = world.service.backends.documents, datetime.now(UTC) - timedelta(days=1)
    writes = []
    for n in range(count):
        when = now - timedelta(minutes=n)
        fields = {"kind": "note", "title": f"Note {n}", "content": _CONTENT, "tags": ["history"]}
        writes.append(create(f"users/{uid}/notes/n{n}", fields | {"createdAt": when, "updatedAt": when}))
    for start in range(0, count, _BATCH):
        documents.commit(*writes[start : start + _BATCH])


def _saved(caller: Caller, n: int) -> str:
    answer = caller.save(f"{n} {_CONTENT}", f"Note {n}")
    assert answer.status_code == 201, answer.text
    note_id: str = answer.json()["id"]
    return note_id


def _written(notes: firestore.CollectionReference, n: int) -> str:
    now = datetime.now(UTC)
    fields = {"kind": "note", "title": f"Note {n}", "content": f"{n} {_CONTENT}", "tags": []}
    written = notes.document()
    written.set(fields | {"createdAt": now, "updatedAt": now})
    note_id: str = written.id
    return note_id


def measure(sizes: Sequence[int], saves: int) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds (after the answer, in all) of SAVES writes each, by who writes among how many notes; in turns."""
    found: dict[str, list[tuple[float, float]]] = {}
    client = firestore.Client(project=PROJECT, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]  # it ships no types
    for size in sizes:
        # The SDK signs in to the project with which the Auth emulator was started.
        with worlds.world(PROJECT, calls_per_minute=100_000) as world:
            person = world.person()
            caller = connected(world, person)
            _fill(world, person.uid, size)
            notes = client.collection(f"users/{person.uid}/notes")
            writers: dict[str, Callable[[int], str]] = {
                f"bare write, {size:,} notes": lambda n, notes=notes: _written(notes, n),  # type: ignore[misc]  # binds it now
                f"assistant's save, {size:,} notes": lambda n, caller=caller: _saved(caller, n),  # type: ignore[misc]  # likewise
            }
            with _phone(PROJECT, person) as heard:
                heard()
                for turn in range(saves + _WARM_UP):
                    for name, write in writers.items():
                        began = time.time()
                        note_id = write(turn)
                        answered = time.time()
                        while note_id not in (said := heard()).get("added", ()):
                            pass
                        if turn >= _WARM_UP:
                            after, in_all = said["at"] - answered * 1000, said["at"] - began * 1000
                            found.setdefault(name, []).append((after, in_all))
    return found


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench/arrival")
    parser.add_argument("--saves", type=int, default=100)
    parser.add_argument("--notes", type=lambda text: [int(part) for part in text.split(",")], default=[0, 1_000])
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    found = measure(chosen.notes, chosen.saves)
    floor = median(in_all for _, in_all in next(iter(found.values())))
    print(
        f"{chosen.saves} writes each, ms{'after the answer: median':>38}{'p95':>8}{'in all: median':>18}{'p95':>8}{'ratio':>10}"
    )
    for name, times in found.items():
        cells = [value for part in zip(*times, strict=True) for value in (median(part), quantiles(part, n=20)[-1])]
        print(f"{name:<36}{cells[0]:>18.1f}{cells[1]:>8.1f}{cells[2]:>18.1f}{cells[3]:>8.1f}{cells[2] / floor:>8.2f} x")
    print(f"{time.monotonic() - began:.0f} s in all.\n{_NOT_SHOWN}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
