"""How each error family is shown, by the door at which it happened."""

import logging
import traceback
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from service import errors
from service.oauth.authorization import answer_uri
from service.pages.pages import Pages

_log = logging.getLogger("service")
_CODES = {404: "not_found", 405: "method_not_allowed"}
_MESSAGES = {
    404: "There is nothing at this address. /openapi.yaml lists what there is.",
    405: "This address does not take this method.",
}


class Errors:
    """Renders errors: as a page, as OAuth JSON, or as action JSON."""

    def __init__(self, pages: Pages, issuer: str, doors: dict[str, str]) -> None:
        """DOORS says for a path whether it is a "page" or speaks "oauth"; every other one is an action."""
        self._pages, self._issuer, self._doors = pages, issuer, doors

    def install(self, app: Flask | Blueprint) -> None:
        handlers: dict[type[Exception], Callable[[Any], AnyResponse]] = {
            errors.ActionError: lambda e: self._show(e.status, e.code, e.message, e.headers),
            errors.BearerError: _bearer,
            errors.OAuthError: lambda e: self._show(e.status, e.error, e.description, e.headers),
            errors.PageError: self._page,
            errors.RedirectError: self._redirect,
            errors.Unavailable: self._unavailable,
            HTTPException: self._http,
            Exception: self._unexpected,
        }
        for family, handler in handlers.items():
            app.register_error_handler(family, handler)

    def _show(self, status: int, code: str, message: str, headers: dict[str, str]) -> Response:
        door = self._doors.get(request.path)
        if door == "oauth":
            return _oauth(status, code, message, headers)
        if door == "page" or (request.endpoint is None and request.accept_mimetypes.accept_html and not _wants_json()):
            title = "There is nothing here" if status == 404 else "That did not work"
            response = self._pages.show("error.html", status=status, title=title, message=message, connecting=False)
        else:
            response = jsonify({"error": {"code": code, "message": message}})
        response.status_code = status
        response.headers.update(headers)
        return response

    def _page(self, error: errors.PageError) -> Response:
        return self._pages.show(
            "error.html", status=error.status, title=error.title, message=error.message, connecting=True
        )

    def _redirect(self, error: errors.RedirectError) -> Response:
        to = answer_uri(
            error.redirect_uri, self._issuer, error=error.error, error_description=error.description, state=error.state
        )
        return Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})

    def _unavailable(self, error: errors.Unavailable) -> Response:
        _log.error("unavailable: %s", error.detail)
        message = "What this service depends on does not answer just now. Try the same again in a few seconds: nothing is done twice."
        return self._show(503, "temporarily_unavailable", message, {"Retry-After": str(error.retry_after)})

    def _http(self, error: HTTPException) -> AnyResponse:
        if error.code is None or error.code < 400:
            return AnyResponse.from_app(error, request.environ)  # a routing redirect
        headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
        code = (
            "invalid_request" if self._doors.get(request.path) == "oauth" else _CODES.get(error.code, "invalid_request")
        )
        return self._show(error.code, code, _MESSAGES.get(error.code, "The request cannot be read."), headers)

    def _unexpected(self, error: Exception) -> Response:
        # An exception's text may quote the request; its type and the places that it passed do not.
        places = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        _log.critical("unexpected %s at %s", type(error).__name__, " < ".join(reversed(places[-12:])))
        return self._show(500, "server_error", "Something went wrong here. It has been noted; try again later.", {})


def _oauth(status: int, error: str, description: str, headers: dict[str, str]) -> Response:
    response = jsonify({"error": error, "error_description": description})
    response.status_code = status
    response.headers.update({"Cache-Control": "no-store", **headers})
    return response


def _bearer(error: errors.BearerError) -> Response:
    attributes = {"error": error.error, "error_description": error.error and error.description}
    attributes["scope"] = " ".join(error.scope) or None
    challenge = ", ".join(f'{name}="{value}"' for name, value in attributes.items() if value)
    response = jsonify({"error": {"code": error.error or "unauthorized", "message": error.description}})
    response.status_code = error.status
    response.headers["WWW-Authenticate"] = f'Bearer realm="notes"{", " if challenge else ""}{challenge}'
    return response


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["application/json", "text/html"], default="application/json")
    return best == "application/json"
