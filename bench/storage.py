"""How many bytes Firestore bills for a document and its index entries, by Google's rules.

https://cloud.google.com/firestore/docs/storage-size. Fields are as the REST API has them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from scripts.verbs import index_file
from scripts.verbs.index_file import Index, Indexes
from tests import world as worlds
from tests.assistant import connected
from tests.world import FIRESTORE, World

Value = Mapping[str, Any]
_EXTRA = 32
_MOST_INDEXED = 1_500
_NOTE = {
    "title": "Three names for a café",
    "content": ("1. **Crema**, which is short\n2. *Half Past Ten*\n" * 100)[:2_400],
    "tags": ["names", "café", "ideas"],
}
_WHERE = {"openai-conversation-id": "6743c1f2-0000-4000-8000-000000000000", "openai-gpt-id": "g-1f0e0000"}


@dataclass(frozen=True)
class Stored:
    """Bytes of one document, of its index entries, and how many of these there are."""

    document: int
    indexes: int
    entries: int

    @property
    def total(self) -> int:
        return self.document + self.indexes


def measure(path: str, fields: Mapping[str, Value], indexes: Indexes) -> Stored:
    """Of the document with FIELDS at PATH, which is relative to the database."""
    entries = list(_entries(path, fields, indexes))
    return Stored(_name(path) + _map(fields) + _EXTRA, sum(entries), len(entries))


def _name(path: str) -> int:
    return sum(len(part.encode()) + 1 for part in path.split("/")) + 16 if path else 0


def _map(fields: Mapping[str, Value]) -> int:
    return sum(len(name.encode()) + 1 + _size(value) for name, value in fields.items())


def _size(value: Value) -> int:
    ((kind, inner),) = value.items()
    match kind:
        case "stringValue":
            return len(inner.encode()) + 1
        case "timestampValue" | "integerValue" | "doubleValue":
            return 8
        case "booleanValue" | "nullValue":
            return 1
        case "arrayValue":
            return sum(map(_size, inner.get("values", [])))
        case "mapValue":
            return _map(inner.get("fields", {})) + _EXTRA
        case _:
            raise ValueError(f"no size known: {kind}")


def _entries(path: str, fields: Mapping[str, Value], indexes: Indexes) -> Iterator[int]:
    """The size of each: a value has one for each of its indexes, a list one for each member."""
    group, both = path.split("/")[-2], _name(path) + _name("/".join(path.split("/")[:-2])) + _EXTRA
    leaves = dict(_leaves(fields))
    for name, value in leaves.items():
        for _, mode in indexes.modes(group, name):
            for member in _members(value, mode):
                yield both + len(name.encode()) + 1 + min(_size(member), _MOST_INDEXED)
    for index in indexes.composites:
        if index.group == group and leaves.keys() >= {name for name, _ in index.fields}:
            yield from (both + size for size in _combined(index, leaves))


def _combined(index: Index, leaves: Mapping[str, Value]) -> Iterator[int]:
    sizes = [0]
    for name, mode in index.fields:
        sizes = [size + min(_size(member), _MOST_INDEXED) for size in sizes for member in _members(leaves[name], mode)]
    yield from sizes


def _members(value: Value, mode: str) -> list[Value]:
    if "arrayValue" in value:
        return list(value["arrayValue"].get("values", [])) if mode == "CONTAINS" else []
    return [] if mode == "CONTAINS" else [value]


def _leaves(fields: Mapping[str, Value], before: str = "") -> Iterator[tuple[str, Value]]:
    for name, value in fields.items():
        if "mapValue" in value:
            yield from _leaves(value["mapValue"].get("fields", {}), f"{before}{name}.")
        else:
            yield before + name, value


def stored() -> dict[str, Stored]:
    """What the documents of one connection and of one note of 2,400 characters take, read from Firestore."""
    with worlds.world() as world:
        ada = world.person()
        chatgpt = connected(world, ada)
        assert chatgpt.call("POST", "/notes", json=_NOTE, headers=_WHERE).status_code == 201
        world.refresh(chatgpt.client, chatgpt.tokens.refresh_token)
        tokens = _documents(world, "oauthTokens")
        use, spent = {"access": "access token", "refresh": "refresh token"}, {True: "used ", False: ""}
        named = {
            spent["timestampValue" in fields["usedAt"]] + use[fields["use"]["stringValue"]]: (path, fields)
            for path, fields in sorted(tokens.items())
        }
        note, grant, code = (
            next(iter(_documents(world, name).items()))
            for name in (f"users/{ada.uid}/notes", "oauthGrants", "oauthCodes")
        )
        known = {"note": note, "grant": grant, "used code": code, **named}
        indexes = index_file.declared()
        return {name: measure(path, fields, indexes) for name, (path, fields) in sorted(known.items())}


def _documents(world: World, collection: str) -> dict[str, dict[str, Any]]:
    url = f"http://{FIRESTORE}/v1/projects/{world.project}/databases/(default)/documents/{collection}"
    answer = requests.get(url, headers={"Authorization": "Bearer owner"}, timeout=20).json()
    return {each["name"].partition("/documents/")[2]: each["fields"] for each in answer["documents"]}
