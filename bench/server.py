"""A server in processes of its own, as on Cloud Run, and what it costs: CPU time and memory."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.verbs.processes import ROOT, Failed, listens

SERVICE = (sys.executable, "-m", "service.start")
_BESIDE = {"PYTHONPATH": str(ROOT), "KEY_SECRET": "", "CALLS_PER_MINUTE": "100000"}
_TICK = 1000 / os.sysconf("SC_CLK_TCK")


def by_gunicorn(app: str) -> tuple[str, ...]:
    """The command that serves APP, "module:name", as the service is served."""
    return (sys.executable, "-m", "bench.under", app)


@dataclass(frozen=True)
class Server:
    """gunicorn, as on Cloud Run, in processes of its own."""

    process: "subprocess.Popen[bytes]"
    url: str
    began: float
    """When it was started, by `time.perf_counter`."""

    def pids(self) -> list[int]:
        """Of the process and of all that it started, the one that answers last."""
        return _family(self.process.pid)

    def cpu_ms(self) -> float:
        """Milliseconds of user and system time so far, of the process and of all that it started."""
        return sum(_cpu_ms(pid) for pid in _family(self.process.pid))

    def resident_mb(self) -> float:
        """Megabytes of memory that the process which answers holds, what it shares with its parent included."""
        status = Path(f"/proc/{_family(self.process.pid)[-1]}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def serving(command: Sequence[str], port: int, env: Mapping[str, str]) -> Iterator[Server]:
    """What COMMAND starts, which takes its port and its threads from the environment; ENV is added to that."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **_BESIDE, **env, "PORT": str(port)}, stdout=subprocess.DEVNULL
    ) as process:
        try:
            while not listens(port):
                if process.poll() is not None or time.perf_counter() > began + 60:
                    raise Failed(f"{command[-1]} did not start")
                time.sleep(0.002)
            yield Server(process, f"http://localhost:{port}", began)
        finally:
            process.terminate()


def _cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK  # utime and stime, proc(5)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [pid, *(one for child in children for one in _family(int(child)))]
