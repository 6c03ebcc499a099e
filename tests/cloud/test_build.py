"""`scripts/deploy` by the real gcloud and cloudbuild.yaml: what it uploads, and builds of which nothing comes."""

import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.cloud.build_runner import runs
from tests.cloud.proxy import Reply, Visit
from tests.cloud.releases import SERVICE, Scene, scene, tree
from tests.cloud.test_indexes import PROJECT

OLD = f"{SERVICE}-00001"


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        made.root = tree(tmp_path)
        yield made


def test_what_is_uploaded_is_the_tree_and_what_the_machine_made_of_it_is_not(ready: Scene) -> None:
    made = (
        *(".venv/bin/python", "node_modules/x/index.js", ".local/emulator.log", "service/__pycache__/app.pyc"),
        *("service/contract.json", "service/pages/static/vendor/x.js", "service/pages/compressed/x.br"),
    )
    for name in (*made, "docs/vendored.md"):
        (ready.root / name).parent.mkdir(parents=True, exist_ok=True)
        (ready.root / name).write_text("x")
    with runs(ready, None, test=1):
        ready.run("deploy")

    (content,) = ready.project.buckets.objects.values()
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        uploaded = {member.name.removeprefix("./") for member in archive if member.isfile()}
    there = {str(file.relative_to(ready.root)) for file in ready.root.rglob("*") if file.is_file()}
    assert there - uploaded == set(made)
    assert uploaded <= there


@pytest.mark.parametrize("broken", ["test", "build"])
def test_a_build_that_fails_releases_nothing(ready: Scene, broken: str) -> None:
    with runs(ready, None, **{"last": 1, broken: 1}) as build:
        done = ready.run("deploy")

    assert done.returncode == 1
    assert build.ran[-1] == (broken, 1)
    assert (ready.shares(), ready.project.run.pushed) == ({OLD: 100}, {"us-docker.pkg.dev/cloudrun/container/hello"})
    assert [path for path in ready.writes() if "/services/" in path] == []


def test_a_build_whose_canary_fails_fails(ready: Scene) -> None:
    def ill(revision: str, _visit: Visit) -> Reply | None:
        return None if revision == OLD else Reply(500, {}, b"ill")

    ready.front.spoil = ill
    ready.push("sha256:" + "a" * 64, "00000001-1122-4334-8556-778899aabbcc")

    with runs(ready, None, last=1, build=0, push=0) as build:
        done = ready.run("deploy")

    assert (done.returncode, build.ran[-1]) == (1, ("release", 1)), build.printed
    assert (ready.shares(), ready.tags()) == ({OLD: 100}, set())
    assert f"{OLD} serves everyone" in build.printed


def test_settings_that_are_not_right_are_not_even_uploaded(ready: Scene) -> None:
    (ready.root / "cloud/settings.env").write_text(f"GOOGLE_CLOUD_PROJECT={PROJECT}\n")

    done = ready.run("deploy")

    assert (done.returncode, ready.through.exchanges) == (2, [])
    assert "APP_NAME is missing" in done.stderr
