"""The messages that the service writes and reads are parts of Firestore's own, as its client library has them."""

from typing import Any

import pytest
from google.cloud import secretmanager_v1
from google.cloud.firestore_v1 import types
from google.protobuf import wrappers_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.type import latlng_pb2

from service.firestore_messages import MESSAGES
from service.oauth import secret_manager

_INSIDE: dict[str, Any] = {
    "FieldTransform": types.DocumentTransform,
    "Aggregation": types.StructuredAggregationQuery,
    "Count": types.StructuredAggregationQuery.Aggregation,
} | dict.fromkeys(
    ("Projection", "CollectionSelector", "Filter", "CompositeFilter", "FieldFilter", "FieldReference", "Order"),
    types.StructuredQuery,
)
_ELSEWHERE: dict[str, Any] = {
    "LatLng": latlng_pb2.LatLng,
    "Int32Value": wrappers_pb2.Int32Value,
    "Int64Value": wrappers_pb2.Int64Value,
}
# Names, which Firestore has in a oneof: not set and empty are the same to us.
_NEVER_EMPTY = {"BatchGetDocumentsResponse.missing", "Write.delete"}


def library(name: str) -> Any:
    """The descriptor of the library's message NAME."""
    found = _ELSEWHERE.get(name) or getattr(_INSIDE.get(name, types), name).pb()
    return found.DESCRIPTOR


def shape(field: FieldDescriptor) -> tuple[object, ...]:
    """All of FIELD that is on the wire, and in which oneof it is."""
    kind = field.message_type
    if kind and kind.GetOptions().map_entry:
        return field.name, field.number, *(shape(part) for part in kind.fields)
    is_enum = field.type == FieldDescriptor.TYPE_ENUM  # on the wire, a number
    return (
        field.name,
        field.number,
        FieldDescriptor.TYPE_INT32 if is_enum else field.type,
        field.is_repeated,
        kind.name if kind else None,
    )


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_message_is_a_part_of_the_librarys(name: str) -> None:
    ours, theirs = MESSAGES[name].DESCRIPTOR, library(name)
    named = {field.name: field for field in theirs.fields}

    assert ours.fields
    for field in ours.fields:
        assert shape(field) == shape(named[field.name])
        assert field.has_presence == named[field.name].has_presence or f"{name}.{field.name}" in _NEVER_EMPTY


@pytest.mark.parametrize("name", sorted(secret_manager.MESSAGES))
def test_secret_managers_are_too(name: str) -> None:
    theirs = {field.name: shape(field) for field in getattr(secretmanager_v1, name).pb().DESCRIPTOR.fields}
    ours = {field.name: shape(field) for field in secret_manager.MESSAGES[name].DESCRIPTOR.fields}

    assert ours.items() <= theirs.items()


@pytest.mark.parametrize("name", ["Value", "Precondition", "Filter"])
def test_of_a_choice_one_at_most_is_set(name: str) -> None:
    (ours,) = MESSAGES[name].DESCRIPTOR.oneofs
    named = {oneof.name: {field.name for field in oneof.fields} for oneof in library(name).oneofs}

    assert {field.name for field in ours.fields} <= named[ours.name]


def test_the_numbers_of_enumerations_are_the_librarys() -> None:
    query = types.StructuredQuery
    field, direction = query.FieldFilter.Operator, query.Direction

    assert (query.CompositeFilter.Operator.AND, direction.ASCENDING, direction.DESCENDING) == (1, 1, 2)
    assert (field.GREATER_THAN_OR_EQUAL, field.LESS_THAN_OR_EQUAL, field.EQUAL, field.ARRAY_CONTAINS) == (4, 2, 5, 7)
