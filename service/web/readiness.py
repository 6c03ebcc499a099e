"""Whether what the service depends on answers, asked rarely enough that nobody can make it costly."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Lock

from service.errors import Unavailable

FRESH = timedelta(seconds=1)
PATIENCE = 1.0
"""Seconds that others wait for the one who asks; the threads that answer everything else are few."""
_log = logging.getLogger("service")


class Readiness:
    """What of DEPENDENCIES does not answer. Each is asked by calling it and raises `Unavailable`, within its own time."""

    def __init__(self, dependencies: Mapping[str, Callable[[], object]]) -> None:
        self._dependencies = dependencies
        self._lock = Lock()  # for what follows; never held while asking
        self._asked_at = datetime.min.replace(tzinfo=UTC)
        self._answer: Future[list[str]] = Future()
        self._answer.set_result([])

    def missing(self, now: datetime) -> list[str]:
        """The names of those that do not answer, as of `FRESH` before NOW at most; all while the first to ask still waits.

        One caller asks all at the same time, once in `FRESH` and never twice at once.
        """
        with self._lock:
            asks = self._answer.done() and now >= self._asked_at + FRESH
            if asks:
                self._asked_at, self._answer = now, Future()
            answer = self._answer
        if asks:
            missing = list(self._dependencies)
            try:
                missing = self._ask()
            finally:
                answer.set_result(missing)  # or nobody would ever ask again
        try:
            return answer.result(PATIENCE)
        except TimeoutError:
            return list(self._dependencies)

    def _ask(self) -> list[str]:
        with ThreadPoolExecutor(len(self._dependencies)) as pool:
            answers = pool.map(_answers, self._dependencies.values())
            return [name for name, answered in zip(self._dependencies, answers, strict=True) if not answered]


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Unavailable as failed:
        _log.warning("not ready: %s", failed.detail)
        return False
    except Exception as failed:  # noqa: BLE001  # whatever it is, the service is not ready; a text may tell too much
        _log.warning("not ready: %s", type(failed).__name__)
        return False
    return True
