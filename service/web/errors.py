"""How each error family is shown, by the door at which it happened."""

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from service import errors
from service.oauth.authorization import answer_uri
from service.oauth.metadata import resource_metadata_url
from service.oauth.resources import Resources
from service.pages.pages import Pages
from service.web.bearer import challenge

_log = logging.getLogger("service")
_CODES = {404: "not_found", 405: "method_not_allowed"}
_MESSAGES = {
    404: "There is nothing at this address. /openapi.yaml lists what there is.",
    405: "This address does not take this method.",
}


class Errors:
    """Renders errors: as a page, as OAuth JSON, as JSON-RPC, or as action JSON."""

    def __init__(self, pages: Pages, iss: str | None, resources: Resources, doors: dict[str, str]) -> None:
        """DOORS says for a path whether it is a "page" or speaks "oauth" or "mcp"; every other one is an action."""
        self._pages, self._iss, self._resources, self._doors = pages, iss, resources, doors

    def install(self, app: Flask | Blueprint) -> None:
        handlers: dict[type[Exception], Callable[[Any], AnyResponse]] = {
            errors.ActionError: lambda e: self._show(e.status, e.code, e.message, e.headers, e.members),
            errors.BearerError: self._bearer,
            errors.OAuthError: lambda e: self._show(e.status, e.error, e.description, e.headers),
            errors.PageError: self._page,
            errors.RedirectError: self._redirect,
            errors.TooMany: self._too_many,
            errors.Unavailable: self._unavailable,
            HTTPException: self._http,
            Exception: self._unexpected,
        }
        for family, handler in handlers.items():
            app.register_error_handler(family, handler)

    def _show(
        self,
        status: int,
        code: str,
        message: str,
        headers: dict[str, str],
        members: Mapping[str, Any] | None = None,
    ) -> Response:
        door = self._doors.get(request.path)
        if door == "oauth":
            return _oauth(status, code, message, headers)
        if door == "mcp":
            return _json_rpc(status, message, headers)
        if door == "page" or (request.endpoint is None and request.accept_mimetypes.accept_html and not _wants_json()):
            title = "There is nothing here" if status == 404 else "That did not work"
            response = self._pages.show("error.html", status=status, title=title, message=message, connecting=False)
        else:
            response = jsonify({"error": {"code": code, "message": message}, **(members or {})})
        response.status_code = status
        response.headers.update(headers)
        return response

    def _page(self, error: errors.PageError) -> Response:
        return self._pages.show(
            "error.html", status=error.status, title=error.title, message=error.message, connecting=True
        )

    def _redirect(self, error: errors.RedirectError) -> Response:
        answer = {"error": error.error, "error_description": error.description, "state": error.state, "iss": self._iss}
        to = answer_uri(error.redirect_uri, answer)
        return Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})

    def _bearer(self, error: errors.BearerError) -> Response:
        response = jsonify({"error": {"code": error.error or "unauthorized", "message": error.description}})
        response.status_code = error.status
        response.headers["WWW-Authenticate"] = challenge(error, resource_metadata_url(self._resources, request.path))
        return response

    def _too_many(self, error: errors.TooMany) -> Response:
        message = f"{error.what} Wait {error.retry_after} seconds, then try again."
        return self._show(429, "too_many_requests", message, {"Retry-After": str(error.retry_after)})

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


def _json_rpc(status: int, message: str, headers: dict[str, str]) -> Response:
    """An answer to the message that the door has read, if it came so far (JSON-RPC 2.0 section 5)."""
    code = -32603 if status >= 500 else -32600
    response = jsonify({"jsonrpc": "2.0", "id": g.get("json_rpc_id"), "error": {"code": code, "message": message}})
    response.status_code = status
    response.headers.update(headers)
    return response


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["application/json", "text/html"], default="application/json")
    return best == "application/json"
