"""What people see: templates, and the files that they load, all from our own origin."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.errors import ActionError
from service.pages import files

ROOT = Path(__file__).parent
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
        if missing := [name for name in files.VENDOR if not (files.STATIC / name).is_file()]:
            raise FileNotFoundError(f"{', '.join(missing)} are missing in {files.STATIC}: run scripts/setup.")
        self._templates = Environment(
            loader=FileSystemLoader(ROOT),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(app_name=app_name, static=self.url, modules=files.modules)

    def url(self, name: str) -> str:
        """The address of the static file NAME."""
        return f"/assets/{files.digest()}/{name}"  # functions-framework would keep /static/ for itself

    def show(
        self, template: str, *, status: int = 200, policy: dict[str, str] | None = None, **values: Any
    ) -> Response:
        """TEMPLATE as a page. POLICY adds to the Content-Security-Policy of every page.

        It is not compressed: how well a seal compresses beside a text of an attacker's choice would tell of it (BREACH),
        and every page fits into the first ten packets of a connection, so it would arrive no sooner.
        """
        page = self._templates.get_template(template).render(values)
        directives = "; ".join(f"{name} {value}" for name, value in (POLICY | (policy or {})).items())
        headers = {"Content-Security-Policy": directives, "Cache-Control": "no-store"}
        return Response(page, status, headers, mimetype="text/html")

    def file(self, digest: str, name: str, accepted: Sequence[str]) -> Response:
        """The static file NAME, in the first of the ACCEPTED `files.ENCODINGS` that it was stored in. Raises `ActionError` 404.

        While a release moves people over, a page of one revision asks the other for its files: with another DIGEST it gets
        this version's, which nobody may keep under that address.
        """
        if name not in files.names():
            raise ActionError(404, "not_found", "There is no such file in this version.")
        served = files.read(name, accepted)
        kept = "public, max-age=31536000, immutable" if digest == files.digest() else "no-store"
        headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
        if served.encoding:
            headers["Content-Encoding"] = served.encoding
        return Response(served.content, headers=headers, mimetype=served.mimetype)
