"""What an instance remembers of the clients that it has shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.oauth.clients import Client
from service.oauth.directory import SHOWN_FOR, Directory
from service.oauth.throttle import Throttle

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLIENT = Client("c", "ChatGPT", "operator", ("https://a.example/",), frozenset({"none"}), (), frozenset(), NOON)


@pytest.fixture
def directory() -> Directory:
    sources: Any = None  # nothing here asks a store
    return Directory(sources, frozenset(), Throttle(), documents=False)


def test_a_client_that_was_shown_is_known_for_its_time(directory: Directory) -> None:
    assert directory.find_shown("c", NOON) is None

    directory.keep_shown(CLIENT, NOON)

    assert directory.find_shown("c", NOON + SHOWN_FOR - timedelta(microseconds=1)) == CLIENT
    assert directory.find_shown("c", NOON + SHOWN_FOR) is None


def test_however_many_are_shown_a_thousand_are_remembered(directory: Directory) -> None:
    for number in range(1_005):
        directory.keep_shown(replace(CLIENT, client_id=str(number)), NOON)
        directory.keep_shown(CLIENT, NOON)  # the one that is asked for most

    known = [number for number in range(1_005) if directory.find_shown(str(number), NOON)]
    assert (known[0], len(known)) == (6, 999)
    assert directory.find_shown("c", NOON) == CLIENT
