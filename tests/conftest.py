"""Fixtures. Each test owns its data: a Firebase project id of its own costs nothing on the emulators."""

import shutil
from collections.abc import Iterator

import pytest

from tests import world as worlds
from tests.world import World


def pytest_configure() -> None:
    missing = [
        name
        for name, there in {
            "the emulators (run scripts/test, which starts them)": worlds.FIRESTORE and worlds.AUTH,
            "Chromium (install Debian's package chromium)": shutil.which("chromium"),
            "Node 20 (install nodejs)": shutil.which("node"),
        }.items()
        if not there
    ]
    if missing:
        pytest.exit(f"Missing: {'; '.join(missing)}.", returncode=3)


@pytest.fixture
def world() -> Iterator[World]:
    with worlds.world() as made:
        yield made
