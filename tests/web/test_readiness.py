"""`/ready`: whether Firestore and the key answer, named, in bounded time, and at a price that no caller can raise."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scripts.verbs.processes import free_port
from service.errors import Unavailable
from service.web import readiness
from service.web.readiness import FRESH, PATIENCE, Readiness
from tests.secret_manager import SecretManager, rpcs_of, served
from tests.world import Service, new_project, running

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOON = 12.0
SECRET = "mate-key"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running(new_project(), revision="mate-c-0a1b2c3") as made:
        yield made


def test_health_tells_the_revision_and_asks_nobody(service: Service) -> None:
    asked = len(service.counter.calls)

    assert service.get("/health").json() == {"status": "ok", "revision": "mate-c-0a1b2c3"}
    assert len(service.counter.calls) == asked


def test_ready_reads_firestore_once_a_second_whoever_asks(service: Service) -> None:
    service.clock.move(2 * FRESH)
    service.counter.calls.clear()
    began = time.monotonic()
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: service.get("/ready"), range(8)))
    answers += [service.get("/ready") for _ in range(8)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, '{"status":"ok"}\n')}
    within, seconds = len(service.counter.calls), time.monotonic() - began

    service.clock.move(FRESH)
    assert service.get("/ready").json() == {"status": "ok"}

    assert service.counter.calls == ["BatchGetDocuments"] * (within + 1)
    assert within <= 1 + seconds


def test_a_look_that_could_not_even_begin_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may start no thread, for a while."""

    def refuse(_count: int) -> None:
        raise RuntimeError("can't start new thread")

    ready = Readiness({"firestore": lambda: None})
    monkeypatch.setattr(readiness, "ThreadPoolExecutor", refuse)
    with pytest.raises(RuntimeError):
        ready.missing(NOW)
    assert ready.missing(NOW) == ["firestore"]
    monkeypatch.undo()

    assert ready.missing(NOW + FRESH) == []


def test_without_firestore_it_says_so_soon_and_nothing_more() -> None:
    with running(new_project(), firestore_emulator=f"127.0.0.1:{free_port()}") as service:
        began = time.monotonic()
        answer = service.get("/ready")

        assert time.monotonic() - began < SOON
        assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "missing": ["firestore"]})
        assert service.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("trouble", ["nobody answers", "no such secret", "disabled"])
def test_without_the_key_it_says_so_soon_and_nothing_more(monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    project = new_project()
    secrets = SecretManager(f"projects/{project}/secrets/{'another' if trouble == 'no such secret' else SECRET}")
    secrets.versions.append(b"k" * 32)
    secrets.disabled = {1} if trouble == "disabled" else set()
    near = rpcs_of(f"127.0.0.1:{free_port()}") if trouble == "nobody answers" else served(secrets)
    with near as rpcs:
        monkeypatch.setattr("service.oauth.secret_manager.open_secrets", lambda: rpcs)
        with running(project, key_secret=SECRET, local_key=None) as service:
            began = time.monotonic()
            answer = service.get("/ready")
            assert time.monotonic() - began < SOON
            assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "missing": ["key"]})

            if trouble == "disabled":
                secrets.disabled.clear()
                service.clock.move(FRESH)
                assert service.get("/ready").status_code == 200


def test_while_one_asks_nobody_asks_again_and_nobody_waits_long() -> None:
    asked, go_on, calls = threading.Event(), threading.Event(), []

    def slow() -> None:
        calls.append(1)
        asked.set()
        assert go_on.wait(60)

    readiness = Readiness({"store": slow, "key": dict})
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(readiness.missing, NOW)
        assert asked.wait(60)
        began = time.monotonic()
        assert readiness.missing(NOW + timedelta(minutes=1)) == ["store", "key"]
        assert PATIENCE * 0.9 < time.monotonic() - began < SOON
        go_on.set()
        assert first.result(60) == []

    assert calls == [1]
    assert readiness.missing(NOW + FRESH / 2) == []
    assert calls == [1]
    assert readiness.missing(NOW + FRESH) == []
    assert calls == [1, 1]


def test_who_comes_while_one_asks_gets_the_same_answer() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def fails() -> None:
        asked.set()
        assert go_on.wait(60)
        raise Unavailable("Firestore get: UNAVAILABLE")

    readiness = Readiness({"store": fails, "key": dict})
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(readiness.missing, NOW)
        assert asked.wait(60)
        second = pool.submit(readiness.missing, NOW)
        go_on.set()

        assert first.result(60) == second.result(60) == ["store"]


def test_a_failure_that_nobody_foresaw_is_named_by_its_type_alone(caplog: pytest.LogCaptureFixture) -> None:
    def breaks() -> Any:
        raise RuntimeError("what nobody should read")

    assert Readiness({"store": breaks}).missing(NOW) == ["store"]
    assert caplog.messages == ["not ready: RuntimeError"]
