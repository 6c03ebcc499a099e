"""python -m bench.performance [PART…] [--quick] [--page]: see scripts/bench."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import machine, targets
from bench.bars import drawn
from bench.targets import Target
from scripts.verbs.processes import ROOT, Failed

KEPT, PAGE = ROOT / "docs/performance", ROOT / "docs/performance.md"
# Each part: what it is about, what it promises, and how it is run quickly.
PARTS: dict[str, tuple[str, Callable[[Any], Iterator[Target]], tuple[str, ...]]] = {
    "saves": ("A save", targets.saves, ("--rounds=2", "--calls=200", "--saves=1000")),
    "tokens": ("A token call", targets.token_calls, ("--rounds=1", "--calls=50")),
    "cold_start": ("A cold start", targets.starts, ("--starts=3", "--tree")),
    "sign_in": ("The first sign-in", targets.sign_ins, ("--starts=3",)),
    "growth": ("Growth", targets.growing, ("--tokens=1000", "--notes=10,1000", "--rounds=3", "--calls=10")),
    "delay": ("A distant Firestore", targets.delays, ("--rounds=1",)),
    "payload": ("Long notes", targets.payloads, ("--rounds=1", "--calls=10", "--starts=1")),
    "pages": ("The pages", targets.pages, ("--visits=1",)),
    "profile": ("What a save is made of", targets.nothing, ("--seconds=10",)),
}
_HEAD = """# Performance

What is promised of speed, and what was found: the service, the floors under it and what somebody would use instead, in
turns within one run. `scripts/bench` runs all of it and writes this page from `docs/performance/*.json`;
`scripts/bench --page` writes it again. Operations are counted, not timed: [scale.md](scale.md#what-each-request-asks-for)
has them for each request, and a test keeps them.

A target counts as met by the median of the ratios, each taken within one round; spread is the least and the most of them,
the same number twice where there is only one. A ratio says more than a time: the machine is shared, and *steal* is the share of its processors that others had
meanwhile. Timings never make a test fail. Each part says what it does not show.
"""


def run(part: str, *, quick: bool) -> None:
    """Run PART and keep what it found and printed. Raises `Failed`; what was kept of it before stays."""
    figures = ROOT / f".local/bench-{part}.json"
    figures.unlink(missing_ok=True)
    before, began = machine.ticks(), time.time()
    beside = (sys.executable, "-m", "scripts.verbs.emulators")  # new ones: a million tokens slow them down
    command = [*beside, sys.executable, "-m", f"bench.{part}", f"--json={figures}", *(PARTS[part][2] if quick else ())]
    env = {"FIRESTORE_EMULATOR_HEAP": "8g"} | os.environ
    printed: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or ():
            print(line, end="", flush=True)
            printed.append(line.rstrip())
    if running.returncode:
        raise Failed(
            f"{part} ended with {running.returncode}; what was kept of it before stays. Run scripts/bench {part}."
        )
    told = {
        "when": datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%d %H:%M"),
        "minutes": round((time.time() - began) / 60, 1),
        "quick": quick,
        "machine": machine.described() | {"steal": machine.steal(before, machine.ticks())},
        "printed": printed,
        "figures": json.loads(figures.read_text(encoding="utf-8")),
    }
    (KEPT / f"{part}.json").write_text(json.dumps(told, ensure_ascii=False) + "\n", encoding="utf-8")


def kept(part: str) -> Any:
    return json.loads((KEPT / f"{part}.json").read_text(encoding="utf-8"))


def written() -> dict[Path, str]:
    """The page and its plots, as they follow from what is kept."""
    made, sections, found, quick = {}, [], [], 0
    for part, (title, promised, _) in PARTS.items():
        if (KEPT / f"{part}.json").exists():
            told = kept(part)
            of_part = list(promised(told["figures"]))
            if of_part:
                made[KEPT / f"{part}.svg"] = drawn(title, of_part)
            sections.append(_section(part, told, of_part))
            found += of_part
            quick += told["quick"]
    met = sum(target.is_met for target in found)
    summary = f"\n**{met} of {len(found)} targets are met** in the runs that are kept here"
    summary += f", of which {quick} of {len(sections)} were quick and say little.\n" if quick else ".\n"
    return made | {PAGE: _HEAD + summary + "".join(sections)}


def _section(part: str, told: Any, found: Sequence[Target]) -> str:
    of = told["machine"]
    how = "**a quick run, which says little**, " if told["quick"] else ""
    return (
        f"\n## {PARTS[part][0]}\n\n{_verdicts(part, found) if found else ''}"
        f"`bench/{part}`, {how}{told['when']} UTC, {told['minutes']} minutes; steal {of['steal']:.0%}; "
        f"{of['processors']} processors, {of['processor']}, {of['memory']}; {of['versions']}.\n\n"
        "```text\n" + "\n".join(told["printed"]).strip("\n") + "\n```\n"
    )


def _verdicts(part: str, found: Sequence[Target]) -> str:
    rows = "".join(
        f"| {each.words} | {'at least' if each.at_least else 'at most'} {each.limit:g} | {each.figure:.2f} "
        f"| {min(each.found):.2f} to {max(each.found):.2f} | {each.verdict} |\n"
        for each in found
    )
    return (
        f"| | target | median | spread | |\n| --- | --- | --- | --- | --- |\n{rows}\n"
        f"![{PARTS[part][0]}: each figure as a share of its target](performance/{part}.svg)\n\n"
    )


def _write() -> None:
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them without")
    parser.add_argument("--quick", action="store_true", help="minutes instead of an hour, to see that it runs")
    parser.add_argument("--page", action="store_true", help="run nothing, write the page of what is kept")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    KEPT.mkdir(exist_ok=True)
    failed = []
    for part in () if chosen.page else chosen.parts or PARTS:
        print(f"\n# {part}", flush=True)
        try:
            run(part, quick=chosen.quick)
        except Failed as why:  # an hour of the others is not lost for it
            failed.append(f"scripts/bench: {why}")
        _write()
    _write()
    print("\n".join(failed), file=sys.stderr, end="\n" if failed else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
