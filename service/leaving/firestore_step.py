"""One step of a deletion: bounded work on what there is of a person. See docs/decisions/0014."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from service.errors import Unavailable
from service.firestore import Documents, Missing, in_halves
from service.firestore_query import Query
from service.firestore_write import delete, update
from service.leaving.deletion import ACCESS, REST
from service.record import record

BATCH = 250
_TRIES = 40
_COLLECTIONS = {"codes": "oauthCodes", "connections": "oauthGrants", "tokens": "oauthTokens"}


@record
class Step:
    """Some of the work: what there is of the person; each batch sets the job's FIELDS.

    With UNTIL, what the person connected, wrote or edited after it stays.
    """

    documents: Documents
    uid: str
    fields: Mapping[str, Any]
    until: datetime | None

    def delete(self, most: int) -> int:
        """Delete all that gives access, and at most MOST batches of the rest; how many of those there were."""
        for kind in ACCESS:
            for _ in range(_TRIES):
                if not (paths := list(islice(self._find(kind), BATCH))):
                    break
                in_halves(paths, partial(self._delete, kind))
            else:
                raise Unavailable("deletion: too many races about access")
        used = 0
        for kind in REST:
            found = self._find(kind)
            while used < most and (paths := list(islice(found, BATCH))):
                in_halves(paths, partial(self._delete, kind))
                used += 1
        return used

    def _find(self, kind: str) -> Iterator[str]:
        for path, there in self.documents.stream_all(query(kind, self.uid, BATCH)):
            # An edit is the person's; that an old connection was used is not.
            came_at = there.written_at if kind == "notes" else there.created_at
            if self.until is None or came_at <= self.until:
                yield path

    def _delete(self, kind: str, paths: list[str]) -> None:
        """Delete all of PATHS and count them, or, if one of them is gone already, none."""
        counted = update(job_path(self.uid), self.fields, increments={f"deleted.{kind}": len(paths)})
        with suppress(Missing):  # somebody else deletes too, or our own answer was lost: what is left is found again
            self.documents.commit(counted, *(delete(path, must_exist=True) for path in paths))


def query(kind: str, uid: str, most: int = 0) -> Query:
    if kind == "notes":
        return Query(f"users/{uid}/notes", select=(), limit=most)
    return Query(_COLLECTIONS[kind], {"uid": uid}, select=(), limit=most)


def job_path(uid: str) -> str:
    return f"accountDeletions/{uid}"
