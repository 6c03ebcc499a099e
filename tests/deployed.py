"""The service as Cloud Run starts it: a process of its own, with everything that it prints."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.verbs.journey import Firebase
from scripts.verbs.processes import ROOT, free_port, listens
from service.google_backends import GoogleBackends
from tests.world import AUTH, FIRESTORE, LOCAL_KEY, Clock, Counter, Service, World, new_project, settings

START = (sys.executable, "-m", "service.start")
FUNCTIONS_FRAMEWORK = (sys.executable, "-m", "functions_framework", "--target=handler", "--source=service/main.py")


@dataclass
class Deployed:
    """A world whose service is the process. Its clock is the real one; `world.service.backends` is the test's own."""

    world: World
    log: Path
    process: "subprocess.Popen[bytes]"

    def printed(self) -> str:
        """All that it has written so far, to standard output and standard error."""
        return self.log.read_text(encoding="utf-8")

    def pids(self) -> list[int]:
        """The process and those that it has started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="utf-8")
        return [self.process.pid, *map(int, children.split())]

    def kill(self) -> None:
        """End it as a power cut would."""
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(30)

    def lines(self) -> list[dict[str, Any]]:
        """Its structured log lines."""
        return [json.loads(line) for line in self.printed().splitlines() if line.startswith("{")]


def environment(project: str, url: str) -> dict[str, str]:
    """The variables of a service of PROJECT beside the emulators, whose public address is URL."""
    return {
        "PUBLIC_URL": url,
        "GOOGLE_CLOUD_PROJECT": project,
        "APP_NAME": "ItsimpleAI",
        "NOTE_URL": "https://app.example.com/notes/{id}",
        "COMPANY": "Itsimple Ltd",
        "CONTACT": "privacy@example.com",
        "FIREBASE_API_KEY": "emulator-takes-any-key",
        "FIREBASE_AUTH_HELPER": "https://localhost",  # where nobody answers
        "LOCAL_KEY": LOCAL_KEY,
        "FIRESTORE_EMULATOR_HOST": FIRESTORE,
        "FIREBASE_AUTH_EMULATOR_HOST": AUTH,
    }


def around(project: str, url: str) -> World:
    """The world of a service that listens at URL in a process of its own."""
    chosen = settings(project, url)
    service = Service(chosen, GoogleBackends(chosen), Clock(), Counter(), url)
    return World(service, Firebase(AUTH, FIRESTORE, project), project)


@contextmanager
def deployed(
    root: Path = ROOT,
    project: str | None = None,
    port: int | None = None,
    command: Sequence[str] = START,
    **env: str,
) -> Iterator[Deployed]:
    """A process of the service whose code is at ROOT, in a project of its own; ENV is added to its environment."""
    project, port = project or new_project(), port or free_port()
    url = f"http://localhost:{port}"
    with (
        tempfile.NamedTemporaryFile() as log,
        subprocess.Popen(
            command,
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root), "PORT": str(port)} | environment(project, url) | env,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        path, end = Path(log.name), time.monotonic() + 60
        while not listens(port):
            assert process.poll() is None, path.read_text()
            assert time.monotonic() < end
            time.sleep(0.05)  # until the port is open: there is nothing to wait on
        try:
            yield Deployed(around(project, url), path, process)
        finally:
            process.terminate()
            process.wait(30)
