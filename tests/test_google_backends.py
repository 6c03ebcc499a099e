"""How the real backends come to be: on first use, once, and before that when somebody is about to need them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, NoReturn

import pytest

from service import google_backends
from service.app import create_app
from service.firestore import Documents
from service.google_backends import GoogleBackends
from tests.world import Counter, new_project, settings

CHOSEN = settings(new_project(), "http://localhost:8080")
OPENINGS = (
    {"id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}},
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/list"},
)


def opened(backends: GoogleBackends) -> Any:
    """A client that has opened the MCP door, when all that this began has ended."""
    client = create_app(CHOSEN, backends).test_client()
    for message in OPENINGS:
        assert client.post("/mcp", json={"jsonrpc": "2.0", **message}).status_code in (200, 202)
    for thread in threading.enumerate():
        if thread.name == "warm":
            thread.join(60)
    return client


def test_who_opens_the_mcp_door_finds_the_store_connected() -> None:
    counter = Counter()
    backends = GoogleBackends(CHOSEN, interceptors=[counter])

    opened(backends)

    assert {"documents", "notes"} <= vars(backends).keys()
    assert counter.calls == ["BatchGetDocuments"]


def test_a_store_that_is_in_use_is_not_connected_again() -> None:
    counter = Counter()
    backends = GoogleBackends(CHOSEN, interceptors=[counter])
    assert backends.documents

    opened(backends)

    assert counter.calls == []


def test_a_store_that_cannot_be_connected_harms_nobody_who_opens(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(GoogleBackends):
        @property
        def documents(self) -> NoReturn:
            raise RuntimeError("what nobody should read")

    client = opened(Broken(CHOSEN))

    assert client.get("/health").status_code == 200
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "not warm: RuntimeError"
    ]
    assert "what nobody should read" not in caplog.text


def test_who_comes_while_it_connects_waits_and_uses_the_same_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    began, asked, go_on = Event(), Event(), Event()
    opening, made = google_backends.open_documents, []

    def slow(*arguments: Any) -> Documents:
        began.set()
        assert go_on.wait(60)
        made.append(opening(*arguments))
        return made[-1]

    monkeypatch.setattr(google_backends, "open_documents", slow)
    backends = GoogleBackends(CHOSEN)
    backends.warm()
    assert began.wait(60)
    with ThreadPoolExecutor() as pool:
        found = pool.submit(lambda: (asked.set(), backends.documents)[1])  # type: ignore[func-returns-value]  # it sets
        assert asked.wait(60)
        go_on.set()

    assert made == [found.result()]
