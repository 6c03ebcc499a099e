"""Firestore in the few words that this service uses: get documents, commit writes with preconditions.

Every call ends within about `TOTAL_SECONDS`, unless it is given another time, and every failure that is not an
answer is `errors.Unavailable`.
Written on gRPC itself, without the client library: see docs/decisions/0023.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from service.errors import Unavailable
from service.firestore_messages import MESSAGES
from service.firestore_query import Query, structured
from service.firestore_values import Snapshot, snapshot
from service.firestore_write import Fields, Write, add_to
from service.google_rpc import Answers, Failed, Rpcs, open_channel

HOST = "firestore.googleapis.com"
TOTAL_SECONDS, ATTEMPT_SECONDS = 8.0, 4.0
_SERVICE, _STREAMED = "google.firestore.v1.Firestore", {"BatchGetDocuments", "RunAggregationQuery", "RunQuery"}
_PAGE = 300
_BatchGetRequest, _CommitRequest = MESSAGES["BatchGetDocumentsRequest"], MESSAGES["CommitRequest"]
_RunQueryRequest, _CountRequest = MESSAGES["RunQueryRequest"], MESSAGES["RunAggregationQueryRequest"]
_ListRequest, _Mask = MESSAGES["ListDocumentsRequest"], MESSAGES["DocumentMask"]


class Missing(Exception):
    """A write required a document that does not exist. Nothing was written."""


class Exists(Exception):
    """A write was to create a document that exists already. Nothing was written."""


class TooLarge(Unavailable):
    """A commit holds more than Firestore takes, what it deletes included. Nothing was written; fewer writes may do."""


class Changed(Exception):
    """A document was changed since it was read. Nothing was written; read again and decide again."""


def in_halves(paths: list[str], commit: Callable[[list[str]], None]) -> None:
    """COMMIT what is about PATHS, in as few parts as are not `TooLarge`.

    Firestore counts what is deleted, up to 10 MiB; its emulator does not.
    """
    try:
        commit(paths)
    except TooLarge:
        if len(paths) == 1:
            raise
        half = len(paths) // 2
        in_halves(paths[:half], commit)
        in_halves(paths[half:], commit)


def open_rpcs(emulator: str | None, interceptors: Sequence[Any] = (), host: str = HOST) -> Rpcs:
    """Firestore at HOST, with application default credentials; or the EMULATOR, "host:port", as its owner.

    INTERCEPTORS are gRPC's. Raises `google.auth.exceptions.GoogleAuthError` when there are no credentials.
    """
    owner = [("authorization", "Bearer owner")] if emulator else []
    return Rpcs(open_channel(host, emulator, interceptors), _SERVICE, MESSAGES, _STREAMED, owner)


class Documents:
    """One Firestore database. Safe for threads; make one a process, after forking."""

    def __init__(self, rpcs: Rpcs, project: str, database: str) -> None:
        self._rpcs = rpcs
        self._database = f"projects/{project}/databases/{database}"
        self._prefix = f"{self._database}/documents/"

    def get(self, *paths: str, seconds: float = TOTAL_SECONDS) -> list[Snapshot | None]:
        """The documents at PATHS, in that order, from one consistent BatchGet; None for each that does not exist.

        No attempt begins after SECONDS, and none takes longer than half of them.
        """
        request = _BatchGetRequest(database=self._database, documents=[self._prefix + path for path in paths])
        found: dict[str, Snapshot] = {}
        try:
            for answer in self._rpcs.answers("BatchGetDocuments", request, "database", seconds, seconds / 2):
                if answer.found.name:
                    found[answer.found.name.removeprefix(self._prefix)] = snapshot(answer.found)
        except Failed as failed:
            raise _unavailable("get", failed) from None
        return [found.get(path) for path in paths]

    def query(
        self, collection: str, where: Fields | None = None, *, select: Sequence[str] | None = None, limit: int = 0
    ) -> dict[str, Snapshot]:
        """The documents of COLLECTION whose fields equal WHERE, by path: all that `stream` gives."""
        return dict(self.stream(Query(collection, where or {}, select=select, limit=limit)))

    def stream(self, query: Query, seconds: float = ATTEMPT_SECONDS) -> Iterator[tuple[str, Snapshot]]:
        """What QUERY finds, path by path, as it arrives: within SECONDS, and not again when it breaks off.

        Whoever stops early ends the call.
        """
        with self.begin(query, seconds) as found:
            yield from found

    @contextmanager
    def begin(self, query: Query, seconds: float = ATTEMPT_SECONDS) -> Iterator[Iterator[tuple[str, Snapshot]]]:
        """The same, asked for at once: what is done before the first is taken goes on beside it."""
        request = _RunQueryRequest(
            parent=self._parent(query.collection), structured_query=structured(query, self._prefix)
        )
        with closing(self._rpcs.answers("RunQuery", request, "parent", TOTAL_SECONDS, seconds)) as answers:
            yield self._found(answers)

    def _found(self, answers: Answers) -> Iterator[tuple[str, Snapshot]]:
        try:
            for answer in answers:
                if answer.document.name:
                    yield answer.document.name.removeprefix(self._prefix), snapshot(answer.document)
        except Failed as failed:
            raise _unavailable("query", failed) from None

    def stream_all(self, query: Query) -> Iterator[tuple[str, Snapshot]]:
        """What QUERY finds, in the order of its paths and in pages of its limit: whoever takes it may take their time."""
        most = count = query.limit or _PAGE
        while count == most:
            page = dict(self.stream(replace(query, by_path=True, limit=most)))
            yield from page.items()
            count, query = len(page), replace(query, after_path=next(reversed(page), ""))

    def list_paths(self, collection: str) -> Iterator[str]:
        """The paths in COLLECTION, in pages; also of documents that do not exist and have others below them."""
        request = _ListRequest(
            parent=self._prefix.rstrip("/"), collection_id=collection, page_size=_PAGE, mask=_Mask(), show_missing=True
        )
        more = True
        while more:
            try:
                found = self._rpcs.answer("ListDocuments", request, "parent", TOTAL_SECONDS, ATTEMPT_SECONDS)
            except Failed as failed:
                raise _unavailable("list", failed) from None
            yield from (document.name.removeprefix(self._prefix) for document in found.documents)
            request.page_token, more = found.next_page_token, bool(found.next_page_token)

    def count(self, query: Query) -> int:
        """How many documents QUERY finds, without reading them."""
        request = _CountRequest(parent=self._parent(query.collection))
        request.structured_aggregation_query.structured_query.CopyFrom(structured(query, self._prefix))
        request.structured_aggregation_query.aggregations.add(count={}, alias="all")
        try:
            answers = self._rpcs.answers("RunAggregationQuery", request, "parent", TOTAL_SECONDS, ATTEMPT_SECONDS)
            return sum(answer.result.aggregate_fields["all"].integer_value for answer in answers)
        except Failed as failed:
            raise _unavailable("count", failed) from None

    def _parent(self, collection: str) -> str:
        return f"{self._prefix}{collection.rpartition('/')[0]}".rstrip("/")

    def commit(self, *writes: Write) -> list[Any]:
        """All of WRITES or none, in one round trip; returns the update time of each document that was written.

        Raises `Missing`, `Exists` or `Changed` when one does not hold, `TooLarge` when they are too many or too long.

        After a lost answer the commit is sent again, so one of the three can also mean "our own first attempt has done
        it": callers tell by a document that only they can have written.
        """
        request = _CommitRequest(database=self._database)
        for write in writes:
            add_to(request, write, self._prefix)
        try:
            answer = self._rpcs.answer("Commit", request, "database", TOTAL_SECONDS, ATTEMPT_SECONDS)
        except Failed as failed:
            raise _refused(failed) from None
        return [result.update_time for result in answer.write_results]


def _refused(failed: Failed) -> Exception:
    match failed.code:
        case "NOT_FOUND":
            return Missing()
        case "ALREADY_EXISTS":
            return Exists()
        case "FAILED_PRECONDITION":
            return Changed()
        case "INVALID_ARGUMENT":
            return TooLarge("Firestore commit: too large")
        case _:
            return _unavailable("commit", failed)


def _unavailable(what: str, failed: Failed) -> Unavailable:
    return Unavailable(f"Firestore {what}: {failed.code}")
