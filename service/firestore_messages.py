"""The messages of Firestore that this service sends and reads, as protobuf classes.

Each is a part of the message of the same name in google.firestore.v1, with its names and numbers: see
docs/decisions/0023. An enumeration is a number, which is the same on the wire.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf import timestamp_pb2 as _timestamp_pb2  # noqa: F401  # the pool must know it

_PACKAGE = "mate.firestore"
# Each message, in brackets the oneof that all its fields are in, and its fields; "map" is from strings.
_MESSAGES = """BatchGetDocumentsRequest: string database = 1, repeated string documents = 2
BatchGetDocumentsResponse: Document found = 1, string missing = 2
CommitRequest: string database = 1, repeated Write writes = 2
CommitResponse: repeated WriteResult write_results = 1
ListDocumentsRequest: string parent = 1, string collection_id = 2, int32 page_size = 3, string page_token = 4,
    DocumentMask mask = 7, bool show_missing = 12
ListDocumentsResponse: repeated Document documents = 1, string next_page_token = 2
RunQueryRequest: string parent = 1, StructuredQuery structured_query = 2
RunQueryResponse: Document document = 1
RunAggregationQueryRequest: string parent = 1, StructuredAggregationQuery structured_aggregation_query = 2
RunAggregationQueryResponse: AggregationResult result = 1

Document: string name = 1, map Value fields = 2, Timestamp create_time = 3, Timestamp update_time = 4
DocumentMask: repeated string field_paths = 1
Value (value_type): int32 null_value = 11, bool boolean_value = 1, int64 integer_value = 2,
    double double_value = 3, Timestamp timestamp_value = 10, string string_value = 17, bytes bytes_value = 18,
    string reference_value = 5, LatLng geo_point_value = 8, ArrayValue array_value = 9, MapValue map_value = 6
ArrayValue: repeated Value values = 1
MapValue: map Value fields = 1
LatLng: double latitude = 1, double longitude = 2

Write: Document update = 1, string delete = 2, DocumentMask update_mask = 3,
    repeated FieldTransform update_transforms = 7, Precondition current_document = 4
FieldTransform: string field_path = 1, Value increment = 3
Precondition (condition_type): bool exists = 1, Timestamp update_time = 2
WriteResult: Timestamp update_time = 1

StructuredQuery: Projection select = 1, repeated CollectionSelector from_ = 2, Filter where = 3,
    repeated Order order_by = 4, Cursor start_at = 7, Int32Value limit = 5
Projection: repeated FieldReference fields = 2
CollectionSelector: string collection_id = 2
Filter (filter_type): CompositeFilter composite_filter = 1, FieldFilter field_filter = 2
CompositeFilter: int32 op = 1, repeated Filter filters = 2
FieldFilter: FieldReference field = 1, int32 op = 2, Value value = 3
FieldReference: string field_path = 2
Order: FieldReference field = 1, int32 direction = 2
Cursor: repeated Value values = 1
Int32Value: int32 value = 1
StructuredAggregationQuery: StructuredQuery structured_query = 1, repeated Aggregation aggregations = 3
Aggregation: Count count = 1, string alias = 7
Count: Int64Value up_to = 1
Int64Value: int64 value = 1
AggregationResult: map Value aggregate_fields = 2
"""
_FIELD = re.compile(r"(?:(repeated|map) )?(\w+) (\w+) = (\d+)")
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
    "bool": _Field.TYPE_BOOL,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "double": _Field.TYPE_DOUBLE,
}


def _described() -> Iterator[descriptor_pb2.DescriptorProto]:
    for text in re.split(r"\n+(?! )", _MESSAGES.strip()):
        head, _, fields = text.partition(": ")
        name, _, oneof = head.rstrip(")").partition(" (")
        message = descriptor_pb2.DescriptorProto(name=name)
        if oneof:
            message.oneof_decl.add(name=oneof)
        for label, kind, field, number in _FIELD.findall(fields):
            made = message.field.add(name=field, number=int(number), label=_Field.LABEL_OPTIONAL)
            if oneof:
                made.oneof_index = 0
            if label:
                made.label = _Field.LABEL_REPEATED
            _set_type(made, _add_entry(message, field, kind) if label == "map" else kind)
        yield message


def _set_type(field: descriptor_pb2.FieldDescriptorProto, kind: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _Field.TYPE_MESSAGE
        field.type_name = f".google.protobuf.{kind}" if kind == "Timestamp" else f".{_PACKAGE}.{kind}"


def _add_entry(message: descriptor_pb2.DescriptorProto, field: str, kind: str) -> str:
    """What a map is on the wire: a list of entries. Their name is what protobuf requires of it."""
    name = field.title().replace("_", "") + "Entry"
    entry = message.nested_type.add(name=name)
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=_Field.LABEL_OPTIONAL, type=_Field.TYPE_STRING)
    _set_type(entry.field.add(name="value", number=2, label=_Field.LABEL_OPTIONAL), kind)
    return f"{message.name}.{name}"


_file = descriptor_pb2.FileDescriptorProto(
    name="mate/firestore.proto", package=_PACKAGE, syntax="proto3", dependency=["google/protobuf/timestamp.proto"]
)
_file.message_type.extend(_described())
_pool = descriptor_pool.Default()
_pool.AddSerializedFile(_file.SerializeToString())
MESSAGES: Mapping[str, Any] = {
    name: message_factory.GetMessageClass(descriptor)
    for name, descriptor in _pool.FindFileByName(_file.name).message_types_by_name.items()
}
"""All of them by name."""
