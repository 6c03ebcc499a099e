"""`OAuthStore` on Firestore: `oauthClients`, `oauthCodes`, `oauthTokens`, `oauthGrants`. See docs/storage.md."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from service.firestore import Changed, Documents, Exists, Missing
from service.firestore_values import Snapshot
from service.firestore_write import Write, create, delete, require, update
from service.oauth.clients import Client, is_client_id
from service.oauth.grants import Code, Grant, Issued
from service.oauth.refresh import RefreshToken
from service.oauth.store import Ended, Spent, StoredToken
from service.oauth.tokens import Secret, SecretHash, grant_path, token_path

_BATCH = 500


# A spent code or refresh token is how a replay is told from garbage. A connection in use has no end, so they are kept
# for longer than anything that was stolen with them is likely to turn up.
_KEPT = timedelta(days=400)


class FirestoreOAuthStore:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def add_client(self, client: Client) -> None:
        self._add(create(_client_path(client.client_id), _client_fields(client)))

    def keep_document(self, client: Client) -> None:
        path, fields = _client_path(client.client_id), _client_fields(client)
        try:
            self._documents.commit(create(path, fields))
        except Exists:
            kept = ("createdAt", "disabledAt", "expireAt")
            renewed = {name: value for name, value in fields.items() if name not in kept}
            self._documents.commit(update(path, renewed))

    def change_client(self, client: Client) -> None:
        self._commit(update(_client_path(client.client_id), _client_fields(client), _seen(client.version)))

    def find_client(self, client_id: str) -> Client | None:
        (found,) = self._documents.get(_client_path(client_id))
        return _client(found)

    def list_clients(self) -> Sequence[Client]:
        clients = (_client(found) for found in self._documents.query("oauthClients").values())
        return sorted((client for client in clients if client), key=lambda client: client.created_at)

    def add_code(self, code: Code) -> None:
        fields = {
            "clientId": code.client_id,
            "uid": code.uid,
            "redirectUri": code.redirect_uri,
            "redirectUriSent": code.is_redirect_explicit,
            "scope": sorted(code.scope),
            "resource": code.resource,
            "codeChallenge": code.code_challenge,
            "grantId": code.grant_id,
            "codeExpiresAt": code.expires_at,
            "usedAt": None,
            "expireAt": code.expires_at,
        }
        self._add(create(_code_path(code.hash), fields))

    def find_code(self, client_id: str, code: SecretHash) -> tuple[Client | None, Code | None]:
        client, found = self._documents.get(_client_path(client_id), _code_path(code))
        return _client(client), _code(code, found)

    def spend_code(self, code: Code, client: Client, grant: Grant, issued: Issued) -> None:
        spent = {"usedAt": grant.created_at, "expireAt": grant.created_at + _KEPT}
        in_use = [update(_client_path(client.client_id), {"expireAt": None})] if client.expires_at else []
        self._commit(
            update(_code_path(code.hash), spent, _seen(code.version)),
            create(grant_path(grant.grant_id), _grant_fields(grant)),
            create(token_path(issued.access_token.hash()), _access_fields(issued)),
            create(token_path(issued.refresh_token.hash()), _refresh_fields(issued)),
            *in_use,
        )

    def was_issued(self, issued: Issued) -> bool:
        (found,) = self._documents.get(token_path(issued.access_token.hash()))
        return found is not None

    def find_refresh_token(self, client_id: str, token: SecretHash) -> tuple[Client | None, RefreshToken | None]:
        client, found = self._documents.get(_client_path(client_id), token_path(token))
        return _client(client), _refresh_token(token, found)

    def find_successor(self, successor: SecretHash) -> RefreshToken | None:
        (found,) = self._documents.get(token_path(successor))
        return _refresh_token(successor, found)

    def spend_refresh_token(self, token: RefreshToken, issued: Issued, key_id: str) -> None:
        now = issued.issued_at
        self._commit(
            update(grant_path(token.grant_id), {"lastUsedAt": now, "expireAt": issued.refresh_expires_at}),
            update(
                token_path(token.hash), {"usedAt": now, "keyId": key_id, "expireAt": now + _KEPT}, _seen(token.version)
            ),
            create(token_path(issued.access_token.hash()), _access_fields(issued)),
            create(token_path(issued.refresh_token.hash()), _refresh_fields(issued)),
        )

    def repeat_refresh(self, successor: RefreshToken, issued: Issued) -> None:
        self._commit(
            update(grant_path(successor.grant_id), {"lastUsedAt": issued.issued_at}),
            require(token_path(successor.hash), _seen(successor.version)),
            create(token_path(issued.access_token.hash()), _access_fields(issued)),
        )

    def find_token(self, client_id: str, token: SecretHash) -> tuple[Client | None, StoredToken | None]:
        client, found = self._documents.get(_client_path(client_id), token_path(token))
        if found is None:
            return _client(client), None
        fields = found.fields
        return _client(client), StoredToken(fields["use"] == "refresh", fields["clientId"], fields["grantId"])

    def end_token(self, token: SecretHash) -> None:
        self._documents.commit(delete(token_path(token)))

    def end_grant(self, grant_id: str) -> None:
        self._documents.commit(delete(grant_path(grant_id)))

    def end_grants_of(self, client_id: str) -> int:
        # The codes first: who is about to spend one then fails, or has made a grant that is found here.
        self._delete_all("oauthCodes", client_id)
        return self._delete_all("oauthGrants", client_id)

    def count_grants_of(self, client_id: str, now: datetime, most: int) -> int | None:
        found = self._documents.query("oauthGrants", {"clientId": client_id}, select=["expireAt"], limit=most + 1)
        return sum(grant.fields["expireAt"] > now for grant in found.values()) if len(found) <= most else None

    def _delete_all(self, collection: str, client_id: str) -> int:
        deleted = 0
        while found := self._documents.query(collection, {"clientId": client_id}, select=[], limit=_BATCH):
            self._documents.commit(*map(delete, found))
            deleted += len(found)
        return deleted

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
    # The URL of a metadata document, or nonsense, cannot be a document's id itself.
    return f"oauthClients/{client_id if is_client_id(client_id) else 'sha256:' + Secret(client_id).hash()}"


def _code_path(code: SecretHash) -> str:
    return f"oauthCodes/{code}"


def _seen(version: object) -> Snapshot:
    assert isinstance(version, Snapshot), "spend what was read from this store"
    return version


def _client_fields(client: Client) -> dict[str, Any]:
    return {
        "clientId": client.client_id,
        "name": client.name,
        "kind": client.kind,
        "redirectUris": list(client.redirect_uris),
        "gptId": client.gpt_id,
        "authMethods": sorted(client.auth_methods),
        "secretHashes": list(client.secret_hashes),
        "scope": sorted(client.scope),
        "createdAt": client.created_at,
        "disabledAt": client.disabled_at,
        "freshUntil": client.fresh_until,
        "expireAt": client.expires_at,
    }


def _client(found: Snapshot | None) -> Client | None:
    if found is None:
        return None
    fields = found.fields
    return Client(
        fields["clientId"],
        name=fields["name"],
        kind=fields["kind"],
        redirect_uris=tuple(fields["redirectUris"]),
        gpt_id=fields["gptId"],
        auth_methods=frozenset(fields["authMethods"]),
        secret_hashes=tuple(fields["secretHashes"]),
        scope=frozenset(fields["scope"]),
        created_at=fields["createdAt"],
        disabled_at=fields["disabledAt"],
        fresh_until=fields["freshUntil"],
        expires_at=fields["expireAt"],
        version=found,
    )


def _code(code: SecretHash, found: Snapshot | None) -> Code | None:
    if found is None:
        return None
    fields = found.fields
    return Code(
        code,
        **_common(fields),
        redirect_uri=fields["redirectUri"],
        is_redirect_explicit=fields["redirectUriSent"],
        code_challenge=fields["codeChallenge"],
        expires_at=fields["codeExpiresAt"],
        version=found,
    )


def _refresh_token(token: SecretHash, found: Snapshot | None) -> RefreshToken | None:
    if found is None or found.fields["use"] != "refresh":
        return None
    fields = found.fields
    return RefreshToken(
        token, **_common(fields), expires_at=fields["tokenExpiresAt"], key_id=fields["keyId"], version=found
    )


def _common(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "client_id": fields["clientId"],
        "uid": fields["uid"],
        "grant_id": fields["grantId"],
        "scope": frozenset(fields["scope"]),
        "resource": fields["resource"],
        "used_at": fields["usedAt"],
    }


def _grant_fields(grant: Grant) -> dict[str, Any]:
    return {
        "uid": grant.uid,
        "clientId": grant.client_id,
        "clientName": grant.client_name,
        "scope": sorted(grant.scope),
        "resource": grant.resource,
        "createdAt": grant.created_at,
        "lastUsedAt": grant.created_at,
        "notesSaved": 0,
        "expireAt": grant.expires_at,
    }


def _token_fields(issued: Issued) -> dict[str, Any]:
    return {
        "grantId": issued.grant_id,
        "clientId": issued.client_id,
        "uid": issued.uid,
        "createdAt": issued.issued_at,
        "usedAt": None,
        "keyId": None,
    }


def _access_fields(issued: Issued) -> dict[str, Any]:
    return _token_fields(issued) | {
        "use": "access",
        "scope": sorted(issued.scope),
        "resource": issued.resource,
        "tokenExpiresAt": issued.access_expires_at,
        "expireAt": issued.access_expires_at,
    }


def _refresh_fields(issued: Issued) -> dict[str, Any]:
    return _token_fields(issued) | {
        "use": "refresh",
        "scope": sorted(issued.granted_scope),
        "resource": issued.granted_resource,
        "tokenExpiresAt": issued.refresh_expires_at,
        "expireAt": issued.refresh_expires_at,
    }
