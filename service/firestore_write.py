"""The writes of a commit, each with what must hold for it, and Firestore's words for them."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from service.firestore_messages import MESSAGES
from service.firestore_values import Snapshot, encode
from service.record import record

_Document, _Write = MESSAGES["Document"], MESSAGES["Write"]
_Precondition, _Mask = MESSAGES["Precondition"], MESSAGES["DocumentMask"]
_Transform = MESSAGES["FieldTransform"]

Fields = Mapping[str, Any]


@record
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


def message(write: Write, root: str) -> Any:
    """WRITE as a raw protobuf message; ROOT is where its path begins."""
    name, condition = root + write.path, None
    if write.seen:
        condition = _Precondition(update_time=write.seen.update_time)
    elif write.exists is not None:
        condition = _Precondition(exists=write.exists)
    if write.is_delete:
        return _Write(delete=name, current_document=condition)
    return _Write(
        update=_Document(name=name, fields={key: encode(value) for key, value in write.fields.items()}),
        update_mask=_Mask(field_paths=list(write.fields)) if write.exists else None,
        update_transforms=[_Transform(field_path=key, increment=encode(by)) for key, by in write.increments.items()],
        current_document=condition,
    )
