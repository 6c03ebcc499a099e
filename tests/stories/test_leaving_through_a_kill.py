"""Download and deletion go on at another instance when the one that was asked is killed: real processes, SIGKILL."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from urllib.parse import urlsplit

import pytest
import requests

from tests.deployed import Deployed, deployed
from tests.leaver import Leaver, fill, leaver, together
from tests.world import new_project, running

COUNT = 700


@pytest.fixture(scope="module")
def project() -> str:
    return new_project()


@pytest.fixture(scope="module")
def victims(project: str) -> Iterator[Iterator[Deployed]]:
    """Two instances, one for each story."""
    with deployed(project=project, THREADS="2") as first, deployed(project=project, THREADS="2") as second:
        yield iter((first, second))


def is_dead(leaving: Leaver) -> bool:
    with suppress(requests.ConnectionError):
        leaving.receipt()
        return False
    return True


def test_a_download_goes_on_where_it_was(project: str, victims: Iterator[Deployed]) -> None:
    victim = next(victims)
    world, url = victim.world, victim.world.service.url
    ada = world.person()
    fill(world, ada.uid, COUNT)
    at_victim = leaver(world, ada)
    first = at_victim.part()
    cursor = first.headers["Next-Cursor"]
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)) as connection:
        head = f"GET /me/export?cursor={cursor} HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
        connection.sendall(f"{head}{at_victim.headers['Authorization']}\r\n\r\n".encode())

        victim.kill()  # while it works on the second part

    assert is_dead(at_victim)
    with running(project) as other:
        files = together([first, *at_victim.at(other).parts(cursor)])
    assert {json.loads(text)["id"] for name, text in files.items() if name.endswith(".json")} == {
        f"n{n:05}" for n in range(COUNT)
    }


def test_a_deletion_goes_on_where_it_was_and_counts_exactly(project: str, victims: Iterator[Deployed]) -> None:
    victim = next(victims)
    world, store = victim.world, victim.world.service.backends.leaving
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)
    fill(world, ada.uid, COUNT)
    at_victim = leaver(world, ada)

    def ask() -> None:
        with suppress(requests.ConnectionError):
            at_victim.step()

    asking = Thread(target=ask)
    asking.start()
    while not ((begun := store.find_deletion(ada.uid, world.service.clock())) and begun.deleted["connections"]):
        assert asking.is_alive()

    victim.kill()  # between its batches, or in one

    asking.join()
    assert is_dead(at_victim)
    assert store.count_notes(ada.uid) > 0
    with running(project) as other:
        assert other.post("/notes", json={"title": "t", "content": "c"}, headers=tokens.bearer).status_code == 401
        receipt = at_victim.at(other).delete()
        assert receipt["deleted"] == receipt["found"] == {"codes": 1, "connections": 1, "tokens": 2, "notes": COUNT}
        assert receipt["id"] == begun.deletion_id
        assert at_victim.at(other).export() == {}
