"""POST /revoke: a client gives a token back (RFC 7009)."""

from datetime import datetime

from service.audit import Decision
from service.errors import OAuthError
from service.oauth.credentials import authenticate, read_credentials
from service.oauth.form import Form
from service.oauth.store import OAuthStore
from service.oauth.tokens import Secret


def revoke(form: Form, authorization: str | None, store: OAuthStore, now: datetime, decision: Decision) -> None:
    """End the token that FORM names: an access token alone, a refresh token with its whole grant.

    An unknown token and another client's are left alone and answered the same (sections 2.1 and 2.2); the hint is
    not needed to tell the kinds apart. Raises `OAuthError`.
    """
    credentials = read_credentials(form, authorization)
    secret = Secret(form.get("token") or "")
    client, token = store.find_token(credentials.client_id, secret.hash())
    decision.client_id = client.client_id if client else None
    client = authenticate(client, credentials, now)
    if form.get("token") is None:
        raise OAuthError(400, "invalid_request", "token is missing.")
    if token is None or token.client_id != client.client_id:
        decision.reason = "token_unknown" if token is None else "token_of_other_client"
        return
    decision.grant_id = token.grant_id
    if token.is_refresh:
        store.end_grant(token.grant_id)
        decision.reason = "grant_ended"
    else:
        store.end_token(secret.hash())
        decision.reason = "access_token_ended"
