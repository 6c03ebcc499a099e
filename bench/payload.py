"""python -m bench.payload [--calls N] [--rounds N] [--starts N] [--characters N,N,…] [--json FILE]: see bench/payload."""

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import requests

from bench.copies import Trace
from bench.crowd import cpu_ms
from bench.long_notes import ALPHABETS, MCP, NOTES, Kind, bearers, body, copies, text
from tests.deployed import Deployed, deployed

_NOT_SHOWN = """
CPU is user and system time of the server's processes, for saves one after another over one connection, all in turns.
Memory is what the peak (VmHWM) of a fresh server, which has saved one short note, grows by with the first long one, in
bodies; there it also touches code and pages that it had not needed before. The trace is of one save in this process,
through gunicorn's own reading of the body: a line where a function began or returned with about a body more or less than
before. Not in it: what a C function asks for and gives back before it returns (a decoder that does not know yet how wide
its text is; the copy that the schema is checked on), what the kernel holds, the answer's way back, TLS. Firestore is an emulator."""


@dataclass(frozen=True)
class Cost:
    """Of one save; CPU in milliseconds. `body` is the request's, in bytes."""

    body: int
    cpu: float


class Doors:
    """A process of the service and one client with a connection to it."""

    def __init__(self, instance: Deployed) -> None:
        self._url, self._pids = instance.world.service.url, instance.pids()
        self._bearers = bearers(instance.world)
        self._session = requests.Session()

    def cpu(self, door: str, alphabet: str, characters: int, calls: int) -> float:
        """Milliseconds of a save, the mean of CALLS."""
        bodies = [body(door, text(alphabet, characters)) for _ in range(calls)]
        before = cpu_ms(self._pids)
        for raw in bodies:
            self._save(door, raw)
        return (cpu_ms(self._pids) - before) / calls

    def memory(self, door: str, alphabet: str, characters: int) -> float:
        raw = body(door, text(alphabet, characters))
        Path(f"/proc/{self._pids[-1]}/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
        before = self._kib("VmRSS")
        self._save(door, raw)
        return (self._kib("VmHWM") - before) * 1024 / len(raw)

    def _save(self, door: str, raw: bytes) -> None:
        headers = {**self._bearers[door], "Content-Type": "application/json"}
        answer = self._session.post(f"{self._url}{door}", data=raw, headers=headers, timeout=60)
        assert answer.status_code == (201 if door == NOTES else 200), answer.text
        assert '"isError":true' not in answer.text, answer.text

    def _kib(self, name: str) -> int:
        status = Path(f"/proc/{self._pids[-1]}/status").read_text(encoding="utf-8")
        return int(status.partition(f"{name}:")[2].split()[0])


def weigh(sizes: Sequence[int], rounds: int, calls: int) -> dict[Kind, Cost]:
    """The medians of ROUNDS, all kinds in turns; a first round is thrown away."""
    found: dict[Kind, list[float]] = {kind: [] for kind in itertools.product((NOTES, MCP), ALPHABETS, sizes)}
    with deployed(CALLS_PER_MINUTE="100000") as instance:
        doors = Doors(instance)
        for _ in range(rounds + 1):
            for kind, cpu in found.items():
                cpu.append(doors.cpu(*kind, calls))
    return {kind: Cost(len(body(kind[0], text(*kind[1:]))), median(cpu[1:])) for kind, cpu in found.items()}


def grow(characters: int, starts: int) -> dict[Kind, float]:
    """By how many bodies the memory of a fresh server grows with a note of so many CHARACTERS: the median of STARTS."""
    found: dict[Kind, list[float]] = {kind: [] for kind in itertools.product((NOTES, MCP), ALPHABETS, (characters,))}
    for _ in range(starts):
        for kind, bodies in found.items():
            with deployed() as instance:
                doors = Doors(instance)
                doors.cpu(kind[0], kind[1], 100, calls=1)
                bodies.append(doors.memory(*kind))
    return {kind: median(bodies) for kind, bodies in found.items()}


def proportion(costs: Sequence[Cost]) -> float:
    """How much dearer a byte is among the longest than among the middle ones: 1 is proportional.

    COSTS by size, three at least: what the last costs more than the first, by what the one before it costs more.
    """
    first, *_, middle, last = costs
    grown = (last.cpu - first.cpu) / (last.body - first.body)
    return grown / ((middle.cpu - first.cpu) / (middle.body - first.body))


def show(found: Mapping[Kind, Cost], grown: Mapping[Kind, float], sizes: Sequence[int]) -> None:
    heads = [f"{size:,}" for size in sizes]
    print(f"{'CPU ms of a save, by characters':<34}" + "".join(f"{head:>10}" for head in heads), end="")
    print(f"{'to the first':>14}{'us a kB':>10}{'proportion':>12}{'memory, bodies':>16}")
    for door, alphabet in itertools.product((NOTES, MCP), ALPHABETS):
        costs = [found[door, alphabet, size] for size in sizes]
        first, last = costs[0], costs[-1]
        slope = (last.cpu - first.cpu) / (last.body - first.body) * 1e6
        cells = "".join(f"{cost.cpu:>10.2f}" for cost in costs)
        more = f"{last.cpu / first.cpu:>12.2f} x{slope:>10.1f}{proportion(costs):>12.2f}{grown[door, alphabet, sizes[-1]]:>16.1f}"
        print(f"{f'{door}, {alphabet}':<34}{cells}{more}")


def show_copies(found: Mapping[Kind, Trace]) -> None:
    for (door, alphabet, characters), one in found.items():
        print(f"\nPOST {door}, {characters:,} characters of {alphabet}, a body of {one.size:,} bytes: ", end="")
        print(
            f"{one.made} copies in Python, at most {one.most:.1f} alive at once, with native ones {one.most_of_all:.1f}"
        )
        print(f"{'':4}{'Python':>8}{'in all':>8}{'alive':>8}  where")
        for copy in one.copies:
            print(f"{'':4}{copy.python:>+8.1f}{copy.whole:>+8.1f}{copy.alive:>8.1f}  {copy.place}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/payload", description=__doc__)
    parser.add_argument("--calls", type=int, default=40, help="saves of each kind in a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--starts", type=int, default=3, help="fresh servers of each kind, for memory (%(default)s)")
    numbers: Any = lambda text: [int(part) for part in text.split(",")]  # noqa: E731  # argparse's own way
    parser.add_argument("--characters", type=numbers, default=[1_000, 10_000, 50_000, 100_000], help="three at least")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    chosen = parser.parse_args(arguments)
    began = time.perf_counter()
    weighed, traced = weigh(chosen.characters, chosen.rounds, chosen.calls), copies(chosen.characters[-1])
    grown = grow(chosen.characters[-1], chosen.starts)
    show(weighed, grown, chosen.characters)
    show_copies(traced)
    print(
        f"\n{chosen.rounds} rounds of {chosen.calls} saves of each kind, in turns; "
        f"{time.perf_counter() - began:.0f} s in all; load of the machine {os.getloadavg()[0]:.1f}."
    )
    print(_NOT_SHOWN)
    if chosen.json:
        told = {
            name: [dict(zip(("door", "alphabet", "characters"), kind, strict=True)) | asdict(one) for kind, one in each]
            for name, each in (("costs", weighed.items()), ("copies", traced.items()))
        }
        told["memory"] = [{"door": kind[0], "alphabet": kind[1], "bodies": each} for kind, each in grown.items()]
        chosen.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
