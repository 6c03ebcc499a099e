"""`LeavingStore` on Firestore: everything that is stored under a person's uid. See docs/storage.md."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from service.errors import Unavailable
from service.firestore import (
    Changed,
    Documents,
    Exists,
    Missing,
    Query,
    Snapshot,
    TooLarge,
    create,
    delete,
    put,
    update,
)
from service.leaving.deletion import ACCESS, KINDS, REST, Deletion, begin, finish, is_over
from service.leaving.export import StoredNote

_BATCH = 250
_BATCHES = 4  # of one call
_TRIES = 40
_PAGE = 250
_SCAN_SECONDS = 20.0
_ENDED = timedelta(days=1)  # longer than any ID token lives
_COLLECTIONS = {"codes": "oauthCodes", "connections": "oauthGrants", "tokens": "oauthTokens"}


class FirestoreLeavingStore:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def count_notes(self, uid: str) -> int:
        return self._documents.count(_query("notes", uid))

    def notes(self, uid: str, after: str | None) -> Iterator[StoredNote]:
        path, count = None if after is None else f"users/{uid}/notes/{after}", _PAGE
        while count == _PAGE:  # what follows where somebody stops is read in vain
            count, query = 0, Query(f"users/{uid}/notes", by_path=True, after_path=path, limit=_PAGE)
            for count, (path, found) in enumerate(self._documents.stream(query, _SCAN_SECONDS), 1):  # noqa: B007  # asked for above
                yield StoredNote(path.rpartition("/")[2], found.fields)

    def find_deletion(self, uid: str, now: datetime) -> Deletion | None:
        (found,) = self._documents.get(_path(uid))
        deletion = _deletion(found.fields) if found else None
        return None if deletion is None or is_over(deletion, now) else deletion

    def delete(self, uid: str, now: datetime) -> Deletion:
        left = _BATCHES
        for _ in range(_TRIES):
            deletion, seen = self._begun(uid, now)
            if deletion.finished_at:
                return deletion
            self._end_access(uid)
            used = self._delete_rest(uid, left)
            left -= used
            if left <= 0:
                return self._begun(uid, now)[0]
            if not used and (finished := self._finish(uid, deletion, seen, now)):
                return finished
        raise Unavailable("deletion: too many races")

    def account_gone(self, uid: str, now: datetime) -> None:
        self.account_disabled(uid, now)
        self.end_grants(uid)

    def account_disabled(self, uid: str, now: datetime) -> None:
        self._documents.commit(put(f"endedSessions/{uid}", {"validSince": now, "expireAt": now + _ENDED}))

    def end_grants(self, uid: str) -> int:
        """End every grant of the person; how many there were."""
        for kind in ACCESS:
            ended = 0
            while paths := self._find(kind, uid, _BATCH):
                self._documents.commit(*map(delete, paths))
                ended += len(paths)
        return ended

    def has_anything(self, uid: str) -> bool:
        return any(self._find(kind, uid, 1) for kind in KINDS)

    def uids(self) -> Iterator[str]:
        """Whose grants and notes there are; some more than once."""
        for _, grant in self._documents.stream_all(Query("oauthGrants", select=("uid",))):
            yield from grant.fields.values()
        for path in self._documents.list_paths("users"):
            yield path.rpartition("/")[2]

    def unfinished(self) -> Iterator[str]:
        """Whose deletion is not finished."""
        for path, _ in self._documents.stream_all(Query("accountDeletions", {"done": False}, select=())):
            yield path.rpartition("/")[2]

    def _begun(self, uid: str, now: datetime) -> tuple[Deletion, Snapshot]:
        """The person's deletion as it is: the last one, or one that is made now."""
        for _ in range(_TRIES):
            (seen,) = self._documents.get(_path(uid))
            if seen is not None:
                deletion = _deletion(seen.fields)
                is_current = not deletion.finished_at or not (is_over(deletion, now) or self.has_anything(uid))
                if is_current:
                    return deletion, seen
            begun = begin({kind: self._documents.count(_query(kind, uid)) for kind in KINDS}, now)
            write = update(_path(uid), _fields(begun), seen) if seen else create(_path(uid), _fields(begun))
            try:
                self._documents.commit(write)
            except (Exists, Changed, Missing):
                continue  # somebody else has begun one, or our own answer was lost
        raise Unavailable("deletion: too many races to begin")

    def _end_access(self, uid: str) -> None:
        for kind in ACCESS:
            for _ in range(_TRIES):
                if not (paths := self._find(kind, uid, _BATCH)):
                    break
                self._delete(uid, kind, paths)
            else:
                raise Unavailable("deletion: too many races about access")

    def _delete_rest(self, uid: str, most: int) -> int:
        """Delete at most MOST batches of what gives no access; how many there were."""
        used = 0
        for kind in REST:
            while used < most and (paths := self._find(kind, uid, _BATCH)):
                self._delete(uid, kind, paths)
                used += 1
        return used

    def _find(self, kind: str, uid: str, most: int) -> list[str]:
        return [path for path, _ in self._documents.stream(_query(kind, uid, most))]

    def _delete(self, uid: str, kind: str, paths: list[str]) -> None:
        """Delete all of PATHS and count them, or, if one of them is gone already, none."""
        counted = update(_path(uid), {}, increments={f"deleted.{kind}": len(paths)})
        try:
            self._documents.commit(counted, *(delete(path, must_exist=True) for path in paths))
        except Missing:  # somebody else deletes too, or our own answer was lost: what is left is found again
            return
        except TooLarge:  # Firestore counts what is deleted, up to 10 MiB; its emulator does not
            if len(paths) == 1:
                raise
            half = len(paths) // 2
            self._delete(uid, kind, paths[:half])
            self._delete(uid, kind, paths[half:])

    def _finish(self, uid: str, deletion: Deletion, seen: Snapshot, now: datetime) -> Deletion | None:
        """None when anything was deleted since it was SEEN: then perhaps there is more."""
        finished = finish(deletion, now)
        try:
            self._documents.commit(update(_path(uid), _fields(finished), seen))
        except (Changed, Missing):
            return None
        return finished


def _path(uid: str) -> str:
    return f"accountDeletions/{uid}"


def _query(kind: str, uid: str, most: int = 0) -> Query:
    if kind == "notes":
        return Query(f"users/{uid}/notes", select=(), limit=most)
    return Query(_COLLECTIONS[kind], {"uid": uid}, select=(), limit=most)


def _fields(deletion: Deletion) -> dict[str, Any]:
    return {
        "id": deletion.deletion_id,
        "requestedAt": deletion.requested_at,
        "found": deletion.found,
        "deleted": deletion.deleted,
        "done": deletion.finished_at is not None,
        "finishedAt": deletion.finished_at,
        "expireAt": deletion.expires_at,
    }


def _deletion(fields: Mapping[str, Any]) -> Deletion:
    return Deletion(fields["id"], fields["requestedAt"], fields["found"], fields["deleted"], fields["finishedAt"])
