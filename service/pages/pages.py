"""What people see: templates, and the files that they load, all from our own origin."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.errors import ActionError

ROOT = Path(__file__).parent
STATIC = ROOT / "static"
_VENDOR = (
    *("firebase-app.js", "firebase-auth.js", "firebase-firestore.js"),
    *("swagger-ui-bundle.js", "swagger-ui.css", "oauth2-redirect.js"),
    *("swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.LICENSE.txt", "swagger-ui.NOTICE.txt"),
    *("markdown-it.js", "markdown-it.LICENSE.txt"),
)
VENDOR = tuple(f"vendor/{name}" for name in _VENDOR)
_COMPRESSED = ("text/", "image/svg")
POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


class Pages:
    """Renders the templates of this folder. Everything in them is escaped.

    Files are served below a digest of all of them, so a browser may keep each forever.
    """

    def __init__(self, app_name: str) -> None:
        if missing := [name for name in VENDOR if not (STATIC / name).is_file()]:
            raise FileNotFoundError(f"{', '.join(missing)} are missing in {STATIC}: run scripts/setup.")
        self._templates = Environment(
            loader=FileSystemLoader(ROOT),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(app_name=app_name, static=self.url)

    def url(self, name: str) -> str:
        """The address of the static file NAME."""
        return f"/assets/{_digest()}/{name}"  # functions-framework would keep /static/ for itself

    def show(
        self, template: str, *, status: int = 200, policy: dict[str, str] | None = None, **values: Any
    ) -> Response:
        """TEMPLATE as a page. POLICY adds to the Content-Security-Policy of every page."""
        page = self._templates.get_template(template).render(values)
        directives = "; ".join(f"{name} {value}" for name, value in (POLICY | (policy or {})).items())
        headers = {"Content-Security-Policy": directives, "Cache-Control": "no-store"}
        return Response(page, status, headers, mimetype="text/html")

    def file(self, digest: str, name: str, *, gzip: bool) -> Response:
        """The static file NAME, compressed if the browser takes that. Raises `ActionError` 404."""
        if digest != _digest() or name not in _files():
            raise ActionError(404, "not_found", "There is no such file in this version.")
        mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        path = _files()[name]
        if gzip and mimetype.startswith(_COMPRESSED):
            return Response(_compressed(path), headers=headers | {"Content-Encoding": "gzip"}, mimetype=mimetype)
        return Response(path.read_bytes(), headers=headers, mimetype=mimetype)


@cache
def _files() -> Mapping[str, Path]:
    return {str(path.relative_to(STATIC)): path for path in sorted(STATIC.rglob("*")) if path.is_file()}


@cache
def _digest() -> str:
    """Of all files, made for the first page: an instance that starts for an assistant's call reads none of them."""
    digest = hashlib.sha256()
    for name, path in _files().items():
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=32)
def _compressed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)  # 9 takes a third longer, for 0.4 %
