"""What is promised of speed, and whether the figures of `scripts/bench` keep it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from statistics import median
from typing import Any

from bench import cold_start, contenders, growth, issuers, sign_in, tokens


@dataclass(frozen=True)
class Target:
    """One promise and what was found: ratios, one of each round, of which the median counts."""

    words: str
    limit: float
    found: Sequence[float]
    at_least: bool = False
    why: str = ""
    """What is known of why it is missed, when it is."""

    @property
    def figure(self) -> float:
        return median(self.found)

    @property
    def is_met(self) -> bool:
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    @property
    def verdict(self) -> str:
        return "met" if self.is_met else f"**not met**{': ' * bool(self.why)}{self.why}"


def saves(figures: Any) -> Iterator[Target]:
    rounds = figures["rounds"]

    def to(other: str, figure: str) -> list[float]:
        return _ratios(rounds[contenders.OURS], rounds[other], figure)

    yield Target("CPU of a save, to Flask answering nothing plus one raw commit", 1.35, to(contenders.COMMIT, "cpu_ms"))
    yield Target("CPU of a save, to Express", 0.55, to("Express", "cpu_ms"))
    yield Target("saves a second of one worker, to Express", 1.8, to("Express", "per_second"), at_least=True)
    yield Target("p99 under load, to Express", 1.0, to("Express", "p99_ms"))
    if memory := figures["memory"]:
        ours, theirs = memory[contenders.OURS], memory["Express"]
        few, many = min(ours["after"], key=int), max(ours["after"], key=int)
        first, last, express = ours["after"][few], ours["after"][many], theirs["after"][many]
        after = f"memory after {int(many):,} saves"
        yield Target(f"{after}, to after the first {int(few):,}", 1.05, [last["rss"] / first["rss"]])
        yield Target("memory when idle, to Express", 0.8, [ours["idle"]["rss"] / theirs["idle"]["rss"]])
        yield Target(f"{after}, to Express", 0.8, [last["rss"] / express["rss"]])


def token_calls(figures: Any) -> Iterator[Target]:
    cost = figures["cpu_ms"]
    limits = {issuers.HASHED: 0.4, issuers.PLAIN: 0.4, issuers.MEMORY: 1.0, issuers.STORED: 1.0, issuers.ROTATING: 1.0}
    for kind in (tokens.EXCHANGE, tokens.REFRESH):
        for other, limit in limits.items():
            both = zip(cost[issuers.OURS][kind], cost[other][kind], strict=True)
            why = "it keeps all in the memory of one process" if other == issuers.MEMORY else ""
            yield Target(f"CPU of {kind}, to {other}", limit, [one / two for one, two in both], why=why)


def starts(figures: Any) -> Iterator[Target]:
    for place, found in figures.items():
        ours, empty, bare = (found[name] for name in (cold_start.OURS, cold_start.EMPTY, cold_start.BARE))
        where = place[0].lower() + place[1:]
        yield Target(
            f"to the first /health, to an empty Flask application, {where}", 1.35, _ratios(ours, empty, "health")
        )
        if place == cold_start.TREE:
            yield Target(f"the same in CPU, {where}", 1.35, _ratios(ours, empty, "cpu"))
        yield Target(f"to the first completed save, to a bare commit, {where}", 1.15, _ratios(ours, bare, "save"))


def sign_ins(figures: Any) -> Iterator[Target]:
    took = figures["starts"]
    for figure, words in (("wall", "time"), ("cpu", "CPU")):
        ratios = _ratios(took[sign_in.SIGN_IN], took[sign_in.BARE], figure)
        yield Target(f"{words} to the first sign-in, to firebase-admin and one token", 1.3, ratios)


def growing(figures: Any) -> Iterator[Target]:
    calls: dict[str, list[Any]] = {}
    for cost in figures["costs"]:
        calls.setdefault(cost["call"], []).append(cost)
    del calls[growth.SEARCH]  # its law is in the table
    for call, (first, *_, last) in calls.items():
        for kind, words in (("service", "CPU"), ("wall", "time")):
            ratios = [one / two for one, two in zip(last[kind], first[kind], strict=True)]
            yield Target(f"{words} of {call}, {last['place']}, to {first['place']}", 1.2, ratios)
    asked = [_operations(last) / _operations(first) for first, *_, last in calls.values()]
    yield Target("Firestore's operations, the call that grows most, most notes to fewest", 1.0, [max(asked)])


def _operations(cost: Any) -> int:
    """Round trips, and what they read and write."""
    made = cost["operations"]
    return int(
        sum(count for _, count in made["calls"])
        + sum(made[kind] for kind in ("writes", "deletes", "found", "missing", "queried"))
    )


def delays(figures: Any) -> Iterator[Target]:
    ratios = figures["ratios"]
    for delay in ratios["the median"]:
        if int(delay):
            of_requests = [ratios[which][delay] for which in ("the least", "the median", "the most")]
            yield Target(
                f"latency to what the round trips predict, +{delay} ms each, of the requests", 1.1, of_requests
            )


def nothing(_: Any) -> Iterator[Target]:
    """A part that shows what is there, and promises nothing of it."""
    yield from ()


def payloads(figures: Any) -> Iterator[Target]:
    alive = [copy["most"] for copy in figures["copies"]]
    yield Target("Python's copies of a 100,000-character note alive at once, at the most", 3.6, [max(alive)])


def pages(figures: Any) -> Iterator[Target]:
    first = next(iter(figures["pages"]["consent"].values()))
    sizes = next(iter(first.values()))["encoded"].values()
    yield Target("kB of the consent page before sign-in, compressed", 90, [sum(sizes) / 1000])


def _ratios(ours: Sequence[Mapping[str, float]], theirs: Sequence[Mapping[str, float]], figure: str) -> list[float]:
    value = itemgetter(figure)
    return [value(one) / value(other) for one, other in zip(ours, theirs, strict=True)]
