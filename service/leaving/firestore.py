"""`LeavingStore` on Firestore: everything that is stored under a person's uid. See docs/storage.md."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from service.errors import Unavailable
from service.firestore import Changed, Documents, Exists, Missing
from service.firestore_query import Query
from service.firestore_values import Snapshot
from service.firestore_write import create, delete, put, update
from service.leaving.deletion import ACCESS, KINDS, Deletion, begin, finish, is_over
from service.leaving.export import StoredNote
from service.leaving.firestore_step import BATCH, Step, job_path, query
from service.paths import is_segment

MOST_BATCHES = 4  # of one call
_TRIES = 40
_PAGE = 250
_SCAN_SECONDS = 20.0
_ENDED = timedelta(days=1)  # longer than any ID token lives


class FirestoreLeavingStore:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def count_notes(self, uid: str) -> int:
        return self._documents.count(query("notes", uid))

    def notes(self, uid: str, after: str | None) -> Iterator[StoredNote]:
        path, count = None if after is None else f"users/{uid}/notes/{after}", _PAGE
        while count == _PAGE:  # what follows where somebody stops is read in vain
            count, page = 0, Query(f"users/{uid}/notes", by_path=True, after_path=path, limit=_PAGE)
            for count, (path, found) in enumerate(self._documents.stream(page, _SCAN_SECONDS), 1):  # noqa: B007  # asked for above
                yield StoredNote(path.rpartition("/")[2], found.fields)

    def find_deletion(self, uid: str, now: datetime) -> Deletion | None:
        (found,) = self._documents.get(job_path(uid))
        deletion = _deletion(found.fields) if found else None
        return None if deletion is None or is_over(deletion, now) else deletion

    def delete(self, uid: str, now: datetime) -> Deletion:
        return self._carry_on(uid, now, partial(self._begun, uid, now), is_asked=True)

    def delete_rest(self, uid: str, now: datetime) -> Deletion | None:
        if self.find_deletion(uid, now) is None:
            return None
        return self._carry_on(uid, now, partial(self._last, uid), is_asked=False)

    def account_gone(self, uid: str, now: datetime) -> None:
        self.account_disabled(uid, now)
        self.end_grants(uid)

    def account_disabled(self, uid: str, now: datetime) -> None:
        self._documents.commit(put(f"endedSessions/{uid}", {"validSince": now, "expireAt": now + _ENDED}))

    def end_grants(self, uid: str) -> int:
        """End every grant of the person; how many there were."""
        for kind in ACCESS:
            ended = 0
            while paths := self._find(kind, uid, BATCH):
                self._documents.commit(*map(delete, paths))
                ended += len(paths)
        return ended

    def has_anything(self, uid: str) -> bool:
        return any(self._find(kind, uid, 1) for kind in KINDS)

    def uids(self) -> Iterator[str]:
        """Whose grants and notes there are; some more than once."""
        for _, grant in self._documents.stream_all(Query("oauthGrants", select=("uid",))):
            yield from filter(_is_uid, grant.fields.values())
        for path in self._documents.list_paths("users"):
            if _is_uid(uid := path.rpartition("/")[2]):
                yield uid

    def unfinished(self) -> Iterator[str]:
        """Whose deletion is not finished."""
        for path, _ in self._documents.stream_all(Query("accountDeletions", {"done": False}, select=())):
            yield path.rpartition("/")[2]

    def _find(self, kind: str, uid: str, most: int) -> list[str]:
        return [path for path, _ in self._documents.stream(query(kind, uid, most))]

    def _carry_on(
        self, uid: str, now: datetime, job: Callable[[], tuple[Deletion, Snapshot]], *, is_asked: bool
    ) -> Deletion:
        left = MOST_BATCHES
        for _ in range(_TRIES):
            deletion, seen = job()
            if deletion.finished_at:
                return deletion
            asked, until = ({"askedAt": now}, None) if is_asked else ({}, deletion.asked_at)
            used = Step(self._documents, uid, asked, until).delete(left)
            left -= used
            if left <= 0:
                return job()[0]
            if not used and (finished := self._finish(uid, deletion, seen, now)):
                return finished
        raise Unavailable("deletion: too many races")

    def _last(self, uid: str) -> tuple[Deletion, Snapshot]:
        (seen,) = self._documents.get(job_path(uid))
        if seen is None or (deletion := _deletion(seen.fields)) is None:
            raise Unavailable("deletion: its receipt has just gone")
        return deletion, seen

    def _begun(self, uid: str, now: datetime) -> tuple[Deletion, Snapshot]:
        """The person's deletion as it is: the last one, or one that is made now."""
        for _ in range(_TRIES):
            (seen,) = self._documents.get(job_path(uid))
            if seen and (deletion := _deletion(seen.fields)):
                is_current = not deletion.finished_at or not (is_over(deletion, now) or self.has_anything(uid))
                if is_current:
                    return deletion, seen
            begun = begin({kind: self._documents.count(query(kind, uid)) for kind in KINDS}, now)
            write = update(job_path(uid), _fields(begun), seen) if seen else create(job_path(uid), _fields(begun))
            try:
                self._documents.commit(write)
            except (Exists, Changed, Missing):
                continue  # somebody else has begun one, or our own answer was lost
        raise Unavailable("deletion: too many races to begin")

    def _finish(self, uid: str, deletion: Deletion, seen: Snapshot, now: datetime) -> Deletion | None:
        """None when anything was deleted since it was SEEN: then perhaps there is more."""
        finished = finish(deletion, now)
        try:
            self._documents.commit(update(job_path(uid), _fields(finished), seen))
        except (Changed, Missing):
            return None
        return finished


def _is_uid(text: object) -> bool:
    """Others were not written by this service, and Firebase knows no such account."""
    return isinstance(text, str) and is_segment(text)


def _fields(deletion: Deletion) -> dict[str, Any]:
    return {
        "id": deletion.deletion_id,
        "requestedAt": deletion.requested_at,
        "found": deletion.found,
        "deleted": deletion.deleted,
        "askedAt": deletion.asked_at,
        "done": deletion.finished_at is not None,
        "finishedAt": deletion.finished_at,
        "expireAt": deletion.expires_at,
    }


def _deletion(fields: Mapping[str, Any]) -> Deletion | None:
    """None for what this service did not write."""
    match fields:
        case {
            "id": str() as deletion_id,
            "requestedAt": datetime() as requested_at,
            "found": dict() as found,
            "deleted": dict() as deleted,
            "askedAt": datetime() as asked_at,
            "finishedAt": None | datetime() as finished_at,
        } if all(type(counts.get(kind)) is int for counts in (found, deleted) for kind in KINDS):
            return Deletion(deletion_id, requested_at, found, deleted, asked_at, finished_at)
    return None
