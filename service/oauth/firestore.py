"""`OAuthStore` on Firestore: `oauthClients`, `oauthCodes`, `oauthTokens`, `oauthGrants`. See docs/storage.md."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from service.firestore import Changed, Documents, Exists, Missing, Snapshot, Write, create, delete, update
from service.oauth.clients import Client
from service.oauth.grants import Code, Grant, Issued, RefreshToken
from service.oauth.store import Ended, Spent
from service.oauth.tokens import SecretHash, grant_path, token_path


class FirestoreOAuthStore:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def add_client(self, client: Client) -> None:
        fields = {
            "name": client.name,
            "type": "confidential",
            "redirectUris": list(client.redirect_uris),
            "secretHashes": list(client.secret_hashes),
            "scope": sorted(client.scope),
            "createdAt": client.created_at,
            "disabledAt": client.disabled_at,
        }
        self._add(create(_client_path(client.client_id), fields))

    def find_client(self, client_id: str) -> Client | None:
        (found,) = self._documents.get(_client_path(client_id))
        return _client(client_id, found)

    def add_code(self, code: Code) -> None:
        fields = {
            "clientId": code.client_id,
            "uid": code.uid,
            "redirectUri": code.redirect_uri,
            "scope": sorted(code.scope),
            "codeChallenge": code.code_challenge,
            "grantId": code.grant_id,
            "codeExpiresAt": code.expires_at,
            "usedAt": None,
            "expireAt": code.expires_at,
        }
        self._add(create(_code_path(code.hash), fields))

    def find_code(self, client_id: str, code: SecretHash) -> tuple[Client | None, Code | None]:
        client, found = self._documents.get(_client_path(client_id), _code_path(code))
        return _client(client_id, client), _code(code, found)

    def spend_code(self, code: Code, grant: Grant, issued: Issued) -> None:
        # Kept until the grant's end, so that a replay can be told from an unknown code.
        spent = {"usedAt": grant.created_at, "expireAt": grant.expires_at}
        self._commit(
            update(_code_path(code.hash), spent, _seen(code.version)),
            create(grant_path(grant.grant_id), _grant_fields(grant)),
            *_token_writes(issued),
        )

    def find_refresh_token(self, client_id: str, token: SecretHash) -> tuple[Client | None, RefreshToken | None]:
        client, found = self._documents.get(_client_path(client_id), token_path(token))
        return _client(client_id, client), _refresh_token(token, found)

    def spend_refresh_token(self, token: RefreshToken, issued: Issued) -> None:
        now = issued.issued_at
        spent = {"usedAt": now, "expireAt": issued.refresh_expires_at}
        renewed = {"lastUsedAt": now, "expireAt": issued.refresh_expires_at}
        self._commit(
            update(grant_path(token.grant_id), renewed),
            update(token_path(token.hash), spent, _seen(token.version)),
            *_token_writes(issued),
        )

    def was_issued(self, issued: Issued) -> bool:
        (found,) = self._documents.get(token_path(issued.access_token.hash()))
        return found is not None

    def end_grant(self, grant_id: str) -> None:
        self._documents.commit(delete(grant_path(grant_id)))

    def _add(self, write: Write) -> None:
        with suppress(Exists):  # the id is random: it is our own, and the first answer was lost
            self._documents.commit(write)

    def _commit(self, *writes: Write) -> None:
        try:
            self._documents.commit(*writes)
        except (Changed, Exists):
            raise Spent from None
        except Missing:
            raise Ended from None


def _client_path(client_id: str) -> str:
    return f"oauthClients/{client_id}"


def _code_path(code: SecretHash) -> str:
    return f"oauthCodes/{code}"


def _seen(version: object) -> Snapshot:
    assert isinstance(version, Snapshot), "spend what was read from this store"
    return version


def _client(client_id: str, found: Snapshot | None) -> Client | None:
    if found is None:
        return None
    fields = found.fields
    return Client(
        client_id,
        name=fields["name"],
        redirect_uris=tuple(fields["redirectUris"]),
        secret_hashes=tuple(fields["secretHashes"]),
        scope=frozenset(fields["scope"]),
        created_at=fields["createdAt"],
        disabled_at=fields["disabledAt"],
    )


def _code(code: SecretHash, found: Snapshot | None) -> Code | None:
    if found is None:
        return None
    fields = found.fields
    return Code(
        code,
        **_common(fields),
        redirect_uri=fields["redirectUri"],
        code_challenge=fields["codeChallenge"],
        expires_at=fields["codeExpiresAt"],
        version=found,
    )


def _refresh_token(token: SecretHash, found: Snapshot | None) -> RefreshToken | None:
    if found is None or found.fields["use"] != "refresh":
        return None
    return RefreshToken(token, **_common(found.fields), expires_at=found.fields["tokenExpiresAt"], version=found)


def _common(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "client_id": fields["clientId"],
        "uid": fields["uid"],
        "grant_id": fields["grantId"],
        "scope": frozenset(fields["scope"]),
        "used_at": fields["usedAt"],
    }


def _grant_fields(grant: Grant) -> dict[str, Any]:
    return {
        "uid": grant.uid,
        "clientId": grant.client_id,
        "clientName": grant.client_name,
        "scope": sorted(grant.scope),
        "createdAt": grant.created_at,
        "lastUsedAt": grant.created_at,
        "expireAt": grant.expires_at,
    }


def _token_writes(issued: Issued) -> tuple[Write, Write]:
    common = {
        "grantId": issued.grant_id,
        "clientId": issued.client_id,
        "uid": issued.uid,
        "createdAt": issued.issued_at,
        "usedAt": None,
    }
    access = common | {
        "use": "access",
        "scope": sorted(issued.scope),
        "tokenExpiresAt": issued.access_expires_at,
        "expireAt": issued.access_expires_at,
    }
    refresh = common | {
        "use": "refresh",
        "scope": sorted(issued.granted_scope),
        "tokenExpiresAt": issued.refresh_expires_at,
        "expireAt": issued.refresh_expires_at,
    }
    return (
        create(token_path(issued.access_token.hash()), access),
        create(token_path(issued.refresh_token.hash()), refresh),
    )
