"""What was measured on: the machine, what others took of it meanwhile, and the versions of all that ran."""

import hashlib
import json
import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scripts.verbs.emulators import find_jar
from scripts.verbs.processes import ROOT

_PACKAGES = "flask", "gunicorn", "grpcio", "protobuf", "google-auth", "google-cloud-firestore", "firebase-admin"
_PEERS = ROOT / "bench/peers"


def described() -> dict[str, Any]:
    model = next((line for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ": unknown")
    return {
        "processors": os.cpu_count(),
        "processor": model.partition(": ")[2],
        "memory": f"{int(_lines('/proc/meminfo')[0].split()[1]) / 2**20:.0f} GiB",
        "versions": ", ".join((*_ours(), *_emulators(), *_peers())),
    }


def ticks() -> list[int]:
    """What the processors did so far, proc(5)."""
    return [int(each) for each in _lines("/proc/stat")[0].split()[1:9]]


def steal(before: list[int], after: list[int]) -> float:
    """The share of the processors' time that other machines had, between two `ticks`, whose eighth number it is."""
    return round((after[7] - before[7]) / (sum(after) - sum(before)), 3)


def _ours() -> list[str]:
    found = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _PACKAGES)]
    for command in (["node", "--version"], ["java", "--version"]):
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
        found.append(f"{command[0].title()} {said.removeprefix('v')}")
    return found


def _emulators() -> list[str]:
    """Firestore's says no version: the beginning of its digest tells one from another."""
    digest = hashlib.sha256(find_jar().read_bytes()).hexdigest()
    tools = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]["firebase-tools"]
    return [f"Firestore emulator {digest[:12]}", f"Auth emulator of firebase-tools {tools}"]


def _peers() -> list[str]:
    """What their locks say of the packages that they ask for themselves."""
    found = []
    for folder in sorted(each for each in _PEERS.iterdir() if each.is_dir()):
        if (asked := folder / "package.json").exists():
            package = json.loads(asked.read_text(encoding="utf-8"))
            kind = f"node-linux-{'arm64' if platform.machine() == 'aarch64' else 'x64'}"
            of_peer = {**package["dependencies"], "Node": package["optionalDependencies"][kind]}
        else:
            locked = dict(
                re.findall(r"^([a-z][\w.-]*)==(\S+)", (folder / "requirements.txt").read_text(), re.MULTILINE)
            )
            names = re.findall(r"^[a-z][\w.-]*", (folder / "requirements.in").read_text(), re.MULTILINE)
            of_peer = {name: locked[name] for name in names}
        found.append(f"{folder.name}: {' '.join(f'{name} {number}' for name, number in of_peer.items())}")
    return [f"and of the peers {'; '.join(found)}"]


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
