"""Saves of long notes, by either door; one in this process, traced."""

import io
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import IterUnreader

from bench.copies import Trace, trace
from service.app import create_app
from service.google_backends import GoogleBackends
from tests import mcp_client
from tests import world as worlds
from tests.assistant import connected
from tests.world import World

NOTES, MCP = "/notes", "/mcp"
ALPHABETS = {"ASCII": "a", "CJK": "\u5b57", "emoji": "\U0001f600"}
_PIECE = 65_536  # of a body, as a socket gives it
Kind = tuple[str, str, int]
"""Door, alphabet, characters."""


def body(door: str, content: str, title: str = "A note") -> bytes:
    """The request that saves CONTENT at DOOR, in UTF-8, as JavaScript's clients write it."""
    note: dict[str, Any] = {"title": title, "content": content}
    if door == MCP:
        params = {"name": "saveNote", "arguments": note}
        note = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return json.dumps(note, ensure_ascii=False).encode()


_numbers = itertools.count(1)


def text(alphabet: str, characters: int) -> str:
    """Another one each time, of so many CHARACTERS."""
    mark = f"{next(_numbers):09} "
    return mark + ALPHABETS[alphabet] * (characters - len(mark))


def bearers(world: World) -> dict[str, Mapping[str, str]]:
    """The header of one person's assistants, by door."""
    person = world.person()
    mcp, _ = mcp_client.connected(world, person=person, resource=f"{world.service.url}{MCP}")
    return {NOTES: connected(world, person).tokens.bearer, MCP: mcp.bearer}


class Traced:
    """The service in this process, called as gunicorn calls it."""

    def __init__(self, world: World) -> None:
        self._bearers, settings = bearers(world), world.service.settings
        self._app: Flask = create_app(settings, GoogleBackends(settings))

    def save(self, door: str, alphabet: str, characters: int) -> Trace:
        """A save after one that has made all that is made once."""
        self._answer(self._environ(door, body(door, text(alphabet, 100))))
        raw = body(door, text(alphabet, characters))
        environ = self._environ(door, raw)
        (answer, status), found = trace(lambda: self._answer(environ), len(raw))
        assert status == ("201 CREATED" if door == NOTES else "200 OK"), answer
        assert b'"isError":true' not in answer, answer
        return found

    def _environ(self, door: str, raw: bytes) -> dict[str, Any]:
        pieces = [raw[at : at + _PIECE] for at in range(0, len(raw), _PIECE)]
        return {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": door,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(raw)),
            "HTTP_AUTHORIZATION": self._bearers[door]["Authorization"],
            "wsgi.url_scheme": "http",
            "wsgi.input": Body(LengthReader(IterUnreader(pieces), len(raw))),
            "wsgi.errors": io.StringIO(),
        }

    def _answer(self, environ: dict[str, Any]) -> tuple[bytes, str]:
        told: list[str] = []

        def start(status: str, _headers: object, _failure: object = None) -> Callable[[bytes], object]:
            told.append(status)
            return lambda _: None

        return b"".join(self._app.wsgi_app(environ, start)), told[0]


def copies(characters: int) -> dict[Kind, Trace]:
    with worlds.world() as world:
        traced = Traced(world)
        kinds = itertools.product((NOTES, MCP), ALPHABETS, (characters,))
        return {kind: traced.save(*kind) for kind in kinds}
