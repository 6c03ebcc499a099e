"""Python values as Firestore's, and back; documents as they were read."""

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from service.firestore_messages import MESSAGES
from service.record import record

_Value = MESSAGES["Value"]


def fill(message: Any, value: Any) -> None:
    """Set the raw message MESSAGE, which is empty, to VALUE. Raises `TypeError` for what no field of ours holds.

    Written where it will be sent from: a message that is made apart is copied, and a note may be long.
    """
    match value:
        case None:
            message.null_value = 0
        case bool():
            message.boolean_value = value
        case int():
            message.integer_value = value
        case str():
            message.string_value = value
        case datetime():
            message.timestamp_value.FromDatetime(value)
        case list() | tuple():
            message.array_value.SetInParent()  # also when it is empty
            for item in value:
                fill(message.array_value.values.add(), item)
        case Mapping():
            message.map_value.SetInParent()
            for key, item in value.items():
                fill(message.map_value.fields[key], item)
        case _:
            raise TypeError(f"Firestore field of type {type(value).__name__}")


def encode(value: Any) -> Any:
    """VALUE as a raw protobuf message of its own."""
    message = _Value()
    fill(message, value)
    return message


def decode(value: Any) -> Any:
    """The raw message VALUE as Python has it; a timestamp as `datetime` in UTC, a point on Earth as a dictionary."""
    kind = value.WhichOneof("value_type")
    match kind:
        case None | "null_value":
            return None
        case "timestamp_value":
            return value.timestamp_value.ToDatetime(tzinfo=UTC)
        case "geo_point_value":
            return {"latitude": value.geo_point_value.latitude, "longitude": value.geo_point_value.longitude}
        case "array_value":
            return [decode(item) for item in value.array_value.values]
        case "map_value":
            return {key: decode(item) for key, item in value.map_value.fields.items()}
        case _:
            return getattr(value, kind)


@record
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
    def written_at(self) -> datetime:
        """When it was last written, by Firestore's clock."""
        written_at: datetime = self.update_time.ToDatetime(UTC)
        return written_at

    @property
    def version(self) -> str:
        """The update time in nanoseconds since 1970: another one for every write that changed something."""
        return version(self.update_time)


def version(update_time: Any) -> str:
    return str(update_time.ToNanoseconds())


def as_of(version: str) -> Snapshot:
    """What stands for the state of that VERSION in `update` and `require`; its fields are not known."""
    moment = Timestamp()
    moment.FromNanoseconds(int(version))
    return Snapshot({}, moment)


def snapshot(document: Any) -> Snapshot:
    """The raw message DOCUMENT."""
    fields = {name: decode(value) for name, value in document.fields.items()}
    return Snapshot(fields, document.update_time, document.create_time)
