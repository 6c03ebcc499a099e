"""The scripts that release, run as the build and a person run them: the real gcloud, a plain Python, and a stand-in."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.verbs.index_file import declared
from scripts.verbs.plan import Plan
from scripts.verbs.processes import ROOT
from scripts.verbs.steps.foundations import APIS
from tests.cloud.cloud_run import DOMAIN, PLACEHOLDER
from tests.cloud.descriptions import findings
from tests.cloud.empty_project import EmptyProject
from tests.cloud.front_end import FrontEnd
from tests.cloud.project_runs import Done, is_write
from tests.cloud.proxy import Proxy
from tests.cloud.somebody import environment
from tests.cloud.test_indexes import PROJECT

SERVICE = "itsimple-mate"
PUBLIC_URL = f"https://{SERVICE}{DOMAIN}"
REGISTRY = f"europe-west1-docker.pkg.dev/{PROJECT}/{SERVICE}"
SETTINGS = f"""
PUBLIC_URL={PUBLIC_URL}
GOOGLE_CLOUD_PROJECT={PROJECT}
KEY_SECRET={SERVICE}-key
FIREBASE_API_KEY=emulator-takes-any-key
NOTE_URL={PUBLIC_URL}/notes/{{id}}
# Names with spaces need no quotes.
APP_NAME=Itsimple AI
COMPANY=Itsimple Ltd
CONTACT=privacy@example.com
"""
_MADE = {".git", ".local", ".venv", "node_modules", "__pycache__", ".hypothesis", ".mypy_cache", ".ruff_cache"} | {
    ".pytest_cache",
    "contract.json",
}
_PLAIN = "/usr/bin:/bin"
"""Without the packages of this project: Google's image of gcloud has none of them."""


@dataclass
class Scene:
    """A project that set-up has prepared, with its front end, and a tree from which it is released."""

    project: EmptyProject
    through: Proxy
    front: FrontEnd
    folder: Path
    root: Path = ROOT
    port: int = 0
    """Of what serves for every revision that is released."""

    @property
    def settings(self) -> Path:
        return self.folder / "settings.env"

    @property
    def env(self) -> dict[str, str]:
        return environment(self.through, self.folder, _PLAIN) | {"PYTHONDONTWRITEBYTECODE": "1"}

    def push(self, digest: str, tag: str) -> str:
        """An image that is in the registry; its address."""
        place = f"projects/{PROJECT}/locations/europe-west1/repositories/{SERVICE}/packages/{SERVICE}"
        self.project.registry.tags[f"{place}/tags/{tag}"] = digest
        self.project.run.pushed.add(f"{REGISTRY}/{SERVICE}@{digest}")
        return f"{REGISTRY}/{SERVICE}:{tag}"

    def run(self, script: str, *more: str) -> Done:
        """What it was asked before is forgotten."""
        with self.running(script, *more) as running:
            out, err = running.communicate(timeout=240)
        return subprocess.CompletedProcess((script, *more), running.returncode, out, err)

    @contextmanager
    def running(self, script: str, *more: str) -> "Iterator[subprocess.Popen[str]]":
        """In a session of its own, which is ended with it."""
        self.through.exchanges.clear()
        self.front.visits.clear()
        where: tuple[str, ...] = () if script == "smoke" else (f"--project={PROJECT}",)
        where += (f"--settings={self.settings}", "--patience=0") if script == "release" else ()
        with subprocess.Popen(
            (f"{self.root}/scripts/{script}", *more, *where),
            cwd=self.root,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as running:
            try:
                yield running
            finally:
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGKILL)

    def by_hand(self, command: Sequence[str]) -> Done:
        """A command that a script printed, as a person gives it."""
        return subprocess.run(
            command, cwd=self.root, env=self.env, capture_output=True, text=True, check=False, timeout=60
        )

    def writes(self) -> list[str]:
        """What the last run asked to change, and nothing that was asked or answered is not as described."""
        assert [finding for exchange in self.through.exchanges for finding in findings(exchange)] == []
        return [f"{each.method} {each.path}" for each in self.through.exchanges if is_write(each)]

    def shares(self) -> dict[str, int]:
        targets = self._service()["status"]["traffic"]
        return {each["revisionName"]: each["percent"] for each in targets if each.get("percent")}

    def tags(self) -> set[str]:
        return {each["tag"] for each in self._service()["spec"]["traffic"] if "tag" in each}

    def _service(self) -> Any:
        return self.project.run.services[SERVICE]


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """The placeholder serves everyone; the settings are filled in."""
    project = EmptyProject(PROJECT, declared())
    project.services.enabled.update(f"{api}.googleapis.com" for api in APIS)
    plan = Plan(PROJECT, "(default)", "europe-west1", "europe-west1", SERVICE)
    template = {"spec": {"containers": [{"image": PLACEHOLDER}], "serviceAccountName": plan.runtime_account}}
    body = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": SERVICE, "namespace": PROJECT},
        "spec": {"template": template},
    }
    status, _ = project.run("POST", f"/apis/serving.knative.dev/v1/namespaces/{PROJECT}/services", {}, body)
    assert status == 200
    project.buckets.buckets[plan.bucket] = {"name": plan.bucket, "projectNumber": "123456789012"}
    with project.behind(folder) as through:
        front = FrontEnd(project.run)
        through.visit = front
        made = Scene(project, through, front, folder)
        made.settings.write_text(SETTINGS, encoding="utf-8")
        yield made


def tree(folder: Path) -> Path:
    """A copy of this tree without what the machine has made of it, and with the operator's settings."""
    copy = folder / "tree"
    shutil.copytree(ROOT, copy, ignore=_made)
    (copy / "cloud/settings.env").write_text(SETTINGS, encoding="utf-8")
    return copy


def _made(folder: str, names: list[str]) -> set[str]:
    made = _MADE | (
        {"vendor"} if folder.endswith("/static") else {"compressed"} if folder.endswith("/pages") else set()
    )
    return made.intersection(names)
