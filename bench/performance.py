"""python -m bench.performance [PART…] [--quick] [--page]: see scripts/bench."""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import targets
from bench.bars import drawn
from bench.targets import Target
from scripts.verbs.processes import ROOT

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
}
_PACKAGES = "flask", "gunicorn", "grpcio", "protobuf", "google-auth", "google-cloud-firestore", "firebase-admin"
_HEAD = """# Performance

What is promised of speed, and what was found: the service, the floors under it and what somebody would use instead, in
turns within one run. `scripts/bench` runs all of it and writes this page from `docs/performance/*.json`;
`scripts/bench --page` writes it again. Operations are counted, not timed: [scale.md](scale.md#what-each-request-asks-for)
has them for each request, and a test keeps them.

A target counts as met by the median of the ratios, each taken within one round; spread is the least and the most of them.
A ratio says more than a time: the machine is shared, and *steal* is the share of its processors that others had
meanwhile. Timings never make a test fail. Each part says what it does not show.
"""


def run(part: str, *, quick: bool) -> None:
    """Run PART and keep what it found and printed."""
    file = KEPT / f"{part}.json"
    figures = ROOT / f".local/bench-{part}.json"
    before, began = _ticks(), time.time()
    beside = (sys.executable, "-m", "scripts.verbs.emulators")  # new ones: a million tokens slow them down
    command = [*beside, sys.executable, "-m", f"bench.{part}", f"--json={figures}", *(PARTS[part][2] if quick else ())]
    env = {"FIRESTORE_EMULATOR_HEAP": "8g"} | os.environ
    printed: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or ():
            print(line, end="", flush=True)
            printed.append(line.rstrip())
    if running.returncode:
        raise SystemExit(f"scripts/bench: {part} ended with {running.returncode}; what was kept of it before stays.")
    after = _ticks()
    told = {
        "when": datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%d %H:%M"),
        "minutes": round((time.time() - began) / 60, 1),
        "quick": quick,
        "machine": _machine() | {"steal": round((after[7] - before[7]) / (sum(after) - sum(before)), 3)},
        "printed": printed,
        "figures": json.loads(figures.read_text(encoding="utf-8")),
    }
    file.write_text(json.dumps(told, ensure_ascii=False) + "\n", encoding="utf-8")


def kept(part: str) -> Any:
    return json.loads((KEPT / f"{part}.json").read_text(encoding="utf-8"))


def written() -> dict[Path, str]:
    """The page and its plots, as they follow from what is kept."""
    made, sections, found = {}, [], []
    for part, (title, promised, _) in PARTS.items():
        if (KEPT / f"{part}.json").exists():
            of_part = list(promised(kept(part)["figures"]))
            made[KEPT / f"{part}.svg"] = drawn(title, of_part)
            sections.append(_section(part, kept(part), of_part))
            found += of_part
    met = sum(target.is_met for target in found)
    summary = f"\n**{met} of {len(found)} targets are met** in the runs that are kept here.\n"
    return made | {PAGE: _HEAD + summary + "".join(sections)}


def _section(part: str, told: Any, found: Sequence[Target]) -> str:
    machine = told["machine"]
    how = "**a quick run, which says little**, " if told["quick"] else ""
    rows = "".join(
        f"| {each.words} | {'at least' if each.at_least else 'at most'} {each.limit:g} | {each.figure:.2f} "
        f"| {min(each.found):.2f} to {max(each.found):.2f} | {'met' if each.is_met else '**not met**'} |\n"
        for each in found
    )
    return (
        f"\n## {PARTS[part][0]}\n\n| | target | median | spread | |\n| --- | --- | --- | --- | --- |\n{rows}\n"
        f"![{PARTS[part][0]}: each figure as a share of its target](performance/{part}.svg)\n\n"
        f"`bench/{part}`, {how}{told['when']} UTC, {told['minutes']} minutes; steal {machine['steal']:.0%}; "
        f"{machine['processors']} processors, {machine['processor']}, {machine['memory']}; {machine['versions']}.\n\n"
        "```text\n" + "\n".join(told["printed"]).strip("\n") + "\n```\n"
    )


def _write() -> None:
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")


def _machine() -> dict[str, Any]:
    model = next((line for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ": unknown")
    memory = int(_lines("/proc/meminfo")[0].split()[1]) / 2**20
    tools = {"Node": ["node", "--version"], "Java": ["java", "--version"]}
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _PACKAGES)]
    for name, command in tools.items():
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
        versions.append(said if name in said or name.lower() in said else f"{name} {said}")
    return {
        "processors": os.cpu_count(),
        "processor": model.partition(": ")[2],
        "memory": f"{memory:.0f} GiB",
        "versions": ", ".join(versions),
    }


def _ticks() -> list[int]:
    """What the processors did so far, proc(5): the eighth is steal."""
    return [int(each) for each in _lines("/proc/stat")[0].split()[1:9]]


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them without")
    parser.add_argument("--quick", action="store_true", help="minutes instead of an hour, to see that it runs")
    parser.add_argument("--page", action="store_true", help="run nothing, write the page of what is kept")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    KEPT.mkdir(exist_ok=True)
    for part in () if chosen.page else chosen.parts or PARTS:
        print(f"\n# {part}", flush=True)
        run(part, quick=chosen.quick)
        _write()
    _write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
