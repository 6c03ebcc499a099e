"""Messages of Google's interfaces as protobuf classes, from a table of the fields that are used: docs/decisions/0023."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf import timestamp_pb2 as _timestamp_pb2  # noqa: F401  # the pool must know it

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


def classes(name: str, table: str) -> Mapping[str, Any]:
    """The messages of TABLE by their names. NAME is another one for every table.

    Each has a line, which goes on where the next is indented: its name, in brackets the oneof that all its fields are in,
    and its fields as a .proto file has them. A map is from strings. An enumeration is an int32, the same on the wire.
    """
    package = f"mate.{name}"
    file = descriptor_pb2.FileDescriptorProto(
        name=f"mate/{name}.proto", package=package, syntax="proto3", dependency=["google/protobuf/timestamp.proto"]
    )
    file.message_type.extend(_described(table, package))
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    found = pool.FindFileByName(file.name).message_types_by_name
    return {each: message_factory.GetMessageClass(descriptor) for each, descriptor in found.items()}


def _described(table: str, package: str) -> Iterator[descriptor_pb2.DescriptorProto]:
    for text in re.split(r"\n+(?! )", table.strip()):
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
            _set_type(made, _add_entry(message, field, kind, package) if label == "map" else kind, package)
        yield message


def _set_type(field: descriptor_pb2.FieldDescriptorProto, kind: str, package: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _Field.TYPE_MESSAGE
        field.type_name = f".google.protobuf.{kind}" if kind == "Timestamp" else f".{package}.{kind}"


def _add_entry(message: descriptor_pb2.DescriptorProto, field: str, kind: str, package: str) -> str:
    """What a map is on the wire: a list of entries. Their name is what protobuf requires of it."""
    name = field.title().replace("_", "") + "Entry"
    entry = message.nested_type.add(name=name)
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=_Field.LABEL_OPTIONAL, type=_Field.TYPE_STRING)
    _set_type(entry.field.add(name="value", number=2, label=_Field.LABEL_OPTIONAL), kind, package)
    return f"{message.name}.{name}"
