"""GET and POST /authorization: what is asked, checked in order (RFC 6749 section 4.1.1)."""

import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, urlencode

from service.errors import PageError, RedirectError
from service.oauth.clients import Client, allows_redirect, unusable
from service.oauth.form import Form, Repeated
from service.oauth.keys import Key, Keyring
from service.oauth.resources import Resources
from service.record import record

# Known, and without effect: every connection can be renewed (MCP authorization, "Refresh Tokens").
OFFLINE_ACCESS = "offline_access"
PARAMETERS = frozenset(
    (
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "resource",
    )
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_S256 = re.compile(r"[A-Za-z0-9_-]{43}")


@record
class Target:
    """Where an answer may be sent: a client that exists and a redirect URI that is its own."""

    client: Client
    redirect_uri: str
    is_explicit: bool
    """Whether the request named the URI, or left it out because only one is registered."""


@record
class AuthorizationRequest:
    """A request in which every rule holds."""

    target: Target
    scope: frozenset[str]
    resource: str
    state: str | None
    code_challenge: str | None


class _Refused(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


def read_client_id(form: Form) -> str:
    """The client that the request names. Raises `PageError`."""
    client_id = _once(form, "client_id")
    if client_id is None:
        raise not_a_request("It does not say which assistant is asking (client_id is missing).", "no_client_id")
    return client_id


def find_target(form: Form, client: Client | None, now: datetime) -> Target:
    """Who asks and where the answer goes. Raises `PageError`: what is wrong here is never answered by redirect."""
    if client is None or unusable(client, now):
        reason = (client and unusable(client, now)) or "unknown_client"
        raise not_a_request("No assistant is registered here under this client_id.", reason)
    redirect_uri = _once(form, "redirect_uri")
    if redirect_uri is None and len(client.redirect_uris) == 1 and not client.gpt_id:  # RFC 6749 section 3.1.2.3
        return Target(client, client.redirect_uris[0], is_explicit=False)
    if redirect_uri is None:
        raise not_a_request("It does not say where to return to (redirect_uri is missing).", "no_redirect_uri")
    if not allows_redirect(client, redirect_uri):
        raise not_a_request(
            f"{client.name} asked to return to an address that is not registered for it (redirect_uri). "
            "If you set it up, register the exact callback URL that it shows.",
            "other_redirect_uri",
        )
    return Target(client, redirect_uri, is_explicit=True)


def parse(form: Form, target: Target, resources: Resources) -> AuthorizationRequest:
    """FORM as a request in which every rule holds; the first that does not raises `RedirectError`."""
    try:
        for rule in _RULES:
            rule(form, target.client, resources)
        resource = resources.parse(form.get_all("resource"))
        assert resource, "a rule has seen to it"
        return AuthorizationRequest(
            target, _scope(form, target.client), resource, form.get("state"), form.get("code_challenge")
        )
    except (_Refused, Repeated) as refused:
        raise _redirect_error(form, target, refused) from None


def denied(form: Form, target: Target) -> RedirectError:
    return _redirect_error(form, target, _Refused("access_denied", "The person said no."))


def answer_uri(redirect_uri: str, parameters: dict[str, str | None]) -> str:
    """REDIRECT_URI with PARAMETERS added to its query, without those that are None; a query that it has is kept."""
    answer = {name: value for name, value in parameters.items() if value is not None}
    return redirect_uri + ("&" if "?" in redirect_uri else "?") + urlencode(answer, quote_via=quote)


def description(client: Client) -> str:
    """What a page shows of CLIENT, or takes from it: when that changes, the person has not been asked (CIMD 6.3)."""
    return json.dumps([client.name, client.redirect_uris, sorted(client.scope)])


def seal(request: str, shown: str, key: Key) -> str:
    """A mark on REQUEST, by which a post of our page proves that it answers what the page showed.

    SHOWN is the `description` of the client where the person was asked; "" on a page that only asks them to sign in.
    """
    return f"{key.key_id}.{key.mac('authorization request', shown + chr(10) + request)}"


def check_seal(request: str, shown: str, mark: str, keyring: Keyring) -> None:
    """Raises `PageError` unless MARK was made for this REQUEST and what was SHOWN with it."""
    key = keyring.find_known(mark.partition(".")[0])
    if key is None or not hmac.compare_digest(seal(request, shown, key).encode(), mark.encode()):
        raise PageError(
            400,
            "This page is not valid any more",
            "It is too old, or it was changed on the way. Go back to the assistant and connect again.",
            "wrong_seal",
        )


def _response_type_is_code(form: Form, _client: Client, _resources: Resources) -> None:
    response_type = form.get("response_type")
    if response_type is None:
        raise _Refused("invalid_request", "response_type is missing; it must be code.")
    if response_type != "code":
        raise _Refused("unsupported_response_type", "response_type must be code.")


def _state_is_text(form: Form, _client: Client, _resources: Resources) -> None:
    if _CONTROL.search(form.get("state") or ""):  # outside VSCHAR: RFC 6749 appendix A.5
        raise _Refused("invalid_request", "state has a control character.")


def _challenge_is_s256(form: Form, client: Client, _resources: Resources) -> None:
    challenge, method = form.get("code_challenge"), form.get("code_challenge_method")
    if challenge is None and method is None:
        if client.must_use_pkce:
            raise _Refused("invalid_request", "code_challenge is missing: PKCE with S256 is required (RFC 7636).")
        return
    if challenge is None or not _S256.fullmatch(challenge):
        raise _Refused("invalid_request", "code_challenge must be 43 characters of base64url (RFC 7636).")
    if method != "S256":
        raise _Refused("invalid_request", "code_challenge_method must be S256.")


def _scope_is_known(form: Form, client: Client, _resources: Resources) -> None:
    if unknown := form.words("scope") - client.scope - {OFFLINE_ACCESS}:
        known = " ".join(sorted(client.scope))
        raise _Refused("invalid_scope", f"{len(unknown)} of the scopes cannot be granted here; known: {known}.")


def _resource_is_ours(form: Form, _client: Client, resources: Resources) -> None:
    if resources.parse(form.get_all("resource")) is None:
        raise _Refused("invalid_target", f"resource must be one of this service, as {resources.whole}.")


_RULES: tuple[Callable[[Form, Client, Resources], None], ...] = (
    _response_type_is_code,
    _state_is_text,
    _challenge_is_s256,
    _scope_is_known,
    _resource_is_ours,
)


def _scope(form: Form, client: Client) -> frozenset[str]:
    asked = form.words("scope")
    return (asked - {OFFLINE_ACCESS} or client.default_scope) | (asked & {OFFLINE_ACCESS})


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
        raise not_a_request(f"It names {name} more than once.", "repeated_parameter") from None


def not_a_request(what: str, reason: str) -> PageError:
    return PageError(
        400, "This link does not work", f"The link that brought you here is not complete or not right. {what}", reason
    )
