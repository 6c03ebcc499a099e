"""Worlds that the tests of this folder share, and the internet that their services find."""

from collections.abc import Iterator

import pytest

from tests import world as worlds
from tests.hosts.internet import Internet, internet
from tests.world import World


@pytest.fixture(scope="session")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with internet(tmp_path_factory.mktemp("internet")) as made:
        yield made


@pytest.fixture(scope="module")
def world(hosts: Internet) -> Iterator[World]:
    """One for each file: every test has people and connections of its own."""
    with worlds.world() as made:
        yield hosts.reach(made)


@pytest.fixture(scope="module")
def without_iss(hosts: Internet) -> Iterator[World]:
    with worlds.world(iss_parameter=False) as made:
        yield hosts.reach(made)


@pytest.fixture(scope="module")
def without_documents(hosts: Internet) -> Iterator[World]:
    with worlds.world(client_documents=False) as made:
        yield hosts.reach(made)


@pytest.fixture(scope="module")
def sign_in_first(hosts: Internet) -> Iterator[World]:
    with worlds.world(mcp_sign_in="first") as made:
        yield hosts.reach(made)


@pytest.fixture
def own_world(hosts: Internet) -> Iterator[World]:
    """One whose clock a test may move as far as it likes."""
    with worlds.world() as made:
        yield hosts.reach(made)
