"""Fixtures. Each test owns its data: a Firebase project id of its own costs nothing on the emulators."""

import gc
import shutil
from collections.abc import Iterator

import hypothesis
import pytest

from tests import world as worlds
from tests.world import World

# Timings never make a test fail, and what is drawn is drawn the same each time.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True)
hypothesis.settings.load_profile("house")

_FIRST = ("cloud", "mobile", "strangers", "house", "stories")


def pytest_configure() -> None:
    missing = [
        name
        for name, there in {
            "the emulators (run scripts/test, which starts them)": worlds.FIRESTORE and worlds.AUTH,
            "Chromium (install Debian's package chromium-headless-shell)": shutil.which("chromium-headless-shell")
            or shutil.which("chromium"),
            "Node 20 (install nodejs)": shutil.which("node"),
        }.items()
        if not there
    ]
    if missing:
        pytest.exit(f"Missing: {'; '.join(missing)}.", returncode=3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders with long tests first: where a long one begins last, one worker waits for the other."""
    items.sort(key=lambda item: (*_FIRST, item.path.parent.name).index(item.path.parent.name))


def pytest_collection_finish() -> None:
    """What is there now stays: it need not be looked through again and again for what has gone."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def world() -> Iterator[World]:
    with worlds.world() as made:
        yield made
