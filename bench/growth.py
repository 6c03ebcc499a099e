"""python -m bench.growth [--tokens N] [--notes N,N,…] [--rounds N] [--calls N] [--json FILE]: see bench/growth."""

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import requests

from bench.crowd import Place, cpu_ms, places
from bench.replay import Replay
from bench.rpcs import Operations, total

_NOT_SHOWN = """
Alone is a project with few documents; all else is in another one, with all the tokens, in the same emulator. Per call,
one after another, all in turns, each by one client over one connection: the processor time of the service's processes,
and wall time. Ratios are medians of those within a round, to the first. What is read comes from a proxy which gives at
once what the emulator has answered before, so both say what our code does with what Firestore gives it; a save reaches
the emulator, whose time is in its wall time. `emulator` is what it needed when it was asked first: it looks through all
that the project holds, where Firestore, says its documentation, needs as long as the result is large, not the
collection. So not in it: Firestore's own time, which was not measured at all; nor the network, TLS, a cold instance,
many callers at once."""
_CONTENT = "word " * 200
SEARCH = "search, a word of every note"
_numbers = itertools.count(1)


def _note() -> dict[str, str]:
    return {"title": "A note", "content": f"{next(_numbers)} {_CONTENT}"}


CALLS: dict[str, Callable[[Place], Callable[[], requests.Response]]] = {
    "save": lambda place: lambda: place.send("POST", "/notes", json=_note()),
    "list, 10 newest": lambda place: lambda: place.send("GET", "/notes", params={"limit": 10}),
    "get": lambda place: lambda: place.send("GET", "/notes/n5"),
    "connections": lambda place: lambda bearer=place.signed_in: place.send("GET", "/me/connections", bearer),  # type: ignore[misc]  # signs in once
    SEARCH: lambda place: lambda: place.send("GET", "/search", params={"query": "common"}),
}


@dataclass
class Cost:
    """Of one call at one place: what each round found, in milliseconds; and what it asks of Firestore."""

    call: str
    place: str
    notes: int
    wall: list[float] = field(default_factory=list)
    service: list[float] = field(default_factory=list)
    emulator: float = 0.0
    """Once, of all that it was asked."""
    operations: Operations | None = None
    searched: int = 0

    def ratio(self, other: "Cost", kind: str) -> float:
        """To OTHER, by KIND, "wall" or "service": the median of the rounds."""
        ours: list[float] = getattr(self, kind)
        theirs: list[float] = getattr(other, kind)
        return median(one / two for one, two in zip(ours, theirs, strict=True))


def learn(call: Callable[[], requests.Response], cost: Cost, replay: Replay) -> None:
    """Call until it is answered: the emulator may take longer than the service waits, but the proxy does not forget."""
    before = replay.seconds
    while (answer := call()).status_code == 503:
        pass
    cost.emulator = (replay.seconds - before) * 1000
    replay.record.take()
    answer = call()
    assert answer.ok, (cost.call, answer.status_code, answer.text[:300])
    cost.operations, cost.searched = total(replay.record.take()), answer.json().get("searched", 0)


def measure(there: Sequence[Place], rounds: int, calls: int) -> dict[str, list[Cost]]:
    """By call, one cost a place; CALLS in a row each time, but one search. A first round is thrown away."""
    found = {name: [Cost(name, place.name, place.notes) for place in there] for name in CALLS}
    made = {(name, place.name): make(place) for name, make in CALLS.items() for place in there}
    for name, costs in found.items():
        for cost, place in zip(costs, there, strict=True):
            learn(made[name, place.name], cost, place.replay)
    for turn in range(rounds + 1):
        for name, costs in found.items():
            pairs = list(zip(costs, there, strict=True))
            for cost, place in pairs if turn % 2 else reversed(pairs):  # what drifts, drifts both ways
                wall, service = _took(made[name, place.name], place, 1 if name == SEARCH else calls)
                if turn:
                    cost.wall.append(wall)
                    cost.service.append(service)
    return found


def _took(call: Callable[[], requests.Response], place: Place, often: int) -> tuple[float, float]:
    began, cpu = time.perf_counter(), cpu_ms(place.pids)
    for _ in range(often):
        assert call().ok
    return (time.perf_counter() - began) * 1000 / often, (cpu_ms(place.pids) - cpu) / often


def show(found: Mapping[str, Sequence[Cost]]) -> None:
    print(
        f"{'ms a call, and to the first':<32}{'service CPU':>12}{'':>9}{'wall':>10}{'':>9}{'emulator':>12}  Firestore"
    )
    for name, costs in found.items():
        print(name)
        for cost in costs:
            cells = f"{median(cost.service):>12.2f}{cost.ratio(costs[0], 'service'):>7.2f} x"
            cells += f"{median(cost.wall):>10.1f}{cost.ratio(costs[0], 'wall'):>7.2f} x{cost.emulator:>12,.0f}"
            print(f"  {cost.place:<30}{cells}  {_asked(cost)}")
    base, *others = found[SEARCH]
    law = {one.place: _each(one, base) for one in others if one.searched > 2 * base.searched}
    print(
        "Search's law: so much for each note that it looks through, 10,000 of them at most. Service CPU, us a note: ",
        end="",
    )
    print(", ".join(f"{each:.0f} ({place})" for place, each in law.items()))


def _each(one: Cost, base: Cost) -> float:
    """Microseconds of each note that ONE looked through and BASE did not."""
    return (median(one.service) - median(base.service)) / (one.searched - base.searched) * 1000


def _asked(cost: Cost) -> str:
    made = cost.operations
    assert made
    calls = ", ".join(f"{count} {name}" if count > 1 else name for name, count in made.calls)
    read = made.found + made.missing + made.queried
    return calls + (f"; {read:,} read" if read else "") + (f"; {made.writes} written" if made.writes else "")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/growth", description=__doc__)
    parser.add_argument("--tokens", type=int, default=1_000_000, help="of other people, in all (%(default)s)")
    numbers: Any = lambda text: [int(part) for part in text.split(",")]  # noqa: E731  # argparse's own way
    parser.add_argument("--notes", type=numbers, default=[10, 1_000, 10_000, 100_000], help="of one person")
    parser.add_argument("--rounds", type=int, default=9, help="(%(default)s)")
    parser.add_argument("--calls", type=int, default=20, help="in a row; one search (%(default)s)")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    chosen = parser.parse_args(arguments)
    began = time.perf_counter()
    with places(chosen.tokens, chosen.notes) as there:
        found = measure(there, chosen.rounds, chosen.calls)
    show(found)
    print(
        f"{chosen.rounds} rounds of {chosen.calls} calls each, in turns; {time.perf_counter() - began:.0f} s in all; "
        f"load of the machine {os.getloadavg()[0]:.1f}."
    )
    print(_NOT_SHOWN)
    if chosen.json:
        told = {"tokens": chosen.tokens, "costs": [asdict(cost) for costs in found.values() for cost in costs]}
        chosen.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
