"""What a client asked of a service, in order, each with the status of its answer."""

import io
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_BROWSERS = "/authorization"


class Transcript:
    """Goes `around` a service. It leaves out what the person's browser does where they decide."""

    def __init__(self) -> None:
        self._asked: list[list[str]] = []

    @property
    def lines(self) -> list[str]:
        return [" ".join(words) for words in self._asked]

    def begin(self) -> None:
        """Forget what was asked until now."""
        self._asked = []

    def around(self, app: WSGIApplication) -> WSGIApplication:
        def overheard(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            words = [environ["REQUEST_METHOD"], environ["PATH_INFO"], *_said(body)]
            if environ["PATH_INFO"] != _BROWSERS:
                self._asked.append(words)

            def answered(status: str, *rest: Any) -> Any:
                words.append(status[:3])
                return start(status, *rest)

            return app(environ, answered)

        return overheard


def _said(body: bytes) -> list[str]:
    """The method of a message, and the tool that it calls; that a form wants its token renewed."""
    with suppress(ValueError):
        message = json.loads(body)
        return [word for word in (message.get("method"), message.get("params", {}).get("name")) if word]
    return ["refresh_token"] if b"grant_type=refresh_token" in body else []
