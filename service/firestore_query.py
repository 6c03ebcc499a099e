"""What is asked of one collection, and Firestore's words for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from service.firestore_messages import MESSAGES
from service.firestore_values import encode
from service.record import record

_StructuredQuery = MESSAGES["StructuredQuery"]
_AND = 1  # of StructuredQuery.CompositeFilter.Operator; the next are of FieldFilter.Operator and Direction
_GREATER_THAN_OR_EQUAL, _LESS_THAN_OR_EQUAL, _EQUAL, _ARRAY_CONTAINS = 4, 2, 5, 7
_ASCENDING, _DESCENDING = 1, 2
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@record
class Query:
    """Documents of one collection. Each field that is compared needs its index, together with `newest_by`."""

    collection: str
    where: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Equal to these; None equals nothing."""
    contains: Mapping[str, Any] = field(default_factory=dict, repr=False)
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


def structured(query: Query, root: str) -> Any:
    """QUERY as a raw protobuf message; ROOT is where its paths begin."""
    name = query.collection.rpartition("/")[2]
    made = _StructuredQuery(from_=[{"collection_id": name}], limit={"value": query.limit} if query.limit else None)
    for key, op, value in _compared(query):
        made.where.composite_filter.op = _AND
        made.where.composite_filter.filters.add(
            field_filter={"field": {"field_path": key}, "op": op, "value": encode(value)}
        )
    if query.select is not None:
        for key in query.select or ("__name__",):
            made.select.fields.add(field_path=key)
    if query.newest_by:
        for key in (query.newest_by, "__name__"):
            made.order_by.add(field={"field_path": key}, direction=_DESCENDING)
    if query.after:
        value, path = query.after
        made.start_at.values.append(encode(value))
        made.start_at.values.add(reference_value=root + path)
    if query.by_path:
        made.order_by.add(field={"field_path": "__name__"}, direction=_ASCENDING)
    if query.after_path:
        made.start_at.values.add(reference_value=root + query.after_path)
    return made


def _compared(query: Query) -> Iterator[tuple[str, int, Any]]:
    yield from ((key, _EQUAL, value) for key, value in query.where.items())
    yield from ((key, _ARRAY_CONTAINS, value) for key, value in query.contains.items())
    if query.newest_by:  # bounds of this type: Firestore would order numbers and texts among the timestamps
        yield query.newest_by, _GREATER_THAN_OR_EQUAL, _FIRST
        yield query.newest_by, _LESS_THAN_OR_EQUAL, _LAST
