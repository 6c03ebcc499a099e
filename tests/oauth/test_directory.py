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

    directory.keep_shown("c", CLIENT, NOON)

    assert directory.find_shown("c", NOON + SHOWN_FOR - timedelta(microseconds=1)) == CLIENT
    assert directory.find_shown("c", NOON + SHOWN_FOR) is None


def test_a_client_that_is_gone_is_forgotten(directory: Directory) -> None:
    directory.keep_shown("c", CLIENT, NOON)
    directory.keep_shown("c", None, NOON)

    assert directory.find_shown("c", NOON) is None


def test_what_is_out_of_date_is_not_kept(directory: Directory) -> None:
    directory.keep_shown("c", CLIENT, NOON)
    directory.keep_shown("d", CLIENT, NOON + SHOWN_FOR)

    assert list(directory._shown) == ["d"]


def test_however_many_are_shown_a_hundred_are_remembered(directory: Directory) -> None:
    for number in range(105):
        directory.keep_shown(str(number), replace(CLIENT, client_id=str(number)), NOON)
        directory.keep_shown("c", CLIENT, NOON)  # the one that is asked for most

    known = [number for number in range(105) if directory.find_shown(str(number), NOON)]
    assert (known[0], len(known)) == (6, 99)
    assert directory.find_shown("c", NOON) == CLIENT
