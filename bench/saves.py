"""python -m bench.saves [--rounds N] [--calls N] [--saves N] [--json FILE]: see bench/saves."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles

from bench.contenders import COMMIT, CONTENDERS, EXPRESS, NOTHING, Contender
from bench.load import Load, Ran
from bench.peers import Memory, memory

CONNECTIONS, _WARM, _PARTS = 8, 50, 10
_NOT_SHOWN = f"""
{CONNECTIONS} connections, one save at a time on each, notes of 2.4 kB, one worker each; of Flask's 8 threads. CPU is user
and system time of all processes of a server. The ratios are medians of those within a round. Load and emulator run on
the same processors and take their share of saves a second and of the latencies, the same for all. Memory is of fresh
servers, one after another; RSS is VmRSS of all processes of a server, what they share counted in each; PSS counts it
once. Not in it: TLS, the network, and Firestore itself, whose connections are encrypted, so that each call costs all
of them more. The floors authenticate nobody and check nothing; the raw commit makes one write where the service makes
three."""


@dataclass(frozen=True)
class Round:
    """One turn of one contender."""

    cpu_ms: float
    """Of a save."""
    per_second: float
    p50_ms: float
    p99_ms: float
    load_cpu_ms: float
    """What the load itself took for a save."""


@dataclass(frozen=True)
class Growth:
    """What a fresh server holds: after it has answered /health and has come to rest, and after so many saves."""

    idle: Memory
    after: dict[int, Memory]


@dataclass(frozen=True)
class Found:
    calls: int
    connections: int
    rounds: dict[str, list[Round]]
    memory: dict[str, Growth] = field(default_factory=dict)

    def ratio(self, name: str, to: str, figure: Callable[[Round], float]) -> float:
        """The median of what NAME is to another one in the same round."""
        return median(
            figure(one) / figure(other) for one, other in zip(self.rounds[name], self.rounds[to], strict=True)
        )


def measure(rounds: int, calls: int) -> dict[str, list[Round]]:
    """All contenders in turns; a first round is thrown away."""
    found: dict[str, list[Round]] = {name: [] for name in CONTENDERS}
    with ExitStack() as stack:
        running = {name: stack.enter_context(start()) for name, start in CONTENDERS.items()}
        for _ in range(rounds + 1):
            for name, contender in running.items():
                found[name].append(_turn(contender, calls))
    return {name: each[1:] for name, each in found.items()}


def _turn(contender: Contender, calls: int) -> Round:
    contender.clear()
    token = contender.new_token()
    _save(contender, token, _WARM)
    before = contender.server.cpu_ms()
    ran = _save(contender, token, calls)
    cpu, cuts = contender.server.cpu_ms() - before, quantiles(ran.latencies, n=100, method="inclusive")
    return Round(cpu / calls, calls / ran.seconds, cuts[49], cuts[98], ran.cpu_ms / calls)


def _save(contender: Contender, token: str, count: int) -> Ran:
    return Load(contender.server.url, token, count, CONNECTIONS).run()


def grow(saves: int) -> dict[str, Growth]:
    """Each contender alone, afresh, through so many SAVES."""
    found = {}
    for name, start in CONTENDERS.items():
        with start() as contender:
            idle, after, token = _at_rest(contender), {}, contender.new_token()
            for part in range(1, _PARTS + 1):
                _save(contender, token, saves // _PARTS)
                after[part * (saves // _PARTS)] = memory(contender.server)
            contender.clear()
            found[name] = Growth(idle, after)
    return found


def _at_rest(contender: Contender) -> Memory:
    """What it holds once that has not changed for a second."""
    held, since, end = memory(contender.server), time.monotonic(), time.monotonic() + 15
    while time.monotonic() < min(since + 1, end):
        time.sleep(0.1)
        if abs((now := memory(contender.server)).rss - held.rss) > 0.5:
            held, since = now, time.monotonic()
    return held


def show(found: Found) -> None:
    heads = ("CPU ms", "least", "most", "to Express", "to commit", "saves/s", "to Express", "p50 ms", "p99 ms")
    print(f"{'a save':<26}" + "".join(f"{head:>11}" for head in heads))
    for name, each in found.rounds.items():
        cpu = [one.cpu_ms for one in each]
        cells = [f"{cell:.2f}" for cell in (median(cpu), min(cpu), max(cpu))]
        cells += [f"{found.ratio(name, to, lambda one: one.cpu_ms):.2f} x" for to in (EXPRESS, COMMIT)]
        cells += [f"{median(one.per_second for one in each):.0f}"]
        cells += [f"{found.ratio(name, EXPRESS, lambda one: one.per_second):.2f} x"]
        cells += [f"{median(one.p50_ms for one in each):.1f}", f"{median(one.p99_ms for one in each):.1f}"]
        print(f"{name:<26}" + "".join(f"{cell:>11}" for cell in cells))
    load = median(one.load_cpu_ms for one in found.rounds[NOTHING])
    print(
        f"{len(found.rounds[NOTHING])} rounds of {found.calls} saves, in turns; the load takes {load:.2f} ms of CPU a save."
    )
    if found.memory:
        _show_memory(found.memory)


def _show_memory(found: dict[str, Growth]) -> None:
    first, *_, last = next(iter(found.values())).after
    heads = ("idle RSS", "PSS", f"{first:,} RSS", "PSS", f"{last:,} RSS", "PSS", "to Express", "to first")
    print(f"\n{'MB held after saves':<26}" + "".join(f"{head:>12}" for head in heads))
    for name, each in found.items():
        held = (each.idle, each.after[first], each.after[last])
        cells = [f"{cell:.1f}" for one in held for cell in (one.rss, one.pss)]
        cells += [f"{each.after[last].rss / found[EXPRESS].after[last].rss:.2f} x"]
        cells += [f"{each.after[last].rss / each.after[first].rss:.2f} x"]
        print(f"{name:<26}" + "".join(f"{cell:>12}" for cell in cells))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/saves", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000, help="saves of each in a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="(%(default)s)")
    parser.add_argument(
        "--saves", type=int, default=10_000, help="after which memory is looked at; 0: not (%(default)s)"
    )
    parser.add_argument("--json", type=Path, help="also write what was found to this file")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    rounds = measure(chosen.rounds, chosen.calls)
    found = Found(chosen.calls, CONNECTIONS, rounds, grow(chosen.saves) if chosen.saves else {})
    if chosen.json:
        chosen.json.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    show(found)
    print(f"{time.monotonic() - began:.0f} s in all; load of the machine {os.getloadavg()[0]:.1f}.\n{_NOT_SHOWN}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
