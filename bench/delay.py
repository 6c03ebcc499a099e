"""python -m bench.delay [--rounds N] [--milliseconds N,N,…] [--json FILE]: see bench/delay."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

from bench.cases import Story
from bench.operations import another
from bench.rpcs import Record, steps
from bench.wire import firestore_proxy
from tests import world as worlds
from tests.deployed import deployed
from tests.world import World

_NOT_SHOWN = """
Wall time of one request after another, each over a connection of its own, to a process of the service between which and
the Firestore emulator a proxy holds every call back before it passes it on; all delays in turns, each request in a story
of its own. Predicted is the median without a delay, through the same proxy, and the delay for each round trip that had
to follow another, as the proxy saw them with the longest delay; `seen` is what the latencies alone tell of them. Firebase Authentication is not held back. Not in it:
the network's own spread, an answer that comes in pieces over a slow line, TLS, a cold channel, requests at the same time."""


@dataclass
class Case:
    """One request: its round trips, and milliseconds by the delay of each of them."""

    name: str
    trips: int = 0
    took: dict[int, list[float]] = field(default_factory=dict)

    def measured(self, delay: int) -> float:
        return median(self.took[delay])

    def predicted(self, delay: int) -> float:
        return self.measured(min(self.took)) + self.trips * delay

    def ratio(self, delay: int) -> float:
        return self.measured(delay) / self.predicted(delay)

    @property
    def seen(self) -> float:
        """How many round trips the latencies alone tell: how steeply they grow with the delay."""
        return linear_regression(list(self.took), [self.measured(delay) for delay in self.took]).slope


@dataclass(frozen=True)
class Held:
    """An instance whose calls of Firestore are held back and recorded, and another one for what has to be there before."""

    here: World
    there: World
    record: Record


@contextmanager
def held(delay: int) -> Iterator[Held]:
    """By DELAY milliseconds."""
    record = Record()
    with ExitStack() as stack:
        proxy = stack.enter_context(firestore_proxy(worlds.FIRESTORE, record, delay / 1000))
        variables: dict[str, str] = {"FIRESTORE_EMULATOR_HOST": proxy, "CALLS_PER_MINUTE": "100000"}
        variables["FAILURES_PER_MINUTE"] = "1"  # as bench/cases.py has it
        here = stack.enter_context(deployed(**variables)).world  # type: ignore[arg-type]  # variables, all of them
        yield Held(here, stack.enter_context(another(here)), record)


def tell(instance: Held) -> Iterator[tuple[str, int, float]]:
    """Each request of a story: its name, its round trips, its milliseconds."""
    for case in Story(instance.here, instance.there).cases():
        instance.record.take()
        began = time.perf_counter()
        answer = case.send()
        took = (time.perf_counter() - began) * 1000
        if answer.status_code == 429 and case.status != 429:
            continue  # whoever is unknown fails once a minute, whichever story it is in
        assert answer.status_code == case.status, (case.name, answer.status_code, answer.text[:300])
        yield case.name, len(steps(instance.record.take())), took


def measure(delays: Sequence[int], rounds: int) -> list[Case]:
    """Every request of bench/cases.py; a first story of each instance is thrown away."""
    cases: dict[str, Case] = {}
    with ExitStack() as stack:
        instances = {delay: stack.enter_context(held(delay)) for delay in delays}
        for turn in range(rounds + 1):
            for delay, instance in instances.items():
                for name, trips, took in tell(instance):
                    case = cases.setdefault(name, Case(name))
                    if turn:
                        case.took.setdefault(delay, []).append(took)
                        case.trips = trips if delay == max(delays) else case.trips
    return [case for case in cases.values() if len(case.took) == len(delays)]


def show(cases: Sequence[Case], delays: Sequence[int]) -> None:
    least, *others = delays
    print(f"{'ms; measured, and to what was predicted':<68}{'trips':>6}{'seen':>7}{f'+{least}':>8}", end="")
    print("".join(f"{f'+{delay}':>9}{'ratio':>7}" for delay in others))
    for case in (one for one in cases if one.trips):
        cells = "".join(f"{case.measured(delay):>9.1f}{case.ratio(delay):>7.2f}" for delay in others)
        print(f"{case.name[:67]:<68}{case.trips:>6}{case.seen:>7.2f}{case.measured(least):>8.1f}{cells}")
    for name, of in ratios(cases, delays).items():
        cells = "".join(f"{'':>9}{of[delay]:>7.2f}" for delay in others)
        print(f"{name:<68}{'':>21}{cells}")


def ratios(cases: Sequence[Case], delays: Sequence[int]) -> Mapping[str, Mapping[int, float]]:
    """Of all requests that ask Firestore, and of those that do not."""
    asking, quiet = [one for one in cases if one.trips], [one for one in cases if not one.trips]
    return {
        "the least": {delay: min(one.ratio(delay) for one in asking) for delay in delays},
        "the median": {delay: median(one.ratio(delay) for one in asking) for delay in delays},
        "the most": {delay: max(one.ratio(delay) for one in asking) for delay in delays},
        f"the median of {len(quiet)} requests without a trip": {
            delay: median(one.ratio(delay) for one in quiet) for delay in delays
        },
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/delay", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="stories with each delay (%(default)s)")
    numbers: Any = lambda text: sorted({0, *(int(part) for part in text.split(","))})  # noqa: E731  # argparse's own way
    parser.add_argument("--milliseconds", type=numbers, default=[0, 5, 20, 80], help="of each call, beside 0")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    chosen = parser.parse_args(arguments)
    began = time.perf_counter()
    cases = measure(chosen.milliseconds, chosen.rounds)
    show(cases, chosen.milliseconds)
    print(
        f"{chosen.rounds} stories with each delay, in turns; {time.perf_counter() - began:.0f} s in all; "
        f"load of the machine {os.getloadavg()[0]:.1f}."
    )
    print(_NOT_SHOWN)
    if chosen.json:
        told = {
            "cases": [asdict(case) | {"seen": case.seen} for case in cases],
            "ratios": ratios(cases, chosen.milliseconds),
        }
        chosen.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
