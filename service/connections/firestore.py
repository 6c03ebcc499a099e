"""`ConnectionStore` on Firestore: `oauthGrants` and `oauthCodes` of a person, and their notes. See docs/storage.md."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from service.connections.connections import Grant
from service.firestore import Documents, in_halves
from service.firestore_write import delete

_BATCH = 250
_GRANT = ("clientId", "clientName", "scope", "createdAt", "lastUsedAt", "notesSaved", "expireAt")


class FirestoreConnectionStore:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def find_grants(self, uid: str) -> Sequence[Grant]:
        found = self._documents.query("oauthGrants", {"uid": uid}, select=_GRANT)
        return [_grant(grant.fields) for grant in found.values()]

    def end(self, uid: str, client_id: str) -> int:
        # The codes first: who is about to exchange one then fails, or has made a grant that is found here.
        self._delete_all("oauthCodes", uid, client_id)
        return self._delete_all("oauthGrants", uid, client_id)

    def delete_notes(self, uid: str, client_id: str) -> int:
        notes, theirs, deleted = f"users/{uid}/notes", {"source.clientId": client_id}, 0
        while found := self._documents.query(notes, theirs, select=[], limit=_BATCH):
            in_halves(list(found), self._delete)
            deleted += len(found)
        return deleted

    def _delete(self, paths: list[str]) -> None:
        self._documents.commit(*map(delete, paths))

    def _delete_all(self, collection: str, uid: str, client_id: str) -> int:
        found = self._documents.query(collection, {"uid": uid}, select=["clientId"])
        paths = [path for path, document in found.items() if document.fields["clientId"] == client_id]
        left = iter(paths)
        while batch := list(islice(left, _BATCH)):
            self._delete(batch)
        return len(paths)


def _grant(fields: Mapping[str, Any]) -> Grant:
    return Grant(
        client_id=fields["clientId"],
        client_name=fields["clientName"],
        scope=frozenset(fields["scope"]),
        created_at=fields["createdAt"],
        last_used_at=fields["lastUsedAt"],
        notes_saved=fields["notesSaved"],
        expires_at=fields["expireAt"],
    )
