"""Firestore in the few words that this service uses: get documents, commit writes with preconditions.

Every call ends within about `TOTAL_SECONDS`, unless it is given another time, and every failure that is not an
answer is `errors.Unavailable`.
Written on the generated client and its protobuf messages: see docs/decisions/0004.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from google.api_core import exceptions, retry
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient

from service.errors import Unavailable
from service.firestore_query import Query, structured
from service.firestore_values import Snapshot, snapshot
from service.firestore_write import Fields, Write, message

TOTAL_SECONDS, ATTEMPT_SECONDS = 8.0, 4.0
_PAGE = 300
_transient = retry.if_exception_type(
    exceptions.ServiceUnavailable,
    exceptions.InternalServerError,
    exceptions.TooManyRequests,
    exceptions.Aborted,  # contention: the preconditions are simply tried again
    exceptions.DeadlineExceeded,  # of one attempt: a lost answer, most often
    ConnectionError,
)
_RETRY = retry.Retry(predicate=_transient, initial=0.05, maximum=1.0, multiplier=2.0, timeout=TOTAL_SECONDS)

# The raw messages: the proto-plus wrappers around them cost more than the call.
_CommitRequest, _BatchGetRequest = types.CommitRequest.pb(), types.BatchGetDocumentsRequest.pb()


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


class Documents:
    """One Firestore database. Safe for threads; make one a process, after forking."""

    def __init__(
        self, client: FirestoreClient, project: str, database: str, metadata: tuple[tuple[str, str], ...]
    ) -> None:
        self._client, self._metadata = client, metadata
        self._database = f"projects/{project}/databases/{database}"
        self._prefix = f"{self._database}/documents/"

    def get(self, *paths: str, seconds: float = TOTAL_SECONDS) -> list[Snapshot | None]:
        """The documents at PATHS, in that order, from one consistent BatchGet; None for each that does not exist.

        No attempt begins after SECONDS, and none takes longer than half of them.
        """
        request = _BatchGetRequest(database=self._database, documents=[self._prefix + path for path in paths])
        found: dict[str, Snapshot] = {}
        try:
            answers = self._client.batch_get_documents(
                types.BatchGetDocumentsRequest.wrap(request),
                retry=_RETRY if seconds == TOTAL_SECONDS else _RETRY.with_timeout(seconds),
                timeout=seconds / 2,
                metadata=self._metadata,
            )
            for answer in answers:
                document = type(answer).pb(answer).found
                if document.name:
                    found[document.name.removeprefix(self._prefix)] = snapshot(document)
        except (exceptions.GoogleAPIError, GoogleAuthError) as failed:
            raise Unavailable(f"Firestore get: {type(failed).__name__}") from None
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
        request = types.RunQueryRequest(
            parent=self._parent(query.collection), structured_query=structured(query, self._prefix)
        )
        try:
            answers: Any = self._client.run_query(request, retry=_RETRY, timeout=seconds, metadata=self._metadata)
            try:
                for answer in answers:
                    document = type(answer).pb(answer).document
                    if document.name:
                        yield document.name.removeprefix(self._prefix), snapshot(document)
            finally:
                answers.cancel()
        except (exceptions.GoogleAPIError, GoogleAuthError) as failed:
            raise Unavailable(f"Firestore query: {type(failed).__name__}") from None

    def stream_all(self, query: Query) -> Iterator[tuple[str, Snapshot]]:
        """What QUERY finds, in the order of its paths and in pages of its limit: whoever takes it may take their time."""
        most = count = query.limit or _PAGE
        while count == most:
            page = dict(self.stream(replace(query, by_path=True, limit=most)))
            yield from page.items()
            count, query = len(page), replace(query, after_path=next(reversed(page), ""))

    def list_paths(self, collection: str) -> Iterator[str]:
        """The paths in COLLECTION, in pages; also of documents that do not exist and have others below them."""
        request = types.ListDocumentsRequest(
            parent=self._prefix.rstrip("/"),
            collection_id=collection,
            page_size=_PAGE,
            mask=types.DocumentMask(),
            show_missing=True,
        )
        try:
            found = self._client.list_documents(request, retry=_RETRY, timeout=ATTEMPT_SECONDS, metadata=self._metadata)
            for document in found:
                yield document.name.removeprefix(self._prefix)
        except (exceptions.GoogleAPIError, GoogleAuthError) as failed:
            raise Unavailable(f"Firestore list: {type(failed).__name__}") from None

    def count(self, query: Query) -> int:
        """How many documents QUERY finds, without reading them."""
        one = types.StructuredAggregationQuery.Aggregation(count={}, alias="all")
        counted = types.StructuredAggregationQuery(structured_query=structured(query, self._prefix), aggregations=[one])
        request = types.RunAggregationQueryRequest(
            parent=self._parent(query.collection), structured_aggregation_query=counted
        )
        try:
            answers = self._client.run_aggregation_query(
                request, retry=_RETRY, timeout=ATTEMPT_SECONDS, metadata=self._metadata
            )
            return sum(answer.result.aggregate_fields["all"].integer_value for answer in answers)
        except (exceptions.GoogleAPIError, GoogleAuthError) as failed:
            raise Unavailable(f"Firestore count: {type(failed).__name__}") from None

    def _parent(self, collection: str) -> str:
        return f"{self._prefix}{collection.rpartition('/')[0]}".rstrip("/")

    def commit(self, *writes: Write) -> list[Any]:
        """All of WRITES or none, in one round trip; returns the update time of each document that was written.

        Raises `Missing`, `Exists` or `Changed` when one does not hold, `TooLarge` when they are too many or too long.

        After a lost answer the client sends the commit again, so one of the three can also mean "our own first
        attempt has done it": callers tell by a document that only they can have written.
        """
        request = _CommitRequest(database=self._database, writes=[message(write, self._prefix) for write in writes])
        try:
            answer = self._client.commit(
                types.CommitRequest.wrap(request), retry=_RETRY, timeout=ATTEMPT_SECONDS, metadata=self._metadata
            )
        except exceptions.NotFound:
            raise Missing from None
        except exceptions.AlreadyExists:
            raise Exists from None
        except exceptions.FailedPrecondition:
            raise Changed from None
        except exceptions.InvalidArgument:
            raise TooLarge("Firestore commit: too large") from None
        except (exceptions.GoogleAPIError, GoogleAuthError) as failed:
            raise Unavailable(f"Firestore commit: {type(failed).__name__}") from None
        return [result.update_time for result in types.CommitResponse.pb(answer).write_results]
