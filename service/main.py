"""The entry point for functions-framework, and the only reader of the environment."""

import io
import os
import sys

from werkzeug.wrappers import Request, Response

from service.app import create_app
from service.google_backends import GoogleBackends
from service.settings import Settings, SettingsError

_MOST_DRAINED = 32 << 20

try:
    _settings = Settings.from_env(os.environ)
except SettingsError as wrong:
    sys.exit(str(wrong))
_app = create_app(_settings, GoogleBackends(_settings))


def handler(request: Request) -> Response:
    """One HTTP request, whatever its path: functions-framework sends them all here."""
    response = Response.from_app(_app.wsgi_app, request.environ, buffered=True)
    _drain(request)
    return response


def _drain(request: Request) -> None:
    """Read what is left of a refused body piece by piece; the framework would keep all of it in memory."""
    stream, left = request.environ["wsgi.input"], _MOST_DRAINED
    while left > 0 and (piece := stream.read(65_536)):
        left -= len(piece)
    request.environ.update({"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"})
