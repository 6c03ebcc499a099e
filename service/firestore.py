"""Firestore in the few words that this service uses: get documents, commit writes with preconditions.

Every call ends within about `TOTAL_SECONDS`, and every failure that is not an answer is `errors.Unavailable`.
Written on the generated client and its protobuf messages: see docs/decisions/0004.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.api_core import exceptions, retry
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient

from service.errors import Unavailable, invalid_token
from service.identity.access import Access

TOTAL_SECONDS, ATTEMPT_SECONDS = 8.0, 4.0
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
_Value, _Document, _Write = types.Value.pb(), types.Document.pb(), types.Write.pb()
_Precondition, _Mask = types.Precondition.pb(), types.DocumentMask.pb()
_Transform = types.DocumentTransform.FieldTransform.pb()
_Array, _Map = types.ArrayValue.pb(), types.MapValue.pb()
_CommitRequest, _BatchGetRequest = types.CommitRequest.pb(), types.BatchGetDocumentsRequest.pb()

Fields = Mapping[str, Any]


class Missing(Exception):
    """A write required a document that does not exist. Nothing was written."""


class Exists(Exception):
    """A write was to create a document that exists already. Nothing was written."""


class Changed(Exception):
    """A document was changed since it was read. Nothing was written; read again and decide again."""


@dataclass(frozen=True)
class Snapshot:
    """A document as it was read: its fields as Python values, timestamps as `datetime` in UTC."""

    fields: Mapping[str, Any] = field(repr=False)
    update_time: Any


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


def delete(path: str) -> Write:
    """Whether it exists or not."""
    return Write(path, is_delete=True)


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
        """The documents of COLLECTION whose fields equal WHERE, by path; all of them, or the first LIMIT.

        SELECT names the fields to read; with none of them only the paths are. Each field of WHERE needs its index, and
        its value must not be None, which equals nothing.
        """
        parent, _, name = collection.rpartition("/")
        query = types.StructuredQuery(from_=[types.StructuredQuery.CollectionSelector(collection_id=name)])
        if select is not None:
            fields = [{"field_path": field} for field in select or ("__name__",)]
            query.select = types.StructuredQuery.Projection(fields=fields)
        if limit:
            query.limit = limit
        filters = [
            {"field_filter": {"field": {"field_path": key}, "op": "EQUAL", "value": types.Value.wrap(_encode(value))}}
            for key, value in (where or {}).items()
        ]
        if filters:
            query.where = types.StructuredQuery.Filter(composite_filter={"op": "AND", "filters": filters})
        request = types.RunQueryRequest(parent=f"{self._prefix}{parent}".rstrip("/"), structured_query=query)
        try:
            answers = self._client.run_query(request, retry=_RETRY, timeout=ATTEMPT_SECONDS, metadata=self._metadata)
            documents = [type(answer).pb(answer).document for answer in answers]
        except (exceptions.GoogleAPIError, GoogleAuthError) as failed:
            raise Unavailable(f"Firestore query: {type(failed).__name__}") from None
        return {item.name.removeprefix(self._prefix): _snapshot(item) for item in documents if item.name}

    def commit(self, *writes: Write) -> None:
        """All of WRITES or none, in one round trip. Raises `Missing`, `Exists` or `Changed` when one does not hold.

        After a lost answer the client sends the commit again, so one of the three can also mean "our own first
        attempt has done it": callers tell by a document that only they can have written.
        """
        request = _CommitRequest(database=self._database, writes=[self._message(write) for write in writes])
        try:
            self._client.commit(
                types.CommitRequest.wrap(request), retry=_RETRY, timeout=ATTEMPT_SECONDS, metadata=self._metadata
            )
        except exceptions.NotFound:
            raise Missing from None
        except exceptions.AlreadyExists:
            raise Exists from None
        except exceptions.FailedPrecondition:
            raise Changed from None
        except (exceptions.GoogleAPIError, GoogleAuthError) as failed:
            raise Unavailable(f"Firestore commit: {type(failed).__name__}") from None

    def _message(self, write: Write) -> Any:
        name = self._prefix + write.path
        if write.is_delete:
            return _Write(delete=name)
        if write.seen:
            condition = _Precondition(update_time=write.seen.update_time)
        else:
            condition = _Precondition(exists=write.exists)
        return _Write(
            update=_Document(name=name, fields={key: _encode(value) for key, value in write.fields.items()}),
            update_mask=_Mask(field_paths=list(write.fields)) if write.exists else None,
            update_transforms=[
                _Transform(field_path=key, increment=_encode(by)) for key, by in write.increments.items()
            ],
            current_document=condition,
        )


def prove(access: Access, now: datetime, notes: int = 0) -> tuple[Write, Write]:
    """The two writes that make ACCESS true in the commit they are part of, and note that its grant was used.

    NOTES is how many notes the commit adds to those that the grant has saved.

    The commit raises `Missing` when the token was never issued or its grant has ended: see `invalid_token`.
    """
    counted = {"notesSaved": notes} if notes else {}
    return require(access.token_path), update(access.grant_path, {"lastUsedAt": now}, increments=counted)


def proven(documents: Documents, access: Access, *paths: str) -> list[Snapshot | None]:
    """The documents at PATHS, read together with the two that make ACCESS true. Raises `invalid_token`."""
    token, grant, *rest = documents.get(access.token_path, access.grant_path, *paths)
    if token is None or grant is None:
        raise invalid_token()
    return rest


def _snapshot(document: Any) -> Snapshot:
    return Snapshot({name: _decode(value) for name, value in document.fields.items()}, document.update_time)


def _encode(value: Any) -> Any:  # noqa: PLR0911  # one return a type
    match value:
        case None:
            return _Value(null_value=0)
        case bool():
            return _Value(boolean_value=value)
        case int():
            return _Value(integer_value=value)
        case str():
            return _Value(string_value=value)
        case datetime():
            encoded = _Value()
            encoded.timestamp_value.FromDatetime(value)
            return encoded
        case list() | tuple():
            return _Value(array_value=_Array(values=[_encode(item) for item in value]))
        case Mapping():
            return _Value(map_value=_Map(fields={key: _encode(item) for key, item in value.items()}))
        case _:
            raise TypeError(f"Firestore field of type {type(value).__name__}")


def _decode(value: Any) -> Any:
    kind = value.WhichOneof("value_type")
    match kind:
        case None | "null_value":
            return None
        case "timestamp_value":
            return value.timestamp_value.ToDatetime(tzinfo=UTC)
        case "array_value":
            return [_decode(item) for item in value.array_value.values]
        case "map_value":
            return {key: _decode(item) for key, item in value.map_value.fields.items()}
        case _:
            return getattr(value, kind)
