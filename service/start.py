"""python -m service.start: the service under gunicorn, with the options that it needs."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gunicorn.app.base import BaseApplication

_GRACE = 9
"""Seconds to finish what has begun; Cloud Run takes the processor away ten seconds after its SIGTERM."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn as a library: no command line, no file and no GUNICORN_CMD_ARGS is read.

    The application is made before the worker is forked, so it may not have connected to anything yet.
    """

    def __init__(self, app: Callable[..., Any], host: str, port: int, threads: int) -> None:
        self._app, self._bind, self._threads = app, f"{host}:{port}", threads
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": self._bind,
            "workers": 1,  # an instance scales by instances; threads share its channel and its caches
            "worker_class": "gthread",
            "threads": self._threads,
            "timeout": 0,  # no heartbeat: a throttled instance is not a dead one
            "graceful_timeout": _GRACE,
            "limit_request_line": 0,  # Cloud Run has its own limit, and an authorization request may be long
            "loglevel": "error",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        return self._app


@contextmanager
def for_good() -> Iterator[None]:
    """What is imported and made within stays as long as the process: nobody looks through it for garbage, now or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # of what parent and worker share, no page is copied because the collector wrote to it
        gc.enable()


def main() -> None:
    with for_good():
        from service.main import app, settings  # ends the process if the environment is wrong

    # Emulators accept forged tokens: nobody else on the network may come near.
    host = "127.0.0.1" if settings.firestore_emulator else "0.0.0.0"  # noqa: S104  # a container's only interface
    Server(app, host, settings.port, settings.threads).run()


if __name__ == "__main__":
    main()
