"""POST /token: read, decide, commit once. The rules are in `credentials.py`, `grants.py` and `refresh.py`."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from service.audit import Decision
from service.errors import OAuthError, Unavailable
from service.identity.account import find_standing
from service.identity.store import Departures
from service.identity.user import Identity
from service.oauth import grants, refresh
from service.oauth.clients import Client
from service.oauth.credentials import Credentials, authenticate, read_credentials
from service.oauth.form import Form
from service.oauth.grants import Issued, Reused, Terms, invalid_grant
from service.oauth.keys import Keyring
from service.oauth.refresh import RefreshToken
from service.oauth.store import Ended, OAuthStore, Spent
from service.oauth.tokens import Secret, Spendable, derive_successor

_TRIES = 6


class Backends(Protocol):
    @property
    def oauth(self) -> OAuthStore: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def leaving(self) -> Departures: ...


class Exchange:
    """One request at the token endpoint. `decision` learns the client and the grant as soon as they are known."""

    def __init__(self, backends: Backends, terms: Terms, now: datetime, decision: Decision) -> None:
        self._backends, self._store, self._terms = backends, backends.oauth, terms
        self._now, self._decision = now, decision

    def answer(self, form: Form, authorization: str | None) -> Issued:
        """The tokens that FORM asks for. AUTHORIZATION is the request's header, if any. Raises `OAuthError`.

        In a race, whoever finds that it lost reads again and decides again; after a few tries, `Unavailable`.
        """
        credentials = read_credentials(form, authorization)
        grant_type = form.get("grant_type")
        attempts: dict[str | None, Callable[[Form, Credentials], Issued]] = {
            "authorization_code": self._redeem,
            "refresh_token": self._refresh,
        }
        if grant_type not in attempts:
            self._authenticate(self._store.find_client(credentials.client_id), credentials)
            raise _unsupported(grant_type)
        for _ in range(_TRIES):
            try:
                return attempts[grant_type](form, credentials)
            except Spent:
                continue
            except Ended:
                raise invalid_grant("The connection was ended. Connect again.", "grant_ended") from None
            except Reused as reused:
                self._store.end_grant(reused.grant_id)
                description = "It was used before; the connection is ended. Connect again."
                raise invalid_grant(description, reused.reason) from None
        raise Unavailable("token endpoint: too many races")

    def _authenticate(self, client: Client | None, credentials: Credentials) -> Client:
        if client:
            self._decision.client_id = client.client_id
        return authenticate(client, credentials, self._now)

    def _redeem(self, form: Form, credentials: Credentials) -> Issued:
        secret = Secret(form.get("code") or "")
        client, code = self._store.find_code(credentials.client_id, secret.hash())
        client = self._authenticate(client, credentials)
        _require(form, "code")
        if code is None:
            raise invalid_grant("The code is not known.", "code_unknown")
        self._decision.grant_id = code.grant_id
        grant, issued = grants.redeem(code, client, form, self._now, self._terms)
        self._check_account(code)
        try:
            self._store.spend_code(code, client, grant, issued)
        except (Spent, Unavailable):  # perhaps our own commit, and its answer was lost
            if not self._store.was_issued(issued):
                raise
        self._decision.uid = grant.uid
        return issued

    def _refresh(self, form: Form, credentials: Credentials) -> Issued:
        secret = Secret(form.get("refresh_token") or "")
        client, token = self._store.find_refresh_token(credentials.client_id, secret.hash())
        client = self._authenticate(client, credentials)
        _require(form, "refresh_token")
        if token is None:
            raise invalid_grant("The refresh token is not known.", "refresh_unknown")
        self._decision.grant_id = token.grant_id
        refresh.check(token, client, form, self._terms)
        if token.used_at is None:
            return self._rotate(token, client, secret, form)
        return self._repeat(token, client, secret, form)

    def _rotate(self, token: RefreshToken, client: Client, secret: Secret, form: Form) -> Issued:
        refresh.check_unused(token, self._now)
        self._check_account(token)
        key = self._backends.keyring.current()
        issued = refresh.renew(token, client, derive_successor(secret, key), form, self._now, self._terms)
        self._store.spend_refresh_token(token, issued, key.key_id)
        return issued

    def _repeat(self, token: RefreshToken, client: Client, secret: Secret, form: Form) -> Issued:
        """The same answer again, for a client that lost it; or the end of the grant, for a thief."""
        refresh.check_grace(token, self._now, self._terms)
        key = self._backends.keyring.find(token.key_id or "")
        if key is None:  # neither the client's fault nor a thief's doing
            raise Unavailable("the version of the key that derived a refresh token a moment ago is gone")
        following = derive_successor(secret, key)
        successor = refresh.check_successor(token, self._store.find_successor(following.hash()))
        self._check_account(token)
        issued = refresh.renew(token, client, following, form, self._now, self._terms)
        self._store.repeat_refresh(successor, issued)
        self._decision.reason = "refresh_repeated"
        return issued

    def _check_account(self, spent: Spendable) -> None:
        if find_standing(self._backends, spent.uid, self._now) is None:
            self._store.end_grant(spent.grant_id)
            raise invalid_grant("The person's account is disabled or gone.", "account_gone")


def _require(form: Form, name: str) -> None:
    if form.get(name) is None:
        raise OAuthError(400, "invalid_request", f"{name} is missing.")


def _unsupported(grant_type: str | None) -> OAuthError:
    if grant_type is None:
        return OAuthError(400, "invalid_request", "grant_type is missing.")
    return OAuthError(400, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")
