"""python -m bench.leaving [--notes N,N,…] [--characters N]: see bench/leaving."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import requests

from scripts.verbs.journey import Person
from tests.assistant import connected
from tests.deployed import Deployed, deployed
from tests.leaver import Leaver, fill, leaver, together
from tests.world import World

_NOT_SHOWN = """
One client that asks for part after part and step after step, of two instances under gunicorn, with
the Firestore emulator on this machine. The first instance is killed (SIGKILL) while it works on the part in the middle, or
within a step of the deletion; the second goes on. Time is the sum of all calls, those that were killed too. Memory is
the larger growth of the two instances' peak (VmHWM) over what they had after one note. Everything is checked to be
complete at the end. Not in it: the network, a cold instance, Firestore itself. What carries over is that time grows with
the notes and memory does not."""


@dataclass
class Measured:
    seconds: float
    mebibytes: float


class Instances:
    """A victim, and one that goes on; what their memory grew by since they are WARM."""

    def __init__(self, victim: Deployed, survivor: Deployed) -> None:
        self.victim, self.survivor = victim, survivor
        for one in (victim, survivor):
            _warm(one)
        self._before = {pid: _memory(pid, "VmRSS") for one in (victim, survivor) for pid in one.pids()}
        for pid in self._before:
            Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
        self._most = 0.0

    def look(self) -> None:
        """Called often, because a killed process has no peak."""
        for pid, before in self._before.items():
            with suppress(OSError, StopIteration):
                self._most = max(self._most, _memory(pid, "VmHWM") - before)

    @property
    def growth(self) -> float:
        self.look()
        return self._most / 1024


def download(world: World, person: Person, count: int, instances: Instances) -> Measured:
    """All notes, the victim being killed in the middle. Fails when one is missing."""
    asking = leaver(world, person)
    first, cursor, parts, seconds = asking.at(instances.victim.world.service), None, list[requests.Response](), 0.0
    current, half = first, count // 1000  # parts of at most 500
    while True:
        killer = Thread(target=instances.victim.kill) if current is first and len(parts) >= half else None
        if killer:
            instances.look()
            killer.start()
        began, answer = time.perf_counter(), None
        with suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            answer = current.part(cursor)
        seconds += time.perf_counter() - began
        if killer:
            killer.join()
            current = asking.at(instances.survivor.world.service)
        if answer is None:
            continue
        assert answer.status_code == 200, answer.text
        parts.append(answer)
        cursor = answer.headers.get("Next-Cursor")
        if cursor is None:
            break
    files = together(parts)
    assert {json.loads(text)["id"] for name, text in files.items() if name.endswith(".json")} == {
        f"n{n:05}" for n in range(count)
    }
    return Measured(seconds, instances.growth)


def delete(world: World, person: Person, count: int, instances: Instances) -> Measured:
    """Everything, the victim being killed in the middle. Fails when something is left or was counted wrongly."""
    asking, store = leaver(world, person), world.service.backends.leaving
    began, is_over = time.perf_counter(), False

    def ask(current: Leaver) -> None:
        nonlocal is_over
        with suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            while not current.step().json()["done"]:
                pass
        is_over = True

    thread = Thread(target=ask, args=(asking.at(instances.victim.world.service),))
    thread.start()
    while not is_over:
        instances.look()
        begun = store.find_deletion(person.uid, world.service.clock())
        if begun and begun.deleted["notes"] >= count // 2:
            instances.victim.kill()
            break
    thread.join()
    receipt = asking.at(instances.survivor.world.service).delete()
    seconds = time.perf_counter() - began
    assert receipt["deleted"] == {"codes": 1, "connections": 1, "tokens": 2, "notes": count}, receipt
    assert store.count_notes(person.uid) == 0
    return Measured(seconds, instances.growth)


def measure(count: int, characters: int) -> dict[str, Measured]:
    found: dict[str, Measured] = {}
    with deployed() as survivor:
        world, project = survivor.world, survivor.world.project
        person = world.person()
        connected(world, person)
        fill(world, person.uid, count, characters)
        works: dict[str, Callable[..., Measured]] = {"download": download, "delete": delete}
        for name, work in works.items():
            with deployed(project=project) as victim:
                found[name] = work(world, person, count, Instances(victim, survivor))
    return found


def _warm(one: Deployed) -> None:
    person = one.world.person()
    fill(one.world, person.uid, 1)
    leaving = leaver(one.world, person)
    leaving.export()
    leaving.delete()


def _memory(pid: int, name: str) -> float:
    """In KiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench/leaving")
    counts: Any = lambda text: [int(part) for part in text.split(",")]  # noqa: E731  # argparse's own way
    parser.add_argument("--notes", type=counts, default=[100, 1_000, 10_000])
    parser.add_argument("--characters", type=int, default=1_000)
    chosen = parser.parse_args(arguments)
    found = {count: measure(count, chosen.characters) for count in chosen.notes}
    first = found[chosen.notes[0]]
    print(f"{'notes':>8} {'':<10}{'seconds':>10}{'':>9}{'a note, ms':>12}{'memory, MiB':>14}")
    for count, measured in found.items():
        for name, one in measured.items():
            ratio = one.seconds / first[name].seconds
            each = one.seconds / count * 1000
            print(f"{count:>8,} {name:<10}{one.seconds:>10.2f}{ratio:>7.1f} x{each:>12.2f}{one.mebibytes:>14.1f}")
    print(_NOT_SHOWN)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
