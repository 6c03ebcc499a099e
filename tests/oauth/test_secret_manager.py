"""The keyring on Secret Manager, and a server on loopback that speaks the real interface by Google's own messages."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from grpc import StatusCode

from scripts.verbs.processes import free_port
from service.errors import Unavailable
from service.google_backends import GoogleBackends
from service.google_rpc import Rpcs
from service.oauth.keys import Key, LocalKeyring
from service.oauth.secret_manager import SecretManagerKeyring
from tests import world as worlds
from tests.secret_manager import SecretManager, rpcs_of, served
from tests.world import Clock

SECRET = "projects/demo-project/secrets/mate-key"
OLD, NEW = b"the old key: 32 bytes of secrecy", b"the new key, also full of secrecy"
MINUTE = timedelta(minutes=1)
SOON = 8.0


@dataclass
class Cast:
    rpcs: Rpcs
    secrets: SecretManager
    clock: Clock
    keyring: SecretManagerKeyring

    def another(self) -> SecretManagerKeyring:
        """The keyring of an instance that has just started."""
        return SecretManagerKeyring(self.rpcs, SECRET, self.clock)

    def both_ways(self, key_id: str) -> tuple[Callable[[], Key | None], ...]:
        return self.keyring.current, lambda: self.keyring.find(key_id)


@pytest.fixture
def cast() -> Iterator[Cast]:
    secrets, clock = SecretManager(SECRET), Clock()
    secrets.versions.append(OLD)
    with served(secrets) as rpcs:
        yield Cast(rpcs, secrets, clock, SecretManagerKeyring(rpcs, SECRET, clock))


def test_the_latest_version_is_the_key_and_is_asked_for_once(cast: Cast) -> None:
    cast.secrets.versions.append(NEW)

    assert [cast.keyring.current() for _ in range(3)] == [Key("2", NEW)] * 3

    assert cast.keyring.find("2") == Key("2", NEW)
    assert cast.secrets.calls == ["latest"]


def test_a_version_is_found_by_its_number_and_asked_for_once(cast: Cast) -> None:
    cast.secrets.versions.append(NEW)

    assert [cast.keyring.find("1") for _ in range(3)] == [Key("1", OLD)] * 3

    assert cast.secrets.calls == ["1"]
    assert cast.keyring.current() == Key("2", NEW)


def test_a_new_version_is_taken_up_after_five_minutes_and_the_old_one_is_still_found(cast: Cast) -> None:
    assert cast.keyring.current() == Key("1", OLD)
    cast.secrets.versions.append(NEW)
    cast.clock.move(4.9 * MINUTE)
    assert cast.keyring.current() == Key("1", OLD)

    cast.clock.move(0.2 * MINUTE)

    assert cast.keyring.current() == Key("2", NEW)
    assert cast.keyring.find("1") == Key("1", OLD)
    assert cast.secrets.calls == ["latest", "latest"]
    cast.clock.move(4.9 * MINUTE)
    assert cast.keyring.current() == Key("2", NEW)
    assert cast.secrets.calls == ["latest", "latest"]
    assert cast.another().find("1") == Key("1", OLD)


def test_an_instance_that_does_not_know_the_new_version_yet_finds_it(cast: Cast) -> None:
    cast.keyring.current()
    cast.secrets.versions.append(NEW)

    assert cast.keyring.find("2") == Key("2", NEW)
    assert cast.keyring.current() == Key("1", OLD)


def test_a_version_that_is_not_there_or_disabled_is_none(cast: Cast) -> None:
    cast.secrets.versions.append(NEW)
    cast.secrets.disabled.add(1)

    assert cast.keyring.find("1") is None
    assert cast.keyring.find("3") is None

    cast.secrets.disabled.clear()
    assert cast.keyring.find("1") == Key("1", OLD), "none is not remembered"


@pytest.mark.parametrize(
    "key_id", ["", "0", "01", "-1", "1\n", " 1", "latest", "1/../2", "\uff11", "²", "1" * 19, "local", "1:access"]
)
def test_what_is_no_number_is_none_and_not_asked_for(cast: Cast, key_id: str) -> None:
    assert cast.keyring.find(key_id) is None
    assert cast.secrets.calls == []


@pytest.mark.parametrize("disabled", [True, False])
def test_without_an_enabled_latest_version_the_operator_learns_what_to_do(cast: Cast, *, disabled: bool) -> None:
    if disabled:
        cast.secrets.disabled.add(1)
    else:
        cast.secrets.versions.clear()

    with pytest.raises(Unavailable, match="no enabled latest version; add a version"):
        cast.keyring.current()


@pytest.mark.parametrize("status", [StatusCode.PERMISSION_DENIED, StatusCode.UNAUTHENTICATED, StatusCode.UNKNOWN])
def test_a_refusal_is_unavailable_at_once_and_not_remembered(cast: Cast, status: StatusCode) -> None:
    cast.secrets.fail = [status, status]
    for ask in cast.both_ways("1"):
        with pytest.raises(Unavailable) as refused:
            ask()
        assert refused.value.detail == f"Secret Manager: {status.name}"
    assert cast.secrets.calls == ["latest", "1"]

    assert cast.keyring.current() == cast.keyring.find("1") == Key("1", OLD)


@pytest.mark.parametrize("status", [StatusCode.UNAVAILABLE, StatusCode.INTERNAL, StatusCode.RESOURCE_EXHAUSTED])
def test_a_short_outage_is_tried_again(cast: Cast, status: StatusCode) -> None:
    cast.secrets.fail = [status, status]

    assert cast.keyring.current() == Key("1", OLD)

    assert cast.secrets.calls == ["latest"] * 3


def test_damaged_bytes_are_asked_for_once_more(cast: Cast) -> None:
    cast.secrets.damaged = 1

    assert cast.keyring.current() == Key("1", OLD)

    assert cast.secrets.calls == ["latest"] * 2


def test_bytes_that_stay_damaged_are_never_a_key(cast: Cast) -> None:
    cast.secrets.damaged = 4

    for ask in cast.both_ways("1"):
        with pytest.raises(Unavailable, match="checksum"):
            ask()

    assert cast.secrets.calls == ["latest", "latest", "1", "1"]


def test_a_short_key_is_never_used_and_the_operator_learns_what_to_do(cast: Cast) -> None:
    cast.secrets.versions = [OLD, b"x" * 31]

    for ask in cast.both_ways("2"):
        with pytest.raises(Unavailable, match="version 2 of the key has fewer than 32 bytes; add a longer version"):
            ask()

    cast.secrets.versions.append(b"x" * 32)
    assert cast.keyring.current() == Key("3", b"x" * 32)


@pytest.mark.parametrize("trouble", ["refused", "disabled", "short", "damaged"])
def test_when_asking_anew_fails_the_known_key_stays_and_is_not_asked_for_all_the_time(
    cast: Cast, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    cast.keyring.current()
    cast.clock.move(5.1 * MINUTE)
    cast.secrets.versions.append(b"short" if trouble == "short" else NEW)
    cast.secrets.disabled = {2} if trouble == "disabled" else set()
    cast.secrets.fail = [StatusCode.PERMISSION_DENIED] if trouble == "refused" else []
    cast.secrets.damaged = 2 if trouble == "damaged" else 0
    cast.secrets.calls.clear()

    assert [cast.keyring.current() for _ in range(3)] == [Key("1", OLD)] * 3

    assert len(cast.secrets.calls) == (2 if trouble == "damaged" else 1)
    (line,) = caplog.messages
    assert line.startswith("goes on with version 1 of the key: Secret Manager: ")
    cast.secrets.versions[1] = NEW
    cast.secrets.disabled.clear()
    cast.clock.move(timedelta(seconds=25))
    assert cast.keyring.current() == Key("1", OLD)
    cast.clock.move(timedelta(seconds=6))
    assert cast.keyring.current() == Key("2", NEW)


def test_sixteen_who_need_it_first_make_one_call_each_version(cast: Cast) -> None:
    cast.secrets.versions.append(NEW)
    gate = threading.Barrier(16)

    def race(number: int) -> Key | None:
        gate.wait()
        return cast.keyring.find("1") if number % 2 else cast.keyring.current()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(race, range(16))) == [Key("2", NEW), Key("1", OLD)] * 8

    assert sorted(cast.secrets.calls) == ["1", "latest"]


def test_while_one_asks_anew_the_others_go_on_with_what_is_known(cast: Cast) -> None:
    cast.keyring.current()
    cast.secrets.asked.acquire()
    cast.clock.move(5.1 * MINUTE)
    cast.secrets.versions.append(NEW)
    cast.secrets.answers.clear()

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(cast.keyring.current)
        assert cast.secrets.asked.acquire(timeout=30)

        assert cast.keyring.current() == cast.keyring.find("1") == Key("1", OLD)

        assert not asking.done()
        cast.secrets.answers.set()
        assert asking.result(30) == Key("2", NEW)


def test_a_secret_manager_that_hangs_keeps_sixteen_waiting_no_longer_than_one(cast: Cast) -> None:
    cast.secrets.answers.clear()
    gate = threading.Barrier(16)

    def race(number: int) -> str:
        gate.wait()
        with pytest.raises(Unavailable) as failed:
            cast.keyring.find(str(number // 4)) if number >= 4 else cast.keyring.current()
        return failed.value.detail

    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        details = list(pool.map(race, range(16)))

    assert time.monotonic() - began < SOON
    assert set(details) == {"Secret Manager: DEADLINE_EXCEEDED"}


def test_without_a_secret_manager_one_is_told_within_seconds() -> None:
    with rpcs_of(f"127.0.0.1:{free_port()}") as rpcs:
        keyring = SecretManagerKeyring(rpcs, SECRET, Clock())

        began = time.monotonic()
        with pytest.raises(Unavailable, match="Secret Manager: UNAVAILABLE"):
            keyring.current()

        assert time.monotonic() - began < SOON


def test_numbers_that_somebody_makes_up_cost_nothing_and_spoil_nothing(cast: Cast) -> None:
    cast.keyring.current()
    cast.clock.move(MINUTE)
    cast.secrets.versions.append(NEW)

    assert {cast.keyring.find_known(str(number)) for number in range(100, 200)} == {None}

    assert cast.secrets.calls == ["latest", "latest"]
    assert cast.keyring.find_known("2") == Key("2", NEW), "what another instance may have seen was asked for once"
    assert cast.keyring.find_known("1") == Key("1", OLD)


def test_the_bytes_of_a_key_show_nowhere(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown = [repr(cast.keyring.current()), repr(cast.keyring.find("1"))]
    cast.secrets.versions.append(b"little secrecy")
    cast.clock.move(6 * MINUTE)
    cast.keyring.current()
    for damaged in (2, 0):
        cast.secrets.damaged = damaged
        with pytest.raises(Unavailable) as failed:
            cast.another().current()
        shown += [str(failed.value), repr(failed.value), failed.value.detail]
    shown += [repr(cast.keyring), repr(vars(cast.keyring)), caplog.text]

    assert "goes on with version 1" in caplog.text
    assert not [text for text in shown if "secrecy" in text]


def test_the_service_reads_the_key_of_its_own_project(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.oauth.secret_manager.open_secrets", lambda: cast.rpcs)
    settings = worlds.settings("demo-project", "http://localhost:1", key_secret="mate-key", local_key=None)

    assert GoogleBackends(settings, now=cast.clock).keyring.current() == Key("1", OLD)


def test_beside_the_emulators_the_service_has_its_local_key() -> None:
    keyring = GoogleBackends(worlds.settings("demo-project", "http://localhost:1")).keyring

    assert isinstance(keyring, LocalKeyring)


def test_without_credentials_there_is_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    backends = GoogleBackends(
        worlds.settings("demo-project", "http://localhost:1", key_secret="mate-key", local_key=None)
    )

    with pytest.raises(Unavailable) as failed:
        _ = backends.keyring

    assert failed.value.detail == "Google credentials: DefaultCredentialsError"
