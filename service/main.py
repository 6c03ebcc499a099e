"""The entry point for functions-framework, and the only reader of the environment."""

import io
import os
import socket
import sys
import time
from contextlib import suppress
from typing import BinaryIO

from werkzeug.wrappers import Request, Response

from service import log
from service.app import create_app
from service.google_backends import GoogleBackends
from service.settings import Settings, SettingsError

_MOST_DRAINED = 32 << 20
_PATIENCE = 10.0

try:
    _settings = Settings.from_env(os.environ)
except SettingsError as wrong:
    sys.exit(str(wrong))
log.install()
_app = create_app(_settings, GoogleBackends(_settings))


def handler(request: Request) -> Response:
    """One HTTP request, whatever its path: functions-framework sends them all here."""
    connection: socket.socket | None = request.environ.get("gunicorn.socket")
    if connection is None:  # functions-framework --debug, on a developer's machine
        return Response.from_app(_app.wsgi_app, request.environ, buffered=True)
    connection.settimeout(_PATIENCE)  # a body that does not arrive must not keep one of the few threads
    response = Response.from_app(_app.wsgi_app, request.environ, buffered=True)
    if not _drained(request.environ["wsgi.input"]):
        with suppress(OSError):  # the client may be gone
            connection.shutdown(socket.SHUT_RD)
    connection.settimeout(None)
    request.environ.update({"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"})
    return response


def _drained(body: BinaryIO) -> bool:
    """Read what is left of a refused body piece by piece; the framework would keep all of it in memory."""
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
