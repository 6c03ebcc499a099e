"""How grants become connections, and how a connection's id is written and read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.connections.connections import Connection, Grant, list_connections, parse_connection_id

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
READ, WRITE = "notes:read", "notes:write"


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


def grant(client_id: str = "c", **changed: Any) -> Grant:
    facts: dict[str, Any] = {
        "client_name": client_id.upper(),
        "scope": frozenset((WRITE,)),
        "created_at": hours(-9),
        "last_used_at": hours(-1),
        "notes_saved": 1,
        "expires_at": hours(9),
    }
    return Grant(client_id, **(facts | changed))


def connection(client_id: str = "c", **changed: Any) -> Connection:
    facts: dict[str, Any] = {
        "name": client_id.upper(),
        "scope": frozenset((WRITE,)),
        "connected_at": hours(-9),
        "last_used_at": hours(-1),
        "notes_saved": 1,
    }
    return Connection(client_id, **(facts | changed))


OLDER = grant(client_name="Old name", created_at=hours(-9), last_used_at=hours(-2), notes_saved=3)
NEWER = grant(
    client_name="New name", scope=frozenset((READ,)), created_at=hours(-5), last_used_at=hours(-5), notes_saved=4
)
BOTH = connection(
    name="New name", scope=frozenset((READ, WRITE)), connected_at=hours(-9), last_used_at=hours(-2), notes_saved=7
)
EARLY, LATE = {"last_used_at": hours(-8)}, {"last_used_at": hours(-7)}


@pytest.mark.parametrize(
    ("grants", "connections"),
    [
        ([], []),
        ([grant()], [connection()]),
        ([OLDER, NEWER], [BOTH]),
        ([NEWER, OLDER], [BOTH]),
        ([grant("a", **EARLY), grant("b", **LATE)], [connection("b", **LATE), connection("a", **EARLY)]),
        ([grant("b", **LATE), grant("a", **EARLY)], [connection("b", **LATE), connection("a", **EARLY)]),
        ([grant("a"), grant("b")], [connection("b"), connection("a")]),
        ([grant("b"), grant("a")], [connection("b"), connection("a")]),
        ([grant(expires_at=NOON)], []),
        ([grant(expires_at=NOON + timedelta(microseconds=1))], [connection()]),
        ([grant("a", expires_at=hours(-1)), grant("b")], [connection("b")]),
        ([grant(created_at=hours(-99), notes_saved=9, expires_at=hours(-1)), grant()], [connection()]),
    ],
    ids=[
        "none",
        "one",
        "two of one client are one",
        "in either order",
        "the last used comes first",
        "in either order as well",
        "used at the same time",
        "and in either order",
        "expired right now",
        "not yet expired",
        "one of two has expired",
        "what has expired adds nothing",
    ],
)
def test_grants_become_connections(grants: list[Grant], connections: list[Connection]) -> None:
    assert list_connections(grants, NOON) == connections


@pytest.mark.parametrize(
    "client_id", ["c", "ab", "m99xu_MP-nkC7LTENF9I8w", "https://app.example/client.json?a=é&b=/../", "x" * 400]
)
def test_an_id_is_read_back(client_id: str) -> None:
    written = connection(client_id).connection_id

    assert parse_connection_id(written) == client_id
    assert set(written) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "YQ==",
        "YR",  # reads as "a", but is not how "a" is written
        "Y+==",
        "Y Q",
        "YQ\n",
        "YQ.YQ",
        "é",
        "_w",  # 0xff is not UTF-8
        "7aCA",  # a lone surrogate
        "Y" * 1001,
    ],
)
def test_what_is_no_id_is_not_read(text: str) -> None:
    assert parse_connection_id(text) is None
