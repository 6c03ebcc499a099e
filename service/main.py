"""The service as servers call it, and the only reader of the environment.

`app` is for our own start, `handler` for functions-framework.
"""

from __future__ import annotations

import io
import os
import socket
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from werkzeug.wrappers import Request, Response

from service import log
from service.app import create_app
from service.google_backends import GoogleBackends
from service.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

_MOST_DRAINED = 32 << 20
_PATIENCE = 10.0

try:
    settings = Settings.from_env(os.environ)
except SettingsError as wrong:
    sys.exit(str(wrong))
log.install()
_app = create_app(settings, GoogleBackends(settings))


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The service as a WSGI application, under gunicorn."""
    connection: socket.socket = environ["gunicorn.socket"]
    connection.settimeout(_PATIENCE)  # a body that does not arrive must not keep one of the few threads
    answer = _app.wsgi_app(environ, start_response)
    _finish(environ["wsgi.input"], connection)
    return answer


def handler(request: Request) -> Response:
    """One HTTP request, whatever its path: functions-framework sends them all here."""
    if "gunicorn.socket" not in request.environ:  # functions-framework --debug, on a developer's machine
        return Response.from_app(_app.wsgi_app, request.environ, buffered=True)
    response = Response.from_app(app, request.environ, buffered=True)
    request.environ.update({"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"})  # it would read the body again
    return response


def _finish(body: BinaryIO, connection: socket.socket) -> None:
    """What is left of a BODY that was refused is read, or will not be: nothing of it is left for the next request."""
    if not _drained(body):
        with suppress(OSError):  # the client may be gone
            connection.shutdown(socket.SHUT_RD)
    connection.settimeout(None)


def _drained(body: BinaryIO) -> bool:
    """Read it piece by piece; functions-framework would keep all of it in memory."""
    left, end = _MOST_DRAINED, time.monotonic() + _PATIENCE
    try:
        while left > 0 and time.monotonic() < end:
            piece = body.read(65_536)
            if not piece:
                return True
            left -= len(piece)
    except Exception:  # noqa: BLE001  # whatever gunicorn calls a broken body; its text can quote it
        return False
    return False
