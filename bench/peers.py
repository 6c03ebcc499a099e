"""Starts servers to compare: the service as its image does, a floor, or a peer that bench/peers/install has installed."""

import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.server import Server
from scripts.verbs.processes import ROOT, Failed, listens

LOCAL = ROOT / ".local" / "peers"
THREADS = 8
GUNICORN: tuple[str, ...] = ("gunicorn", "--workers=1", f"--threads={THREADS}", "--timeout=0", "--log-level=error")
_NODE = f"node_modules/node-linux-{'arm64' if platform.machine() == 'aarch64' else 'x64'}/bin/node"
_UVICORN = (".venv/bin/uvicorn", "main:app", "--workers=1", "--no-access-log", "--log-level=warning")
PEERS: dict[str, tuple[str, ...]] = {
    "express": (_NODE, "server.mjs"),
    "fastapi": _UVICORN,
    "oidc-provider": (_NODE, "server.mjs"),
    "django": (f".venv/bin/{GUNICORN[0]}", *GUNICORN[1:], "peer.wsgi"),
}
_SECONDS = 60


@dataclass(frozen=True)
class Memory:
    """Megabytes that all processes of a server hold."""

    rss: float
    """VmRSS, summed: what processes share is counted in each."""
    pss: float
    """What they share counted once, as Cloud Run does."""


def memory(server: Server) -> Memory:
    pids = _family(server.process.pid)
    return Memory(
        sum(_kilobytes(pid, "status", "VmRSS:") for pid in pids) / 1024,
        sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in pids) / 1024,
    )


@contextmanager
def start(name: str, port: int, env: Mapping[str, str]) -> Iterator[Server]:
    """The peer NAME, as its own documentation starts it in production, with one worker."""
    folder = LOCAL / name
    if not (folder / ".installed").is_file():
        raise Failed(f"{name} is not installed: run bench/peers/install.")
    program, *options = PEERS[name]
    env = {"NODE_ENV": "production"} | dict(env)
    if name == "fastapi":
        options += ["--host=127.0.0.1", f"--port={port}"]
    with running([str(folder / program), *options], port, env, folder) as server:
        yield server


@contextmanager
def ours(port: int, env: Mapping[str, str]) -> Iterator[Server]:
    """The service from the tree, started as the image starts it."""
    (line,) = (
        text for text in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines() if text.startswith("CMD")
    )
    program, *options = json.loads(line.removeprefix("CMD"))
    beside = {"THREADS": str(THREADS), "KEY_SECRET": "", "CALLS_PER_MINUTE": "100000"}
    with running([_installed(program), *options], port, beside | dict(env), ROOT) as server:
        yield server


@contextmanager
def flask(module: str, port: int, env: Mapping[str, str]) -> Iterator[Server]:
    """The Flask application of bench/MODULE.py, with the service's own packages."""
    program, *options = GUNICORN
    with running([_installed(program), *options, f"bench.{module}:app"], port, env, ROOT) as server:
        yield server


@contextmanager
def running(command: Sequence[str], port: int, env: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """COMMAND in FOLDER, from when GET /health at PORT is answered by 200 until it is left. Raises `Failed`."""
    whole = {**os.environ, "PORT": str(port), "PYTHONPATH": str(folder), **env}
    whole.pop("PYTHONDONTWRITEBYTECODE", None)
    began, url = time.perf_counter(), f"http://localhost:{port}"
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, cwd=folder, env=whole, stdout=said, stderr=said) as process,
    ):
        try:
            while not listens(port):
                if process.poll() is not None or time.perf_counter() > began + _SECONDS:
                    said.seek(0)
                    raise Failed(f"{command[0]} did not start:\n{said.read().decode(errors='replace')}")
                time.sleep(0.01)
            requests.get(f"{url}/health", timeout=_SECONDS).raise_for_status()
            yield Server(process, url, began)
        finally:
            process.terminate()


def _installed(program: str) -> str:
    return str(ROOT / ".venv" / "bin" / program)


def _kilobytes(pid: int, file: str, name: str) -> int:
    text = Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8")
    return int(text.partition(name)[2].split()[0])


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [pid, *(one for child in children for one in _family(int(child)))]
