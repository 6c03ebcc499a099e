"""What clients call: tokens, revocation, registration and metadata. Each handler reads, asks the rules, and answers."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, request

from service.audit import Decision, decided
from service.backends import Backends
from service.body import read_body
from service.errors import ActionError, OAuthError
from service.oauth import metadata
from service.oauth.credentials import read_credentials
from service.oauth.exchange import Exchange
from service.oauth.form import MOST_BYTES, Form, Malformed, Repeated
from service.oauth.grants import Issued, Terms
from service.oauth.registration import MOST_BYTES as MOST_METADATA_BYTES
from service.oauth.registration import register_dynamically
from service.oauth.revocation import revoke
from service.oauth.throttle import Throttle, failures, network_of, registrations
from service.settings import Settings

_Answer = TypeVar("_Answer")
_FORM = "application/x-www-form-urlencoded"
_CACHED = "public, max-age=300"
# What each path shows its errors as.
DOORS = {"/token": "oauth", "/revoke": "oauth", "/register": "oauth"}
# What a client that runs in a browser calls from its own origin (OAuth 2.1, section 3.2; RFC 9700 section 2.6).
CORS = frozenset(f"oauth.{name}" for name in ("token", "revoke_token", "register", "server", "resource"))


def blueprint(
    settings: Settings, scopes: frozenset[str], terms: Terms, throttle: Throttle, backends: Backends
) -> Blueprint:
    oauth = Blueprint("oauth", __name__)
    failed = failures("authentication", settings.failures_per_minute)

    def as_client(event: str, act: Callable[[Form, str | None, Decision], _Answer]) -> _Answer:
        with decided(event, request.environ, settings.project) as decision:
            form, header = _form(), request.headers.get("Authorization")
            try:
                return act(form, header, decision)
            except OAuthError as refused:
                if refused.error == "invalid_client":
                    decision.reason = refused.reason
                    throttle.count(failed, _presented(form, header), network_of(request.remote_addr))
                raise

    @oauth.post("/token")
    def token() -> Response:
        now = backends.now()
        issued = as_client(
            "token", lambda form, header, decision: Exchange(backends, terms, now, decision).answer(form, header)
        )
        return _no_store(jsonify(_tokens(issued)))

    @oauth.post("/revoke")
    def revoke_token() -> Response:
        now = backends.now()
        as_client("revoke", lambda form, header, decision: revoke(form, header, backends.oauth, now, decision))
        return _no_store(Response())

    if settings.dynamic_registration:
        _add_registration(oauth, settings, scopes, throttle, backends)

    @oauth.get(metadata.AUTHORIZATION_SERVER)
    def server() -> Response:
        return _cached(metadata.authorization_server(settings, sorted(scopes)))

    @oauth.get(metadata.PROTECTED_RESOURCE, defaults={"path": ""})
    @oauth.get(f"{metadata.PROTECTED_RESOURCE}/<path:path>")
    def resource(path: str) -> Response:
        below = f"/{path}" if path else ""
        if below not in terms.resources.paths:
            raise ActionError(404, "not_found", "There is no such protected resource here.")
        return _cached(metadata.protected_resource(settings, terms.resources, below, sorted(scopes)))

    return oauth


def _add_registration(
    oauth: Blueprint, settings: Settings, scopes: frozenset[str], throttle: Throttle, backends: Backends
) -> None:
    @oauth.post("/register")
    def register() -> tuple[Response, int]:
        with decided("register", request.environ, settings.project) as decision:
            for limit in registrations(settings.registrations_per_hour):
                throttle.count(limit, network_of(request.remote_addr))
            body = read_body(request.environ, MOST_METADATA_BYTES)
            client, answer = register_dynamically(body, scopes, settings.self_registered_redirects, backends.now())
            backends.oauth.add_client(client)
            decision.client_id = client.client_id
        return _no_store(jsonify(answer)), 201


def _form() -> Form:
    if request.mimetype != _FORM:
        raise OAuthError(400, "invalid_request", f"Send the parameters in the body as {_FORM}.", reason="not_a_form")
    try:
        form = Form.parse(read_body(request.environ, MOST_BYTES))
        form.require_single()
    except Malformed:
        raise OAuthError(400, "invalid_request", "The body is not a form in UTF-8.", reason="not_a_form") from None
    except Repeated:
        raise OAuthError(
            400, "invalid_request", "A parameter was sent more than once.", reason="repeated_parameter"
        ) from None
    return form


def _presented(form: Form, authorization: str | None) -> str:
    """The client id as it was sent. Known or not, so that how they are counted tells nobody which ones there are."""
    try:
        return read_credentials(form, authorization).client_id
    except OAuthError:
        return ""


def _tokens(issued: Issued) -> dict[str, Any]:
    """RFC 6749 section 5.1."""
    return {
        "access_token": issued.access_token.reveal(),
        "token_type": "bearer",  # RFC 6749 section 7.1
        "expires_in": int((issued.access_expires_at - issued.issued_at).total_seconds()),
        "refresh_token": issued.refresh_token.reveal(),
        "scope": " ".join(sorted(issued.scope)),
    }


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _cached(document: dict[str, Any]) -> Response:
    response = jsonify(document)
    response.headers["Cache-Control"] = _CACHED
    return response
