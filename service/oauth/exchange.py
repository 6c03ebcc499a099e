"""POST /token: read, decide, commit once. The rules are in `clients.py` and `grants.py`."""

from collections.abc import Callable
from datetime import datetime

from service.errors import OAuthError, Unavailable
from service.oauth import grants
from service.oauth.clients import authenticate, is_client_id, read_credentials
from service.oauth.form import Form
from service.oauth.grants import Issued, Lifetimes, Reused
from service.oauth.store import Ended, OAuthStore, Spent
from service.oauth.tokens import Secret

_TRIES = 4


def exchange(form: Form, authorization: str | None, store: OAuthStore, now: datetime, lifetimes: Lifetimes) -> Issued:
    """The tokens that FORM asks for. AUTHORIZATION is the request's header, if any. Raises `OAuthError`.

    In a race, whoever finds that it lost reads again and decides again; after a few tries, `Unavailable`.
    """
    credentials = read_credentials(form, authorization)
    client_id = credentials.client_id if is_client_id(credentials.client_id) else "-"  # "-" is nobody's
    grant_type = form.get("grant_type")

    def redeem_code() -> Issued:
        code = Secret(form.get("code") or "").hash()
        client, found = store.find_code(client_id, code)
        client = authenticate(client, credentials)
        _require(form, "code")
        if found is None:
            raise grants.invalid_grant("The code is not known.")
        grant, issued = grants.redeem(found, client, form, now, lifetimes)
        return _commit(store, issued, lambda: store.spend_code(found, grant, issued))

    def refresh() -> Issued:
        token = Secret(form.get("refresh_token") or "").hash()
        client, found = store.find_refresh_token(client_id, token)
        client = authenticate(client, credentials)
        _require(form, "refresh_token")
        if found is None:
            raise grants.invalid_grant("The refresh token is not known.")
        issued = grants.rotate(found, client, form, now, lifetimes)
        return _commit(store, issued, lambda: store.spend_refresh_token(found, issued))

    attempts: dict[str | None, Callable[[], Issued]] = {"authorization_code": redeem_code, "refresh_token": refresh}
    if grant_type not in attempts:
        authenticate(store.find_client(client_id), credentials)
        raise _unsupported(grant_type)
    return _decide(store, attempts[grant_type])


def _decide(store: OAuthStore, attempt: Callable[[], Issued]) -> Issued:
    for _ in range(_TRIES):
        try:
            return attempt()
        except Spent:
            continue
        except Ended:
            raise grants.invalid_grant("The connection was ended. Connect again.") from None
        except Reused as reused:
            store.end_grant(reused.grant_id)
            raise grants.invalid_grant("It was used before; the connection is ended. Connect again.") from None
    raise Unavailable("token endpoint: too many races")


def _commit(store: OAuthStore, issued: Issued, spend: Callable[[], None]) -> Issued:
    try:
        spend()
    except (Spent, Unavailable):  # perhaps our own commit, and its answer was lost
        if not store.was_issued(issued):
            raise
    return issued


def _require(form: Form, name: str) -> None:
    if form.get(name) is None:
        raise OAuthError(400, "invalid_request", f"{name} is missing.")


def _unsupported(grant_type: str | None) -> OAuthError:
    if grant_type is None:
        return OAuthError(400, "invalid_request", "grant_type is missing.")
    return OAuthError(400, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")
