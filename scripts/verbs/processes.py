"""Start programs that must not outlive us."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
_LOCAL = ROOT / ".local"
_PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """Something did not start or did not work; the text says what to do."""


class Processes:
    """A context in which programs run; leaving it, in whatever way, ends them. On Linux even `kill -9` of us does."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        _LOCAL.mkdir(exist_ok=True)
        _sweep()
        self._logs = tempfile.TemporaryDirectory(prefix=f"logs-{os.getpid()}-", dir=_LOCAL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._running.values()):
            _signal_group(process, signal.SIGTERM)
        for process in reversed(self._running.values()):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()
        self._logs.cleanup()

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start COMMAND in a session of its own, so that a Ctrl-C at the terminal reaches only us."""
        with self._log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  # we have one thread
            )

    def wait_for(self, name: str, answers: Callable[[], bool], seconds: float = 60) -> None:
        """Return when ANSWERS() is true. Raises `Failed` when NAME ends before, or takes longer than SECONDS."""
        end = time.monotonic() + seconds
        while not answers():
            if self._running[name].poll() is not None or time.monotonic() > end:
                raise Failed(f"{name} did not start. Its last words:\n{self.tail(name)}")
            time.sleep(0.05)

    def ended(self) -> str | None:
        """The name of a program that has ended by itself."""
        return next((name for name, process in self._running.items() if process.poll() is not None), None)

    def tail(self, name: str) -> str:
        """The last lines that a program printed."""
        text = self._log(name).read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-12:])

    def _log(self, name: str) -> Path:
        return Path(self._logs.name) / f"{name}.log"


def _sweep() -> None:
    """Remove the logs of those who were killed before they could."""
    for folder in _LOCAL.glob("logs-*"):
        try:
            os.kill(int(folder.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (PermissionError, ValueError):
            continue


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end_on_sigterm() -> None:
    """Let SIGTERM, and the terminal's end, unwind the stack as Ctrl-C does, so that `Processes` ends what it started."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what is in its background without


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
