"""/authorization and /token over HTTP."""

from flask import Blueprint, Response, jsonify, request

from service.backends import Backends
from service.body import read_body
from service.errors import OAuthError, PageError
from service.identity.user import NotSignedIn
from service.oauth import authorization, grants
from service.oauth.authorization import AuthorizationRequest, Target
from service.oauth.clients import is_client_id
from service.oauth.exchange import exchange
from service.oauth.form import MOST_BYTES, Form, Malformed, Repeated
from service.oauth.grants import Lifetimes
from service.pages.consent import Consent
from service.settings import Settings

_FORM = "application/x-www-form-urlencoded"
# What each path shows its errors as.
DOORS = {"/authorization": "page", "/token": "oauth"}


def blueprint(settings: Settings, consent: Consent, backends: Backends) -> Blueprint:
    oauth = Blueprint("oauth", __name__)
    lifetimes = Lifetimes(settings.code_lifetime, settings.access_token_lifetime, settings.refresh_token_lifetime)

    @oauth.get("/authorization")
    def show_consent() -> Response:
        return consent.show(_parse(_page_form(request.query_string), backends))

    @oauth.post("/authorization")
    def decide() -> Response:
        # A browser says where a form was posted from; only our own page may decide for a person.
        if request.headers.get("Origin", settings.public_url) != settings.public_url:
            raise PageError(403, "This did not come from our page", "Go back to the assistant and connect again.")
        form = _page_form(_form_body())
        asked = _parse(form, backends)
        if _page_field(form, "decision") != "allow":
            raise authorization.denied(asked)
        try:
            user = backends.identity.verify(_page_field(form, "id_token") or "")
        except NotSignedIn:
            raise PageError(
                401, "You are not signed in", "Your sign-in could not be confirmed. Go back and sign in again."
            ) from None
        secret, code = grants.issue_code(asked, user, backends.now(), lifetimes)
        backends.oauth.add_code(code)
        to = authorization.answer_uri(
            asked.target.redirect_uri, settings.issuer, code=secret.reveal(), state=asked.state
        )
        return Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})

    @oauth.post("/token")
    def token() -> Response:
        now = backends.now()
        try:
            form = Form.parse(_form_body())
            issued = exchange(form, request.headers.get("Authorization"), backends.oauth, now, lifetimes)
        except Malformed:
            raise OAuthError(400, "invalid_request", "The body is not a form in UTF-8.") from None
        except Repeated:
            raise OAuthError(400, "invalid_request", "A parameter was sent more than once.") from None
        response = jsonify(
            access_token=issued.access_token.reveal(),
            token_type="bearer",  # noqa: S106  # RFC 6749 section 7.1
            expires_in=int((issued.access_expires_at - now).total_seconds()),
            refresh_token=issued.refresh_token.reveal(),
            scope=" ".join(sorted(issued.scope)),
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return oauth


def _parse(form: Form, backends: Backends) -> AuthorizationRequest:
    """The whole request, checked anew: what a page posts is as untrusted as what a client sends."""
    return authorization.parse(form, _target(form, backends))


def _target(form: Form, backends: Backends) -> Target:
    client_id = authorization.read_client_id(form)
    client = backends.oauth.find_client(client_id) if is_client_id(client_id) else None
    return authorization.find_target(form, client)


def _form_body() -> bytes:
    if request.mimetype != _FORM:
        raise OAuthError(400, "invalid_request", f"Send the parameters in the body as {_FORM}.")
    return read_body(request.environ, MOST_BYTES)


def _page_form(raw: bytes) -> Form:
    try:
        return Form.parse(raw)
    except Malformed:
        raise PageError(
            400, "This link does not work", "The link that brought you here is not readable text."
        ) from None


def _page_field(form: Form, name: str) -> str | None:
    try:
        return form.get(name)
    except Repeated:
        raise PageError(400, "This form does not work", f"{name} was sent more than once.") from None
