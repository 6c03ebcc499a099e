"""`scripts/deploy` to a first and a second release: the uploaded tree becomes an image, and the image serves."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from scripts.verbs.processes import free_port
from tests.cloud.build_runner import IMAGE, runs
from tests.cloud.containers import ours
from tests.cloud.releases import PUBLIC_URL, SERVICE, scene, tree
from tests.deployed import environment
from tests.world import new_project

pytestmark = pytest.mark.containers
STEPS = ["node", "test", "last", "build", "push", "release"]


def test_a_tree_becomes_an_image_that_serves_and_so_does_the_next(tmp_path: Path) -> None:
    containers = ours()
    with scene(tmp_path) as ready, ExitStack() as running, runs(ready, containers) as first:
        ready.root = tree(tmp_path)

        def start(revision: Any) -> str | None:
            """What the revision says, but for what it would reach Google with."""
            (container,) = revision["spec"]["containers"]
            told = {each["name"]: each["value"] for each in container["env"]}
            own = {"K_REVISION": revision["metadata"]["name"], "PUBLIC_URL": told["PUBLIC_URL"]}
            env = environment(new_project(), PUBLIC_URL) | {"THREADS": told["THREADS"]} | own
            port = free_port()
            running.enter_context(containers.running(IMAGE, port, env))
            ready.front.ports[revision["metadata"]["name"]] = port
            return None

        ready.project.run.start = start
        one = ready.run("deploy")
        assert one.returncode == 0, one.stdout + one.stderr + first.printed
        served = ready.shares()
        with runs(ready, containers) as second:
            two = ready.run("deploy")

    assert two.returncode == 0, two.stdout + two.stderr + second.printed
    assert ready.writes()
    assert first.ran == [(name, int(name == "last")) for name in STEPS]  # there is no last image yet
    assert second.ran == [(name, 0) for name in STEPS]
    assert (served, ready.shares()) == ({f"{SERVICE}-c-00000001": 100}, {f"{SERVICE}-c-00000002": 100})
    assert ready.tags() == set()
    assert "pages: ok" in first.printed
