"""`scripts/project setup` by the real gcloud, before a stand-in of Google's APIs, and what came of it."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.verbs.processes import ROOT
from tests.cloud.descriptions import Exchange, findings
from tests.cloud.proxy import Proxy
from tests.cloud.somebody import environment
from tests.cloud.test_indexes import PROJECT

Done = subprocess.CompletedProcess[str]


class Setup:
    """Runs it THROUGH a proxy, with files in FOLDER."""

    def __init__(self, through: Proxy, folder: Path) -> None:
        self.through, self.folder = through, folder
        self.settings = folder / "settings.env"
        self._env = environment(through, folder)

    def __call__(self, *more: str, project: str = PROJECT) -> Done:
        """What it was asked before is forgotten."""
        self.through.exchanges.clear()
        command = (sys.executable, "-m", "scripts.verbs.project", "setup", f"--project={project}")
        what = ("--github=acme/mate", "--email=ops@example.com", f"--settings={self.settings}")
        with subprocess.Popen(
            (*command, *what, *more),
            cwd=ROOT,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as running:
            self._kill: Callable[[], None] = lambda: os.killpg(running.pid, signal.SIGKILL)
            out, err = running.communicate(timeout=240)
        return subprocess.CompletedProcess(command, running.returncode, out, err)

    def killed_at_the_first_write(self) -> Done:
        """Google has done it, and the answer never arrives."""
        self.through.before_answer = self._cut_off
        try:
            return self()
        finally:
            self.through.before_answer = lambda _: None

    def _cut_off(self, exchange: Exchange) -> None:
        if is_write(exchange):
            self._kill()
            raise ConnectionAbortedError

    def writes(self) -> list[str]:
        """What the last run asked to change, and nothing that was asked or answered is not as described."""
        assert [finding for exchange in self.through.exchanges for finding in findings(exchange)] == []
        return [f"{each.method} {each.path}" for each in self.through.exchanges if is_write(each)]


def is_write(exchange: Exchange) -> bool:
    looks = exchange.path.endswith((":getIamPolicy", ":testIamPermissions", ":test"))
    return exchange.method != "GET" and not looks


def steps(done: Done) -> list[str]:
    return [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("# ")]


def commands(done: Done) -> list[list[str]]:
    return [shlex.split(line) for line in done.stdout.splitlines() if line.startswith("gcloud ")]
