"""What is promised of speed, and whether the figures of `scripts/bench` keep it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from statistics import median
from typing import Any

from bench import cold_start, contenders, growth, issuers, sign_in, tokens

_LONG = 10_000


@dataclass(frozen=True)
class Target:
    """One promise and what was found: ratios, one of each round, of which the median counts."""

    words: str
    limit: float
    found: Sequence[float]
    at_least: bool = False

    @property
    def figure(self) -> float:
        return median(self.found)

    @property
    def is_met(self) -> bool:
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit


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
        first, last = ours["after"][min(ours["after"], key=int)], ours["after"][max(ours["after"], key=int)]
        yield Target(f"memory after {_LONG:,} saves, to after the first thousand", 1.05, [last["rss"] / first["rss"]])
        yield Target("memory when idle, to Express", 0.8, [ours["idle"]["rss"] / theirs["idle"]["rss"]])
        after = max(theirs["after"], key=int)
        yield Target(f"memory after {_LONG:,} saves, to Express", 0.8, [last["rss"] / theirs["after"][after]["rss"]])


def token_calls(figures: Any) -> Iterator[Target]:
    cost = figures["cpu_ms"]
    limits = {issuers.HASHED: 0.4, issuers.PLAIN: 0.4, issuers.MEMORY: 1.0, issuers.STORED: 1.0, issuers.ROTATING: 1.0}
    for kind in (tokens.EXCHANGE, tokens.REFRESH):
        for other, limit in limits.items():
            both = zip(cost[issuers.OURS][kind], cost[other][kind], strict=True)
            yield Target(f"CPU of {kind}, to {other}", limit, [one / two for one, two in both])


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
    for call, costs in calls.items():
        if call != growth.SEARCH:  # its law is in the table
            first, last = costs[0], costs[-1]
            both = zip(last["service"], first["service"], strict=True)
            yield Target(f"CPU of {call}, {last['place']}, to {first['place']}", 1.2, [one / two for one, two in both])


def delays(figures: Any) -> Iterator[Target]:
    for delay, ratio in figures["ratios"]["the median"].items():
        if int(delay):
            yield Target(f"latency to what the round trips predict, +{delay} ms each", 1.1, [ratio])


def payloads(figures: Any) -> Iterator[Target]:
    alive = [copy["most"] for copy in figures["copies"]]
    yield Target("copies of a 100,000-character note alive at once in Python, the most of all kinds", 3.6, [max(alive)])


def pages(figures: Any) -> Iterator[Target]:
    first = next(iter(figures["pages"]["consent"].values()))
    sizes = next(iter(first.values()))["encoded"].values()
    yield Target("kB of the consent page before sign-in, compressed", 90, [sum(sizes) / 1000])


def _ratios(ours: Sequence[Mapping[str, float]], theirs: Sequence[Mapping[str, float]], figure: str) -> list[float]:
    value = itemgetter(figure)
    return [value(one) / value(other) for one, other in zip(ours, theirs, strict=True)]
