"""python -m bench.reading [--calls N] [--notes N,N,…]: see bench/reading."""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from service.firestore_write import create
from tests import world as worlds
from tests.assistant import Caller, connected

_BATCH = 400
_WORDS = [
    f"{first}{last}" for first in ("ka", "mo", "ri", "tü", "vé", "zo") for last in ("dan", "lem", "nis", "port", "sel")
]
_CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "one note": ("/notes/n0", {}),
    "list, 20 newest": ("/notes", {"limit": 20}),
    "list, 20 of a tag": ("/notes", {"limit": 20, "tag": "even"}),
    "list, a word of one note in fifty": ("/notes", {"limit": 20, "text": "fiftieth"}),
    "search, a word of every note": ("/search", {"query": "common"}),
    "search, a word of no note": ("/search", {"query": "nowhere"}),
}
_NOT_SHOWN = """
Wall time of one call after another by one client, the service and the Firestore emulator on this machine, Flask's
development server in between. Notes have some 1,000 characters. Not in it: the network, TLS, a cold instance, calls at
the same time, Firestore itself, whose times differ from its emulator's. What carries over is which calls grow with the
number of notes, and about how."""


def fill(world: worlds.World, uid: str, count: int) -> None:
    """COUNT notes of about 1,000 characters, a minute apart."""
    dice, now = random.Random(7), datetime.now(UTC)
    documents = world.service.backends.documents
    writes = []
    for n in range(count):
        content = "common " + " ".join(dice.choices(_WORDS, k=150)) + (" fiftieth" if n % 50 == 0 else "")
        when = now - timedelta(minutes=n)
        fields = {"kind": "note", "title": f"Note {n}", "content": content, "tags": ["even"] if n % 2 == 0 else ["odd"]}
        writes.append(create(f"users/{uid}/notes/n{n}", fields | {"createdAt": when, "updatedAt": when}))
    for start in range(0, count, _BATCH):
        documents.commit(*writes[start : start + _BATCH])


def _took(caller: Caller, path: str, query: dict[str, Any]) -> float:
    began = time.perf_counter()
    answer = caller.service.get(path, params=query, headers=caller.tokens.bearer)
    took = time.perf_counter() - began
    assert answer.status_code == 200, answer.text
    return took * 1000


def measure(sizes: Sequence[int], calls: int) -> dict[str, dict[int, float]]:
    """Milliseconds, the median of CALLS, by what was called and how many notes there are; all in turns."""
    with worlds.world(calls_per_minute=100_000) as world:
        callers = {}
        for size in sizes:
            person = world.person()
            callers[size] = connected(world, person)
            fill(world, person.uid, size)
        found: dict[str, dict[int, list[float]]] = {name: {size: [] for size in sizes} for name in _CALLS}
        for turn in range(calls + 1):
            for name, (path, query) in _CALLS.items():
                for size, caller in callers.items():
                    took = _took(caller, path, query)
                    if turn:  # the first one opens connections
                        found[name][size].append(took)
    return {name: {size: median(times) for size, times in by_size.items()} for name, by_size in found.items()}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench/reading")
    parser.add_argument("--calls", type=int, default=9)
    parser.add_argument(
        "--notes", type=lambda text: [int(part) for part in text.split(",")], default=[10, 1_000, 10_000]
    )
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    found = measure(chosen.notes, chosen.calls)
    print(
        f"{'median of ' + str(chosen.calls) + ' calls, ms':<36}"
        + "".join(f"{size:>18,} notes" for size in chosen.notes)
    )
    for name, by_size in found.items():
        first = by_size[chosen.notes[0]]
        cells = [f"{by_size[size]:>14.1f}  {by_size[size] / first:>5.1f} x" for size in chosen.notes]
        print(f"{name:<36}" + "  ".join(cells))
    print(f"{time.monotonic() - began:.0f} s in all.\n{_NOT_SHOWN}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
