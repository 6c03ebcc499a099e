"""`Keyring` on Google's Secret Manager: the versions of one secret, each kept in memory once it was read.

No attempt begins later than `RETRY_SECONDS`, and none takes longer than `ATTEMPT_SECONDS`: a call ends within 5 s, or 7
when it was answered with damaged bytes.
"""

import logging
import re
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock
from typing import Any

import google_crc32c

from service.errors import Unavailable
from service.google_messages import classes
from service.google_rpc import Failed, Rpcs, open_channel
from service.oauth.keys import LEAST_BYTES, Key

FRESH = timedelta(minutes=5)
ASK_AGAIN = timedelta(seconds=30)
RETRY_SECONDS, ATTEMPT_SECONDS = 3.0, 2.0
_LATEST = "latest"
_SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"
MESSAGES = classes(
    "secretmanager",
    """
AccessSecretVersionRequest: string name = 1
AccessSecretVersionResponse: string name = 1, SecretPayload payload = 2
SecretPayload: bytes data = 1, int64 data_crc32c = 2
""",
)
_Request = MESSAGES["AccessSecretVersionRequest"]
_log = logging.getLogger("service")


def open_secrets() -> Rpcs:
    """With application default credentials. Raises `google.auth.exceptions.GoogleAuthError` when there are none."""
    return Rpcs(open_channel("secretmanager.googleapis.com"), _SERVICE, MESSAGES)


class _Call:
    """Made once, by the first who wants its result; whoever comes meanwhile waits and gets the same."""

    def __init__(self, call: Callable[[], Key | None]) -> None:
        self._call, self._lock = call, Lock()
        self._answer: Future[Key | None] = Future()

    def result(self) -> Key | None:
        with self._lock:
            if not self._answer.done():
                try:
                    self._answer.set_result(self._call())
                except Unavailable as failed:
                    self._answer.set_exception(failed)
        return self._answer.result()


class SecretManagerKeyring:
    """The versions of SECRET, "projects/P/secrets/NAME". A version's number is the `key_id`, its bytes are the key.

    Safe for threads; make one a process, after forking. What was read once stays, though its version be disabled later.
    """

    def __init__(self, rpcs: Rpcs, secret: str, now: Callable[[], datetime]) -> None:
        self._rpcs, self._secret, self._now = rpcs, secret, now
        self._lock = Lock()  # for what follows; never held during a call
        self._keys: dict[str, Key] = {}
        self._current: Key | None = None
        self._asked_at = self._ask_at = datetime.min.replace(tzinfo=UTC)
        self._calls: dict[str, _Call] = {}

    def current(self) -> Key:
        """The latest version, at most `FRESH` old; an older one for as long as asking anew fails.

        One caller asks anew, every `ASK_AGAIN` if need be; the others go on with what is known.
        """
        with self._lock:
            known = self._current
            if known and self._now() < self._ask_at:
                return known
            self._asked_at = self._now()
            self._ask_at = self._asked_at + ASK_AGAIN
            call = self._call(_LATEST)
        try:
            key = call.result()
        except Unavailable as failed:
            if known is None:
                raise
            _log.warning("goes on with version %s of the key: %s", known.key_id, failed.detail)
            return known
        assert key, "there is a latest version, or it is unavailable"
        return key

    def find(self, key_id: str) -> Key | None:
        """The version of that number; None when there is none, or it is disabled or destroyed."""
        if not re.fullmatch(r"[1-9][0-9]{0,17}", key_id):  # it becomes part of a resource's name
            return None
        with self._lock:
            if known := self._keys.get(key_id):
                return known
            call = self._call(key_id)
        return call.result()

    def find_known(self, key_id: str) -> Key | None:
        """The version of that number if it was read before, or is the latest: which is asked for every `ASK_AGAIN` at most."""
        self.current()
        with self._lock:
            known = self._keys.get(key_id)
            if known or self._now() < self._asked_at + ASK_AGAIN:
                return known
            self._ask_at = self._now()  # another instance may have seen a newer one
        self.current()
        with self._lock:
            return self._keys.get(key_id)

    def _call(self, version: str) -> _Call:
        return self._calls.setdefault(version, _Call(partial(self._ask, version)))

    def _ask(self, version: str) -> Key | None:
        key = None
        try:
            key = self._access(version)
        finally:
            with self._lock:  # from one to the next: nobody finds neither
                self._calls.pop(version, None)
                if key:
                    self._keys[key.key_id] = key
                    if version == _LATEST:
                        self._current, self._ask_at = key, self._now() + FRESH
        return key

    def _access(self, version: str) -> Key | None:
        try:
            answer = self._ask_for(version, RETRY_SECONDS)
            if not _intact(answer.payload):
                answer = self._ask_for(version, 0)
        except Failed as failed:
            match failed.code:
                case "NOT_FOUND" | "FAILED_PRECONDITION" if version != _LATEST:
                    return None
                case "NOT_FOUND" | "FAILED_PRECONDITION":
                    why = "the key has no enabled latest version; add a version"
                case why:
                    pass
            raise Unavailable(f"Secret Manager: {why}") from None
        if not _intact(answer.payload):
            raise Unavailable("Secret Manager: wrong checksum")
        key_id = answer.name.rpartition("/")[2]
        if len(answer.payload.data) < LEAST_BYTES:
            raise Unavailable(
                f"Secret Manager: version {key_id} of the key has fewer than {LEAST_BYTES} bytes; add a longer version"
            )
        return Key(key_id, answer.payload.data)

    def _ask_for(self, version: str, seconds: float) -> Any:
        request = _Request(name=f"{self._secret}/versions/{version}")
        return self._rpcs.answer("AccessSecretVersion", request, "name", seconds, ATTEMPT_SECONDS)


def _intact(payload: Any) -> bool:
    intact: bool = google_crc32c.value(payload.data) == payload.data_crc32c
    return intact
