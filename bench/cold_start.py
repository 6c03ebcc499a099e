"""python -m bench.cold_start [--starts N] [--tree] [--json FILE]: see bench/cold_start."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import requests

from bench.saver import NOTES, Cast, Saver
from bench.server import SERVICE, Server, serving
from scripts.verbs.processes import ROOT
from tests.cloud.base_images import IMAGE, built
from tests.cloud.containers import CONFINED, Containers

KINDS: dict[str, tuple[str, ...]] = {
    "our own start": ("python", "-m", "service.start"),
    "functions-framework": ("functions-framework", "--target=handler", "--source=service/main.py"),
    "an empty Flask app": ("python", "-m", "under", "empty:app"),
}
OURS, FRAMEWORK, EMPTY, BARE = *KINDS, "a bare commit"
TREE, IN_IMAGE = "From the tree", "In the image"
_BARE = """
import os
from google.cloud import firestore

client = firestore.Client(project=os.environ["GOOGLE_CLOUD_PROJECT"])
batch = client.batch()
batch.create(client.collection("bench").document(), {"title": "A note"})
batch.commit()
"""
_NOT_SHOWN = """
Wall time from before the process to the first 200 of GET /health, and to the 201 of a first POST /notes, each of a fresh
instance; the empty application is under the same gunicorn as ours. The bare commit is a script that imports
google-cloud-firestore, commits one document and ends: its whole time stands under "save". In the image: read-only root, no capabilities, as process
1; podman's own time, that of a container that does nothing, is in the figures and beside them. Not in it: pulling the
image, gVisor or a micro VM, Cloud Run's CPU boost or one slow core, files that are read for the first time, the network.
Firestore is an emulator: opening the channel and fetching credentials takes longer in earnest, for all alike."""

Start = Callable[[Sequence[str], Mapping[str, str], int], AbstractContextManager[Server]]
"""Starts a command with an environment that is to listen at a port."""
Run = Callable[[Sequence[str], Mapping[str, str]], None]
"""Runs a command with an environment to its end."""


@dataclass(frozen=True)
class Took:
    """Milliseconds from the start of one instance."""

    health: float | None
    cpu: float | None
    """Of that, as user and system time of the processes; of podman alone when it starts them."""
    save: float | None
    """None of what saves nothing, and the two before of what answers nothing."""


def run_in_the_tree(command: Sequence[str], env: Mapping[str, str]) -> None:
    program, *options = command
    whole = os.environ | env
    whole.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([ROOT / ".venv/bin" / program, *options], cwd=ROOT, env=whole, check=True)


def run_in_the_image(image: Containers) -> Run:
    def run(command: Sequence[str], env: Mapping[str, str]) -> None:
        variables = [f"--env={name}={value}" for name, value in env.items()]
        subprocess.run([*image.podman(), "run", "--rm", *CONFINED, *variables, IMAGE, *command], check=True)

    return run


@contextmanager
def in_the_tree(command: Sequence[str], env: Mapping[str, str], port: int) -> Iterator[Server]:
    program, *options = command
    path = os.pathsep.join((str(ROOT), str(ROOT / "bench")))
    whole = os.environ | env | {"PORT": str(port), "PYTHONPATH": path}
    whole.pop("PYTHONDONTWRITEBYTECODE", None)  # or each start compiles all of the service
    began = time.perf_counter()
    with subprocess.Popen(
        [ROOT / ".venv/bin" / program, *options], cwd=ROOT, env=whole, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield Server(process, f"http://localhost:{port}", began)
        finally:
            process.terminate()


def in_the_image(image: Containers) -> Start:
    modules = {name: ROOT / f"bench/{name}.py" for name in ("under", "empty")}

    @contextmanager
    def start(command: Sequence[str], env: Mapping[str, str], port: int) -> Iterator[Server]:
        with image.running(IMAGE, port, env, command, **modules) as container:
            yield Server(container.process, f"http://localhost:{port}", container.began)

    return start


def first_answers(start: Start, command: Sequence[str], cast: Cast, token: str) -> Took:
    """Two fresh instances: one that is asked for its health, and one that saves at once."""
    with start(command, cast.env, cast.port) as server:
        health, cpu = _health(server), server.cpu_ms()
    if command == KINDS[EMPTY]:
        return Took(health, cpu, None)
    with start(command, cast.env, cast.port) as server:
        _health(server)
        saver = Saver(server, token)
        saver.save(NOTES, "")
        saver.close()
        return Took(health, cpu, _since(server.began))


def _health(server: Server) -> float:
    """Milliseconds until it has answered GET /health."""
    while True:
        try:
            assert requests.get(f"{server.url}/health", timeout=30).status_code == 200
        except requests.ConnectionError:
            assert time.perf_counter() < server.began + 60, "did not start"
            time.sleep(0.002)
        else:
            return _since(server.began)


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def start_often(start: Start, run: Run, cast: Cast, token: str, starts: int) -> dict[str, list[Took]]:
    """STARTS of each kind, in turns; those of a round before them are thrown away."""
    found: dict[str, list[Took]] = {name: [] for name in (*KINDS, BARE)}
    for _ in range(starts + 1):
        for name, command in KINDS.items():
            found[name].append(first_answers(start, command, cast, token))
        began = time.perf_counter()
        run(("python", "-c", _BARE), cast.env)
        found[BARE].append(Took(None, None, _since(began)))
    return {name: each[1:] for name, each in found.items()}


def nothing_started(image: Containers, starts: int) -> list[float]:
    """Milliseconds of podman for a container that does nothing."""
    found = []
    for _ in range(starts):
        began = time.perf_counter()
        subprocess.run([*image.podman(), "run", "--rm", *CONFINED, IMAGE, "true"], check=True)
        found.append(_since(began))
    return found


def ratios(found: Mapping[str, Sequence[Took]], name: str, other: str, figure: str) -> list[float]:
    """Of NAME's FIGURE to OTHER's, one of each round."""
    pairs = zip(found[name], found[other], strict=True)
    return [getattr(one, figure) / getattr(its, figure) for one, its in pairs]


def show(place: str, found: Mapping[str, Sequence[Took]]) -> None:
    heads = "median", "least", "most", "to empty", "CPU", "to empty", "save", "to bare"
    print(f"\n{place + ': ms to /health':<34}" + "".join(f"{head:>11}" for head in heads))
    for name, each in found.items():
        cells = [""] * 6
        if health := [one.health for one in each if one.health]:
            cells = [f"{cell:.0f}" for cell in (median(health), min(health), max(health))]
            cells.append(f"{median(ratios(found, name, EMPTY, 'health')):.2f} x")
            cpu = [f"{median(one.cpu or 0 for one in each):.0f}", f"{median(ratios(found, name, EMPTY, 'cpu')):.2f} x"]
            cells += cpu if place == TREE else ["", ""]
        if saves := [one.save for one in each if one.save]:
            cells += [f"{median(saves):.0f}", f"{median(ratios(found, name, BARE, 'save')):.2f} x"]
        print(f"{name:<34}" + "".join(f"{cell:>11}" for cell in cells))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/cold_start", description=__doc__)
    parser.add_argument("--starts", type=int, default=10, help="fresh instances of each kind (%(default)s)")
    parser.add_argument("--tree", action="store_true", help="only from the tree: build and start no image")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    chosen = parser.parse_args(arguments)
    began, cast = time.perf_counter(), Cast()
    with serving(SERVICE, cast.port, cast.env) as server:
        token = cast.access_token(server)
    found = {TREE: start_often(in_the_tree, run_in_the_tree, cast, token, chosen.starts)}
    show(TREE, found[TREE])
    if missing := [tool for tool in ("buildah", "podman", "runc") if not shutil.which(tool)]:
        print(f"Not measured in the image: there is no {' and no '.join(missing)} here.")
    elif not chosen.tree:
        image = built()
        found[IN_IMAGE] = start_often(in_the_image(image), run_in_the_image(image), cast, token, chosen.starts)
        show(IN_IMAGE, found[IN_IMAGE])
        print(f"{'podman, a container of nothing':<34}{median(nothing_started(image, chosen.starts)):>11.0f}")
    if chosen.json:
        kept = {
            place: {name: list(map(asdict, each)) for name, each in kinds.items()} for place, kinds in found.items()
        }
        chosen.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(
        f"{chosen.starts} starts of each kind, in turns; {time.perf_counter() - began:.0f} s in all; "
        f"load of the machine {os.getloadavg()[0]:.1f}."
    )
    print(_NOT_SHOWN)
    return 0


if __name__ == "__main__":
    sys.exit(main())
