"""/authorization over HTTP: what a person's browser sees between the client's request and its answer.

The order is RFC 9700's (section 4.11): who asks and where the answer would go, with a page for what is wrong there;
then sign-in; then everything else, answered by redirect; then consent; then the code.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from service.audit import Decision, decided
from service.backends import Backends
from service.body import read_body
from service.errors import PageError, RedirectError
from service.identity.user import NotSignedIn, User
from service.oauth import authorization, grants
from service.oauth.authorization import PARAMETERS, AuthorizationRequest, Target, check_seal, find_target, seal
from service.oauth.clients import Client
from service.oauth.directory import Directory
from service.oauth.form import MOST_BYTES, Form, Malformed, Repeated
from service.oauth.grants import Terms
from service.oauth.hosts import host_of
from service.oauth.keys import Key
from service.oauth.throttle import Throttle, failures, network_of
from service.pages.consent import Consent
from service.settings import Settings

DOORS = {"/authorization": "page"}


class AuthorizationEndpoint:
    def __init__(
        self, settings: Settings, consent: Consent, terms: Terms, directory: Directory, backends: Backends
    ) -> None:
        self._settings, self._consent, self._terms = settings, consent, terms
        self._directory, self._backends = directory, backends

    def show(self, form: Form, now: datetime, decision: Decision) -> Response:
        """The page for a client's request. Raises `PageError`, and never sends anyone anywhere."""
        decision.outcome = "shown"
        client_id = authorization.read_client_id(form)
        if shown := self._directory.find_shown(client_id, now):
            decision.client_id = client_id
            with suppress(PageError):  # what is stored by now may let it through
                return self._show(form, client_id, shown, now, decision)
        client = self._find(client_id, now, decision)
        return self._show(form, client_id, client, now, decision)

    def _show(self, form: Form, client_id: str, client: Client | None, now: datetime, decision: Decision) -> Response:
        if self._directory.needs_fetch(client_id, client, now):
            return self._sign_in_first(form, None, urlsplit(client_id).hostname)
        target = self._target(form, client, now)
        try:
            return self._ask(authorization.parse(form, target, self._terms.resources), form)
        except RedirectError as wrong:
            decision.outcome, decision.reason = "refused", wrong.reason
            return self._sign_in_first(form, target.client.name, urlsplit(target.redirect_uri).hostname)

    def decide(self, posted: Form, now: datetime, decision: Decision) -> Response:
        """The answer to what our page posted. Raises `PageError` or `RedirectError`."""
        asked, choice = _form((_field(posted, "request") or "").encode()), _field(posted, "decision")
        client_id = authorization.read_client_id(asked)
        client = self._find(client_id, now, decision)
        shown = authorization.description(client) if client and choice in ("allow", "deny") else ""
        check_seal(asked.encoded(), shown, _field(posted, "seal") or "", self._backends.keyring)
        if choice == "deny":
            raise authorization.denied(asked, self._target(asked, client, now))
        user = self._verify(_field(posted, "id_token") or "")
        decision.uid = user.uid
        if is_stale := self._directory.needs_fetch(client_id, client, now):
            client = self._directory.fetch(client_id, user, now)
        target = self._target(asked, client, now)
        try:
            request = authorization.parse(asked, target, self._terms.resources)
        except RedirectError:
            if is_stale:  # nobody has seen yet where this goes
                return self._sign_in_first(asked, target.client.name, urlsplit(target.redirect_uri).hostname)
            raise
        if choice != "allow" or is_stale:  # what the person saw is not what it says now: ask (again)
            decision.outcome = "shown"
            return self._ask(request, asked)
        secret, code = grants.issue_code(request, user, now, self._terms)
        self._backends.oauth.add_code(code)
        decision.grant_id = code.grant_id
        answer = {"code": secret.reveal(), "state": request.state, "iss": self._settings.iss}
        to = authorization.answer_uri(request.target.redirect_uri, answer)
        return Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})

    def _find(self, client_id: str, now: datetime, decision: Decision) -> Client | None:
        client = self._directory.find(client_id)
        self._directory.keep_shown(client_id, client, now)
        decision.client_id = client.client_id if client else None
        return client

    def _target(self, form: Form, client: Client | None, now: datetime) -> Target:
        target = find_target(form, client, now)
        host = host_of(target.redirect_uri)
        if target.client.kind != "operator" and host not in self._settings.self_registered_redirects:
            raise PageError(
                400,
                "This assistant cannot be connected here",
                f"{target.client.name} returns to an address that is not allowed here. "
                "Whoever runs this service can allow it, or register this assistant.",
                f"switched_off:{host}",
            )
        return target

    def _ask(self, asked: AuthorizationRequest, form: Form) -> Response:
        request = form.encoded()
        return self._consent.ask(
            asked, request, seal(request, authorization.description(asked.target.client), self._key())
        )

    def _sign_in_first(self, form: Form, client_name: str | None, host: str | None) -> Response:
        request = form.encoded()
        mark = seal(request, "", self._key())
        return self._consent.sign_in_first(client_name, host or "", request, mark)

    def _key(self) -> Key:
        return self._backends.keyring.current()

    def _verify(self, id_token: str) -> User:
        try:
            return self._backends.identity.verify(id_token)
        except NotSignedIn as refused:
            raise PageError(
                401,
                "You are not signed in",
                "Your sign-in could not be confirmed. Go back and sign in again.",
                f"not_signed_in:{refused.reason}",
            ) from None


def blueprint(settings: Settings, endpoint: AuthorizationEndpoint, throttle: Throttle, backends: Backends) -> Blueprint:
    pages = Blueprint("authorization", __name__)
    failed = failures("authorization", settings.failures_per_minute)

    def answer(event: str, act: Callable[[Decision], Response]) -> Response:
        with decided(event, request.environ, settings.project) as decision:
            try:
                return act(decision)
            except PageError as refused:
                decision.reason = refused.reason
                who = decision.client_id or "unknown"
                throttle.count(failed, who, network_of(request.remote_addr))
                raise

    @pages.get("/authorization")
    def show() -> Response:
        return answer(
            "authorization.show",
            lambda decision: endpoint.show(_form(request.query_string), backends.now(), decision),
        )

    @pages.post("/authorization")
    def decide() -> Response:
        return answer("authorization", lambda decision: endpoint.decide(_posted(settings), backends.now(), decision))

    return pages


def _posted(settings: Settings) -> Form:
    # A browser says where a form was posted from; only our own page may decide for a person.
    if request.headers.get("Origin", settings.public_url) != settings.public_url:
        raise PageError(
            403, "This did not come from our page", "Go back to the assistant and connect again.", "other_origin"
        )
    if request.mimetype != "application/x-www-form-urlencoded":
        raise PageError(400, "This form does not work", "It was not sent as a form.", "not_a_form")
    return _parse(read_body(request.environ, MOST_BYTES))


def _form(query: bytes) -> Form:
    return _parse(query).only(PARAMETERS)


def _parse(raw: bytes) -> Form:
    try:
        return Form.parse(raw)
    except Malformed:
        raise PageError(
            400, "This link does not work", "The link that brought you here is not readable text.", "not_a_form"
        ) from None


def _field(form: Form, name: str) -> str | None:
    try:
        return form.get(name)
    except Repeated:
        raise PageError(
            400, "This form does not work", f"{name} was sent more than once.", "repeated_parameter"
        ) from None
