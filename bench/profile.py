"""python -m bench.profile [--seconds N] [--json FILE]: see bench/profile."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.contenders import CONTENDERS, OURS
from bench.load import Load
from bench.peers import LOCAL
from scripts.verbs.processes import Failed

_SPY = LOCAL / "py-spy/.venv/bin/py-spy"
_TICK = 1000 / os.sysconf("SC_CLK_TCK")
_WARM, _CALLS, _LARGEST, _SHOWN = 300, 100, 3, 5
# Each part: the packages that it is, and why it stays.
PARTS: dict[str, tuple[tuple[str, ...], str]] = {
    "gRPC": (
        ("grpc",),
        "a save is one Commit, which gRPC carries; the raw commit pays for it too.",
    ),
    "gunicorn": (
        ("gunicorn",),
        "a connection is read, parsed, handed to a thread and answered; Flask's floor pays for it too.",
    ),
    "Flask and Werkzeug": (("flask", "werkzeug"), "the product is a Flask application; its floor pays for it too."),
    "the service's own": (
        ("service",),
        "token, limits, contract, the note and its audit line: what is promised of a save.",
    ),
}
OTHER, _PYTHON = "other Python", "python"
_FRAME = re.compile(r"(?:^|;)([^;]*?) \(([^();]+?):\d+\)")
# A thread that waits for work; py-spy takes it for a running one now and then.
_WAITING = re.compile(r"(?:_worker \(concurrent/futures/thread\.py|\bselect \(selectors\.py):\d+\)$")
_NOT_SHOWN = """
One save after another over one connection, of notes of 2.4 kB: with more at once, threads that wait for the interpreter
look like such that run. A sample counts for the innermost function that is of one of the parts; what that calls of
Python's own, or of C, counts with it. Samples share out what the kernel says that Python's threads took; the threads of
gRPC's core, in which py-spy sees nothing, are as the kernel says. Threads that wait for work are left out. A thread that
waits for Firestore is taken for a running one in a few of a hundred samples, which makes gRPC's share look larger; py-spy
stops the process for each sample, which makes system calls look larger. So shares are rough: what the floors of bench/saves
take, measured without any of this, is what to hold them against."""


@dataclass(frozen=True)
class Found:
    saves: int
    samples: int
    cpu_ms: float
    """Of a save, by the kernel, all threads."""
    native_ms: float
    """Of that, of the threads of gRPC's core."""
    parts: dict[str, float]
    """Milliseconds of a save, the largest first."""
    functions: dict[str, dict[str, float]]
    """By part, the shares of a save of its largest functions."""


def shared_out(lines: Iterable[str]) -> tuple[Counter[str], Mapping[str, Counter[str]]]:
    """Samples of py-spy's raw LINES, "frame;frame count", by part, and in each by function."""
    parts: Counter[str] = Counter()
    functions: dict[str, Counter[str]] = {}
    for line in lines:
        stack, _, count = line.rpartition(" ")
        if not _WAITING.search(stack):
            part, function = _placed(stack)
            parts[part] += int(count)
            functions.setdefault(part, Counter())[function] += int(count)
    return parts, functions


def _placed(stack: str) -> tuple[str, str]:
    """The part and the function that a sample counts for."""
    frames = _FRAME.findall(stack)
    for name, file in reversed(frames):
        for part, (packages, _) in PARTS.items():
            if file.partition("/")[0] in packages:
                return part, f"{file} {name}"
    name, file = frames[-1] if frames else ("", stack[-60:])
    return OTHER, f"{file} {name}"


def profile(seconds: int) -> Found:
    """Save for so many SECONDS, under py-spy."""
    if not _SPY.exists():
        raise Failed("py-spy is not installed: run bench/peers/install py-spy.")
    with CONTENDERS[OURS]() as service, tempfile.TemporaryDirectory() as folder:
        load = Load(service.server.url, service.new_token(), _CALLS, connections=1)
        Load(load.url, load.token, _WARM, connections=1).run()
        raw, pid = Path(folder) / "raw", service.server.pids()[-1]
        before, saves = _threads(pid), 0
        command: list[str | Path] = [
            _SPY,
            "record",
            f"--pid={pid}",
            f"--duration={seconds}",
            "--rate=100",
            "--format=raw",
            f"--output={raw}",
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as spying:
            while spying.poll() is None:
                load.run()
                saves += _CALLS
            said = spying.stdout.read() if spying.stdout else ""
        if spying.returncode:
            raise Failed(
                f"py-spy may not look into a process here; be root, or set kernel.yama.ptrace_scope=0:\n{said}"
            )
        took = _threads(pid) - before
        return _found(saves, took, raw.read_text(encoding="utf-8").splitlines())


def _found(saves: int, took: Counter[str], lines: Sequence[str]) -> Found:
    parts, functions = shared_out(lines)
    python = took[_PYTHON] * _TICK / saves
    native = took.total() * _TICK / saves - python
    each = {part: count / parts.total() * python for part, count in parts.items()}
    each["gRPC"] += native
    whole = sum(each.values())
    shares = {
        part: {name: count / parts.total() * python / whole for name, count in functions[part].most_common(_SHOWN)}
        for part in each
    }
    return Found(saves, parts.total(), whole, native, dict(Counter(each).most_common()), shares)


def _threads(pid: int) -> Counter[str]:
    """Ticks of user and system time so far, of the threads of a process by their names."""
    found: Counter[str] = Counter()
    for thread in Path(f"/proc/{pid}/task").iterdir():
        name, _, rest = (thread / "stat").read_text(encoding="utf-8").partition("(")[2].rpartition(")")
        fields = rest.split()
        kind = _PYTHON if name.startswith(("python", "gunicorn")) else name
        found[kind] += int(fields[11]) + int(fields[12])
    return found


def show(found: Found) -> None:
    print(f"{'a save':<74}{'CPU ms':>9}{'share':>9}")
    for part, took in found.parts.items():
        print(f"{part:<74}{took:>9.2f}{took / found.cpu_ms:>9.0%}")
        if part == "gRPC":
            print(f"  {'the threads of its core':<72}{'':>9}{found.native_ms / found.cpu_ms:>9.0%}")
        for name, share in found.functions[part].items():
            print(f"  {name[:70]:<72}{'':>9}{share:>9.0%}")
    print(f"{'all':<74}{found.cpu_ms:>9.2f}\n\nThe {_LARGEST} largest parts, and why they stay:")
    for part in [each for each in found.parts if each in PARTS][:_LARGEST]:
        print(f"* {part}, {found.parts[part] / found.cpu_ms:.0%}: {PARTS[part][1]}")
    print(
        f"{found.saves:,} saves, {found.samples:,} samples; load of the machine {os.getloadavg()[0]:.1f}.\n{_NOT_SHOWN}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/profile", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="(%(default)s)")
    parser.add_argument("--json", type=Path, help="also write what was found to this file")
    chosen = parser.parse_args(arguments)
    found = profile(chosen.seconds)
    show(found)
    if chosen.json:
        chosen.json.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
