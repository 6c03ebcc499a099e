"""Firestore in the few words that this service uses: get documents, commit writes with preconditions.

Every call ends within about `TOTAL_SECONDS`, unless `stream` is given another time, and every failure that is not an
answer is `errors.Unavailable`.
Written on the generated client and its protobuf messages: see docs/decisions/0004.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from google.api_core import exceptions, retry
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.protobuf.timestamp_pb2 import Timestamp

from service.errors import Unavailable
from service.firestore_values import decode, encode

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
_Document, _Write = types.Document.pb(), types.Write.pb()
_Precondition, _Mask = types.Precondition.pb(), types.DocumentMask.pb()
_Transform = types.DocumentTransform.FieldTransform.pb()
_StructuredQuery = types.StructuredQuery.pb()
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_CommitRequest, _BatchGetRequest = types.CommitRequest.pb(), types.BatchGetDocumentsRequest.pb()

Fields = Mapping[str, Any]


class Missing(Exception):
    """A write required a document that does not exist. Nothing was written."""


class Exists(Exception):
    """A write was to create a document that exists already. Nothing was written."""


class TooLarge(Unavailable):
    """A commit holds more than Firestore takes, what it deletes included. Nothing was written; fewer writes may do."""


class Changed(Exception):
    """A document was changed since it was read. Nothing was written; read again and decide again."""


@dataclass(frozen=True)
class Snapshot:
    """A document as it was read: its fields as Python values, timestamps as `datetime` in UTC."""

    fields: Mapping[str, Any] = field(repr=False)
    update_time: Any
    create_time: Any = None

    @property
    def created_at(self) -> datetime:
        """When it was first written, by Firestore's clock."""
        created_at: datetime = self.create_time.ToDatetime(UTC)
        return created_at

    @property
    def version(self) -> str:
        """The update time in nanoseconds since 1970: another one for every write that changed something."""
        return version(self.update_time)


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


def version(update_time: Any) -> str:
    return str(update_time.ToNanoseconds())


def as_of(version: str) -> Snapshot:
    """What stands for the state of that VERSION in `update` and `require`; its fields are not known."""
    moment = Timestamp()
    moment.FromNanoseconds(int(version))
    return Snapshot({}, moment)


@dataclass(frozen=True)
class Query:
    """Documents of one collection. Each field that is compared needs its index, together with `newest_by`."""

    collection: str
    where: Fields = field(default_factory=dict, repr=False)
    """Equal to these; None equals nothing."""
    contains: Fields = field(default_factory=dict, repr=False)
    """Lists that hold these."""
    newest_by: str | None = None
    """The timestamp by which the newest comes first; a document in which this is no timestamp is not found."""
    after: tuple[Any, str] | None = None
    """That field's value and the path of the document after which to begin."""
    by_path: bool = False
    """In the order of their paths instead: every document is found, whatever its fields."""
    after_path: str | None = None
    """The path after which to begin."""
    select: Sequence[str] | None = None
    """The fields to read; with none of them only the paths are."""
    limit: int = 0


@dataclass(frozen=True)
class Write:
    """One write of a commit. Made by the functions below; paths are relative to the database."""

    path: str
    fields: Fields = field(default_factory=dict, repr=False)
    exists: bool | None = None
    seen: Snapshot | None = field(default=None, repr=False)
    increments: Mapping[str, int] = field(default_factory=dict)
    is_delete: bool = False


def create(path: str, fields: Fields) -> Write:
    """The document must not exist yet (`Exists`)."""
    return Write(path, fields, exists=False)


def update(
    path: str, fields: Fields, seen: Snapshot | None = None, increments: Mapping[str, int] | None = None
) -> Write:
    """Change FIELDS and leave the others. The document must exist (`Missing`) and be as SEEN, if given (`Changed`).

    INCREMENTS are added to what the document holds at that moment.
    """
    return Write(path, fields, exists=True, seen=seen, increments=increments or {})


def require(path: str, seen: Snapshot | None = None) -> Write:
    """Changes nothing: the document must exist (`Missing`) and be as SEEN, if given (`Changed`)."""
    return Write(path, exists=True, seen=seen)


def put(path: str, fields: Fields) -> Write:
    """In place of what there is, if anything."""
    return Write(path, fields)


def delete(path: str, *, must_exist: bool = False) -> Write:
    """Whether it exists or not, unless it MUST_EXIST (`Missing`)."""
    return Write(path, exists=must_exist or None, is_delete=True)


class Documents:
    """One Firestore database. Safe for threads; make one a process, after forking."""

    def __init__(
        self, client: FirestoreClient, project: str, database: str, metadata: tuple[tuple[str, str], ...]
    ) -> None:
        self._client, self._metadata = client, metadata
        self._database = f"projects/{project}/databases/{database}"
        self._prefix = f"{self._database}/documents/"

    def get(self, *paths: str) -> list[Snapshot | None]:
        """The documents at PATHS, in that order, from one consistent BatchGet; None for each that does not exist."""
        request = _BatchGetRequest(database=self._database, documents=[self._prefix + path for path in paths])
        found: dict[str, Snapshot] = {}
        try:
            answers = self._client.batch_get_documents(
                types.BatchGetDocumentsRequest.wrap(request),
                retry=_RETRY,
                timeout=ATTEMPT_SECONDS,
                metadata=self._metadata,
            )
            for answer in answers:
                document = type(answer).pb(answer).found
                if document.name:
                    found[document.name.removeprefix(self._prefix)] = _snapshot(document)
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
        request = types.RunQueryRequest(parent=self._parent(query.collection), structured_query=self._structured(query))
        try:
            answers: Any = self._client.run_query(request, retry=_RETRY, timeout=seconds, metadata=self._metadata)
            try:
                for answer in answers:
                    document = type(answer).pb(answer).document
                    if document.name:
                        yield document.name.removeprefix(self._prefix), _snapshot(document)
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
        counted = types.StructuredAggregationQuery(structured_query=self._structured(query), aggregations=[one])
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

    def _structured(self, query: Query) -> Any:
        name = query.collection.rpartition("/")[2]
        made = _StructuredQuery(from_=[{"collection_id": name}], limit={"value": query.limit} if query.limit else None)
        for key, op, value in _compared(query):
            made.where.composite_filter.op = "AND"
            made.where.composite_filter.filters.add(
                field_filter={"field": {"field_path": key}, "op": op, "value": encode(value)}
            )
        if query.select is not None:
            for key in query.select or ("__name__",):
                made.select.fields.add(field_path=key)
        if query.newest_by:
            for key in (query.newest_by, "__name__"):
                made.order_by.add(field={"field_path": key}, direction="DESCENDING")
        if query.after:
            value, path = query.after
            made.start_at.values.append(encode(value))
            made.start_at.values.add(reference_value=self._prefix + path)
        if query.by_path:
            made.order_by.add(field={"field_path": "__name__"}, direction="ASCENDING")
        if query.after_path:
            made.start_at.values.add(reference_value=self._prefix + query.after_path)
        return made

    def commit(self, *writes: Write) -> list[Any]:
        """All of WRITES or none, in one round trip; returns the update time of each document that was written.

        Raises `Missing`, `Exists` or `Changed` when one does not hold, `TooLarge` when they are too many or too long.

        After a lost answer the client sends the commit again, so one of the three can also mean "our own first
        attempt has done it": callers tell by a document that only they can have written.
        """
        request = _CommitRequest(database=self._database, writes=[self._message(write) for write in writes])
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

    def _message(self, write: Write) -> Any:
        name, condition = self._prefix + write.path, None
        if write.seen:
            condition = _Precondition(update_time=write.seen.update_time)
        elif write.exists is not None:
            condition = _Precondition(exists=write.exists)
        if write.is_delete:
            return _Write(delete=name, current_document=condition)
        return _Write(
            update=_Document(name=name, fields={key: encode(value) for key, value in write.fields.items()}),
            update_mask=_Mask(field_paths=list(write.fields)) if write.exists else None,
            update_transforms=[
                _Transform(field_path=key, increment=encode(by)) for key, by in write.increments.items()
            ],
            current_document=condition,
        )


def _compared(query: Query) -> Iterator[tuple[str, str, Any]]:
    yield from ((key, "EQUAL", value) for key, value in query.where.items())
    yield from ((key, "ARRAY_CONTAINS", value) for key, value in query.contains.items())
    if query.newest_by:  # bounds of this type: Firestore would order numbers and texts among the timestamps
        yield query.newest_by, "GREATER_THAN_OR_EQUAL", _FIRST
        yield query.newest_by, "LESS_THAN_OR_EQUAL", _LAST


def _snapshot(document: Any) -> Snapshot:
    return Snapshot(
        {name: decode(value) for name, value in document.fields.items()}, document.update_time, document.create_time
    )
