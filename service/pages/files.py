"""The files that pages load: at addresses that name their contents, and compressed before anybody asks."""

import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from service.record import record

STATIC = Path(__file__).parent / "static"
COMPRESSED = Path(__file__).parent / "compressed"
_VENDOR = (
    *("firebase-app.js", "firebase-auth.js", "firebase-firestore.js"),
    *("swagger-ui-bundle.js", "swagger-ui.css", "oauth2-redirect.js"),
    *("swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.LICENSE.txt", "swagger-ui.NOTICE.txt"),
    *("markdown-it.js", "markdown-it.LICENSE.txt"),
)
VENDOR = tuple(f"vendor/{name}" for name in _VENDOR)
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Content-Encodings, the best first, and how the files of each end."""
_IMPORTS_FIRST = 4096  # characters: no file has one behind them, or the browser would load what no page names
_IMPORTED = re.compile(r'\bfrom ?"(\.[^"]+)"')


@record
class Served:
    content: bytes
    encoding: str | None
    mimetype: str


@cache
def names() -> Sequence[str]:
    return sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())


@cache
def _digests() -> Mapping[str, str]:
    """Of each file, made for the first page: an instance that starts for an assistant's call reads none of them."""
    return {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in names()}


@cache
def digest() -> str:
    """Of all files and their names: what a browser keeps under it can never be another."""
    whole = "".join(f"{name}\0{each}\n" for name, each in _digests().items())
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def read(name: str, accepted: Sequence[str]) -> Served:
    """The file NAME, one of `names()`, in the first of the ACCEPTED encodings in which it was stored.

    What is compressed carries the digest of what it was made of, so a file that was changed since comes as it is.
    """
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    for encoding in accepted:
        stored = COMPRESSED / f"{_digests()[name]}{ENCODINGS[encoding]}"
        if stored.is_file():
            return Served(stored.read_bytes(), encoding, mimetype)
    return Served((STATIC / name).read_bytes(), None, mimetype)


@cache
def modules(name: str) -> Sequence[str]:
    """All that the module NAME imports, and what that imports in turn, without what it fetches only when needed."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        importer = waiting.pop(0)
        with (STATIC / importer).open(encoding="utf-8") as file:
            beginning = file.read(_IMPORTS_FIRST)
        for target in _IMPORTED.findall(beginning):
            imported = posixpath.normpath(posixpath.join(posixpath.dirname(importer), target))
            if imported not in found:
                found[imported] = None
                waiting.append(imported)
    return tuple(found)
