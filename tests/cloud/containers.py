"""Images built by buildah and started by podman and runc, all kept in one folder of this project."""

import fcntl
import json
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.verbs.processes import ROOT, listens

CONFINED: tuple[str, ...] = (
    "--network=host",
    "--read-only",
    "--read-only-tmpfs=false",
    "--tmpfs=/tmp",
    "--cap-drop=all",
)
CONFINED += ("--security-opt=no-new-privileges", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")


@dataclass(frozen=True)
class Containers:
    """Images and containers in FOLDER. Layers stay there: what has not changed is not built again."""

    folder: Path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other process that asks for the same is in here meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def images(self) -> dict[str, dict[str, Any]]:
        """What is here, by name: `digest`, `size` and more of what buildah tells."""
        found = json.loads(self._buildah("images", "--json") or "null") or []
        return {name: image for image in found for name in image.get("names") or []}

    def load(self, archive: Path, name: str, env: tuple[str, ...]) -> None:
        """Make the files of ARCHIVE an image."""
        container = self._buildah("from", "scratch")
        self._buildah("add", "-q", container, str(archive), "/")
        self._buildah("config", *(f"--env={each}" for each in env), container)
        self._buildah("commit", "-q", "--rm", container, name)

    def tag(self, name: str, other: str) -> None:
        self._buildah("tag", name, other)

    def build(self, folder: Path, name: str, arguments: Mapping[str, str], certificates: Path) -> None:
        """The Dockerfile of FOLDER; only the build sees this machine's CERTIFICATES. Raises with what it printed."""
        options = ["--layers", "--isolation=chroot", "--network=host", "--pull-never", f"--tag={name}"]
        options += [f"--build-arg={key}={value}" for key, value in arguments.items()]
        self._buildah("bud", *options, f"--volume={certificates}:{certificates}:ro", str(folder))

    @contextmanager
    def mounted(self, name: str) -> Iterator[Path]:
        """The files of an image."""
        container = self._buildah("from", "--pull-never", name)
        try:
            yield Path(self._buildah("mount", container))
        finally:
            self._buildah("rm", container)

    @contextmanager
    def running(
        self, name: str, port: int, env: Mapping[str, str], command: Sequence[str] = (), **mounts: Path
    ) -> Iterator["Container"]:
        """A container as Cloud Run would start it, with less: only /tmp can be written, and nothing is permitted.

        It runs COMMAND in place of the image's own, and of MOUNTS each is at /app/NAME.py.
        """
        own = f"{name}-{uuid.uuid4().hex[:8]}"
        variables = [f"--env={key}={value}" for key, value in {**env, "PORT": str(port)}.items()]
        volumes = [f"--volume={path}:/app/{module}.py:ro" for module, path in mounts.items()]
        run = [*self.podman(), "run", "--rm", f"--name={own}", *CONFINED, *variables, *volumes, name, *command]
        began = time.perf_counter()
        with tempfile.NamedTemporaryFile() as log, subprocess.Popen(run, stdout=log, stderr=log) as process:
            container = Container(self, own, Path(log.name), process, began)
            try:
                container.wait_for(port)
                yield container
            finally:
                if process.poll() is None:
                    container.stop().wait(60)
                process.wait(60)

    def podman(self) -> list[str]:
        return ["podman", "--runtime=runc", "--cgroup-manager=cgroupfs", *self._storage()]

    def _buildah(self, *command: str) -> str:
        done = subprocess.run(["buildah", *self._storage(), *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"buildah {command[0]}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout.strip()

    def _storage(self) -> list[str]:
        return [f"--root={self.folder}/storage", f"--runroot={self.folder}/run", "--storage-driver=overlay"]


@dataclass(frozen=True)
class Container:
    containers: Containers
    name: str
    log: Path
    process: "subprocess.Popen[bytes]"
    """podman's; its exit status is the container's."""
    began: float
    """When it was started, by `time.perf_counter`."""

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, port: int, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not listens(port):
            assert self.process.poll() is None, self.printed()
            assert time.monotonic() < end, self.printed()
            time.sleep(0.002)  # until the port is open: there is nothing to wait on

    def stop(self) -> "subprocess.Popen[bytes]":
        """SIGTERM, and SIGKILL ten seconds later, as Cloud Run does. Returns at once; it ends when the container has."""
        return subprocess.Popen([*self.containers.podman(), "stop", "--time=10", self.name], stdout=subprocess.DEVNULL)

    def pids(self) -> list[int]:
        """The container's process 1, by its number on this machine, and those that it has started."""
        command = [*self.containers.podman(), "inspect", "--format={{.State.Pid}}", self.name]
        first = int(subprocess.run(command, capture_output=True, check=True).stdout)
        children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="utf-8")
        return [first, *map(int, children.split())]


def ours() -> Containers:
    return Containers(ROOT / ".local" / "image")
