"""GET and POST /authorization: what is asked, checked in order (RFC 6749 section 4.1.1)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from service.errors import PageError, RedirectError
from service.oauth.clients import Client
from service.oauth.form import Form, Repeated

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_S256 = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Target:
    """Where an answer may be sent: a client that exists and a redirect URI that is its own."""

    client: Client
    redirect_uri: str


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request in which every rule holds."""

    target: Target
    scope: frozenset[str]
    state: str
    code_challenge: str | None


class _Refused(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


def read_client_id(form: Form) -> str:
    """The client that the request names. Raises `PageError`."""
    client_id = _once(form, "client_id")
    if client_id is None:
        raise _not_a_request("It does not say which assistant is asking (client_id is missing).")
    return client_id


def find_target(form: Form, client: Client | None) -> Target:
    """Who asks and where the answer goes. Raises `PageError`: what is wrong here is never answered by redirect."""
    if client is None or client.disabled_at is not None:
        raise _not_a_request("No assistant is registered here under this client_id.")
    redirect_uri = _once(form, "redirect_uri")
    if redirect_uri is None:
        raise _not_a_request("It does not say where to return to (redirect_uri is missing).")
    if redirect_uri not in client.redirect_uris:  # exact, as text: RFC 9700 section 2.1
        raise _not_a_request(
            f"{client.name} asked to return to an address that is not registered for it (redirect_uri). "
            "If you set it up, register the exact callback URL that it shows."
        )
    return Target(client, redirect_uri)


def parse(form: Form, target: Target) -> AuthorizationRequest:
    """FORM as a request in which every rule holds; the first that does not raises `RedirectError`."""
    try:
        for rule in _RULES:
            rule(form, target.client)
        scope = _scope(form, target.client)
    except (_Refused, Repeated) as refused:
        raise _redirect_error(form, target, refused) from None
    return AuthorizationRequest(target, scope, form.get("state") or "", form.get("code_challenge"))


def denied(request: AuthorizationRequest) -> RedirectError:
    return RedirectError(request.target.redirect_uri, request.state, "access_denied", "The person said no.")


def answer_uri(redirect_uri: str, issuer: str, **parameters: str | None) -> str:
    """REDIRECT_URI with PARAMETERS and `iss` (RFC 9207) added to its query; a query that it has is kept."""
    answer = {name: value for name, value in parameters.items() if value is not None} | {"iss": issuer}
    return redirect_uri + ("&" if "?" in redirect_uri else "?") + urlencode(answer, quote_via=quote)


def _response_type_is_code(form: Form, _: Client) -> None:
    response_type = form.get("response_type")
    if response_type is None:
        raise _Refused("invalid_request", "response_type is missing; it must be code.")
    if response_type != "code":
        raise _Refused("unsupported_response_type", "response_type must be code.")


def _state_is_present(form: Form, _: Client) -> None:
    state = form.get("state")
    if state is None:
        raise _Refused("invalid_request", "state is missing.")
    if _CONTROL.search(state):  # outside VSCHAR, and a form field would not carry it unchanged
        raise _Refused("invalid_request", "state has a control character.")


def _challenge_is_s256(form: Form, _: Client) -> None:
    challenge, method = form.get("code_challenge"), form.get("code_challenge_method")
    if challenge is None and method is None:
        return
    if challenge is None or not _S256.fullmatch(challenge):
        raise _Refused("invalid_request", "code_challenge must be 43 characters of base64url (RFC 7636).")
    if method != "S256":
        raise _Refused("invalid_request", "code_challenge_method must be S256.")


def _scope_is_known(form: Form, client: Client) -> None:
    if unknown := _scope(form, client) - client.scope:
        known = " ".join(sorted(client.scope))
        raise _Refused("invalid_scope", f"{len(unknown)} of the scopes cannot be granted here; known: {known}.")


_RULES: tuple[Callable[[Form, Client], None], ...] = (
    _response_type_is_code,
    _state_is_present,
    _challenge_is_s256,
    _scope_is_known,
)


def _scope(form: Form, client: Client) -> frozenset[str]:
    return frozenset((form.get("scope") or "").split()) or client.scope


def _redirect_error(form: Form, target: Target, refused: _Refused | Repeated) -> RedirectError:
    try:
        state = form.get("state")
    except Repeated:
        state = None
    if isinstance(refused, Repeated):
        refused = _Refused("invalid_request", "A parameter was sent more than once.")
    return RedirectError(target.redirect_uri, state, refused.error, refused.description)


def _once(form: Form, name: str) -> str | None:
    try:
        return form.get(name)
    except Repeated:
        raise _not_a_request(f"It names {name} more than once.") from None


def _not_a_request(what: str) -> PageError:
    return PageError(
        400, "This link does not work", f"The link that brought you here is not complete or not right. {what}"
    )
