"""python -m bench.races [--calls N] [--seed N]: see bench/races. The seed repeats who calls, not who comes first."""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from statistics import median

from bench.arena import arena
from bench.patterns import PATTERNS, Findings, Session


def run(calls: int, seed: int) -> Findings:
    """At least CALLS redemptions and refreshes, each pattern as often as the others."""
    findings, began = Findings(seed), time.monotonic()
    with arena(seed) as made:
        while len(made.answers) < calls and len(findings.wrong) < 20:
            for pattern in made.random.sample(PATTERNS, len(PATTERNS)):
                name = pattern.__name__
                pattern(Session(made, findings, name))
                findings.rounds[name] = findings.rounds.get(name, 0) + 1
        findings.calls, findings.aborted, findings.lost = len(made.answers), made.faults.aborted, made.faults.lost
    findings.seconds = time.monotonic() - began
    return findings


def show(findings: Findings) -> None:
    print(f"{'':<44}{'groups':>7}{'calls':>7}{'200':>7}{'4xx':>7}{'5xx':>5}{'median':>9}{'longest':>9}")
    for name in (pattern.__name__ for pattern in PATTERNS):
        answers = findings.groups[name]
        seconds = [answer.seconds for answer in answers]
        counts = [sum(answer.status // 100 == kind for answer in answers) for kind in (2, 4, 5)]
        print(
            f"{name.replace('_', ' '):<44}{findings.rounds[name]:>7}{len(answers):>7}"
            f"{counts[0]:>7}{counts[1]:>7}{counts[2]:>5}{median(seconds):>7.3f} s{max(seconds):>7.3f} s"
        )
    print(
        f"\n{findings.calls} redemptions and refreshes in {findings.seconds:.0f} s. On purpose, {findings.aborted} "
        f"commits were aborted for contention, and of {findings.lost} the answer was lost.\n"
        f"{findings.lived} sessions should live, {findings.died} should be dead. "
        f"Not as it should be: {len(findings.wrong)}."
    )
    for wrong in findings.wrong:
        print(f"  {wrong}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/races", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000, help="redemptions and refreshes, at least (%(default)s)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000), help="else a new one")
    chosen = parser.parse_args(arguments)
    print(f"seed {chosen.seed}", flush=True)
    findings = run(chosen.calls, chosen.seed)
    show(findings)
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
