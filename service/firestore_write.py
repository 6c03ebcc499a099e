"""The writes of a commit, each with what must hold for it, and Firestore's words for them."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from service.firestore_values import Snapshot, fill
from service.record import record

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


def add_to(request: Any, write: Write, root: str) -> None:
    """Add WRITE to the raw message REQUEST, a commit; ROOT is where its path begins."""
    made = request.writes.add()
    if write.seen:
        made.current_document.update_time.CopyFrom(write.seen.update_time)
    elif write.exists is not None:
        made.current_document.exists = write.exists
    if write.is_delete:
        made.delete = root + write.path
        return
    made.update.name = root + write.path
    for key, value in write.fields.items():
        fill(made.update.fields[key], value)
    if write.exists:
        made.update_mask.SetInParent()  # of no field too: else the document would lose all that it has
        made.update_mask.field_paths.extend(write.fields)
    for key, by in write.increments.items():
        fill(made.update_transforms.add(field_path=key).increment, by)
