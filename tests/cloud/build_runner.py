"""Runs the steps of a build as Cloud Build would: from what was uploaded, by builders of which it knows exactly these."""

import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.cloud.base_images import CERTIFICATES, NODE, PYTHON, digest
from tests.cloud.containers import Containers
from tests.cloud.releases import Scene
from tests.cloud.test_indexes import PROJECT

IMAGE = "itsimple-mate-built"
_DOCKER, _GCLOUD = "gcr.io/cloud-builders/docker", "gcr.io/google.com/cloudsdktool/google-cloud-cli:528.0.0-slim"
_STEP = {"id", "name", "entrypoint", "args", "env", "volumes", "allowFailure"}
_BUILD = {"steps", "images", "artifacts", "substitutions", "serviceAccount", "timeout", "options", "source"} | {
    *("id", "name", "projectId", "status", "logUrl", "logsBucket")
}
_NAME = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")


class BuildRunner:
    """What the build API of SCENE runs. A step that is named in INSTEAD is not run, and has that exit status.

    Images are built by CONTAINERS; without any, every docker step must be in INSTEAD.
    """

    def __init__(self, scene: Scene, containers: Containers | None, instead: Mapping[str, int]) -> None:
        self._scene, self._containers, self._instead = scene, containers, instead
        self.ran: list[tuple[str, int]] = []
        """Steps with their exit statuses."""
        self.printed = ""
        self._tags: list[str] = []

    def __call__(self, build: Any) -> str:
        assert build.keys() <= _BUILD, build.keys() - _BUILD
        assert build["options"]["logging"] == "CLOUD_LOGGING_ONLY"  # needed with an account of one's own
        names = _names(build)
        workspace = self._scene.folder / f"workspace-{build['id'][:8]}"
        source = build["source"]["storageSource"]
        uploaded = self._scene.project.buckets.objects[source["bucket"], source["object"]]
        with tarfile.open(fileobj=BytesIO(uploaded)) as archive:
            archive.extractall(workspace, filter="data")
        for step in build["steps"]:
            status = self._step(step, names, workspace)
            self.ran.append((step["id"], status))
            if status and not step.get("allowFailure"):
                return "FAILURE"
        for image in build.get("images", []):
            self._push(_filled(image, names))
        return "SUCCESS"

    def _step(self, step: Any, names: Mapping[str, str], workspace: Path) -> int:
        assert step.keys() <= _STEP, step.keys() - _STEP
        args = [_filled(each, names) for each in step["args"]]
        if step["id"] in self._instead:
            return self._instead[step["id"]]
        assert "volumes" not in step, "a volume is not modelled"
        if step["name"] == _DOCKER:
            return self._docker(args, workspace)
        assert step["name"] == _GCLOUD, f"an unknown builder: {step['name']}"
        done = subprocess.run(
            [step["entrypoint"], *args],
            cwd=workspace,
            env=self._scene.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.printed += done.stdout
        return done.returncode

    def _docker(self, args: list[str], workspace: Path) -> int:
        command, *rest = args
        if command == "pull":
            tag = rest[-1].rpartition(":")[2]
            return 0 if any(name.endswith(f"/tags/{tag}") for name in self._scene.project.registry.tags) else 1
        if command == "push":
            self._push(rest[-1])
            return 0
        assert command == "build", command
        assert self._containers
        assert rest[-1] == "."
        self._tags = [each.removeprefix("--tag=") for each in rest if each.startswith("--tag=")]
        bases = {"NODE_DIGEST": NODE, "PYTHON_DIGEST": PYTHON}
        with self._containers.alone():
            digests = {name: f"@{digest(base, self._containers)}" for name, base in bases.items()}
            self._containers.build(workspace, IMAGE, digests, CERTIFICATES)
        return 0

    def _push(self, image: str) -> None:
        assert self._containers
        assert image in self._tags, f"{image} was not built"
        self._scene.push(self._containers.images()[f"localhost/{IMAGE}:latest"]["digest"], image.rpartition(":")[2])


def _names(build: Any) -> dict[str, str]:
    """All that may be substituted. A manual build fails on a name of ours that is not used."""
    given = build.get("substitutions", {})
    used = {braced or plain for _, braced, plain in _NAME.findall(repr({**build, "substitutions": {}}))}
    assert given.keys() <= used, f"declared and not used: {given.keys() - used}"
    return {"PROJECT_ID": PROJECT, "BUILD_ID": build["id"], **given}


def _filled(text: str, names: Mapping[str, str]) -> str:
    def value(found: "re.Match[str]") -> str:
        dollar, braced, plain = found.groups()
        filled = "$" if dollar else names[braced or plain]
        assert filled, f"{found[0]} is empty"
        return filled

    return _NAME.sub(value, text)


@contextmanager
def runs(scene: Scene, containers: Containers | None, **instead: int) -> Iterator[BuildRunner]:
    """Builds of SCENE run, but for the steps that are not: the tests cannot run themselves."""
    runner = BuildRunner(scene, containers, {"node": 0, "test": 0, **instead})
    scene.project.builds.run = runner
    yield runner
