"""Firestore's indexes: what `firestore.indexes.json` declares, and what a database has, in the same words."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.verbs.processes import ROOT

FILE = ROOT / "firestore.indexes.json"
_MODES = ("ASCENDING", "DESCENDING", "CONTAINS")
Mode = tuple[str, str]
"""The query scope, and ASCENDING, DESCENDING or CONTAINS."""
AUTOMATIC: frozenset[Mode] = frozenset(("COLLECTION", mode) for mode in _MODES)
"""What Firestore does by itself with every field."""


@dataclass(frozen=True, order=True)
class Index:
    """What is kept sorted: these fields, each with its mode, of the documents of all collections of one name."""

    group: str
    scope: str
    fields: tuple[tuple[str, str], ...]
    """Without the document's name, which comes last by itself, in the order of the last field that has one."""


@dataclass(frozen=True)
class Field:
    """The settings of one field; `*` is every field of the group that has none."""

    modes: frozenset[Mode] | None
    """Its own indexes, which may be none; None when it has no settings of its own but those of what it is in."""
    ttl: bool


@dataclass(frozen=True)
class Indexes:
    composites: frozenset[Index]
    fields: Mapping[tuple[str, str], Field]
    """By group and path."""

    def modes(self, group: str, path: str) -> frozenset[Mode]:
        """The single-field indexes of the field at PATH: its own, or of the map that it is in, or of the group."""
        if (own := self.fields.get((group, path))) and own.modes is not None:
            return own.modes
        if path == "*":
            return AUTOMATIC
        return self.modes(group, path.rpartition(".")[0] or "*")


def declared(text: str | None = None) -> Indexes:
    """What the file says. Raises `ValueError` for what is not understood here, so that nothing is passed over."""
    content = json.loads(FILE.read_text(encoding="utf-8") if text is None else text)
    _only(content, "indexes", "fieldOverrides")
    composites, fields = [], {}
    for index in content["indexes"]:
        _only(index, "collectionGroup", "queryScope", "fields")
        composites.append(_index(index["collectionGroup"], index["queryScope"], index["fields"]))
    for entry in content["fieldOverrides"]:
        _only(entry, "collectionGroup", "fieldPath", "indexes", "ttl")
        for single in entry["indexes"]:
            _only(single, "queryScope", "order", "arrayConfig")
        modes = frozenset((single["queryScope"], _mode(single)) for single in entry["indexes"])
        fields[entry["collectionGroup"], entry["fieldPath"]] = Field(modes, entry.get("ttl", False))
    if len(set(composites)) < len(content["indexes"]) or len(fields) < len(content["fieldOverrides"]):
        raise ValueError(f"{FILE.name} says something twice")
    return Indexes(frozenset(composites), fields)


def live(indexes: Iterable[Mapping[str, Any]], fields: Iterable[Mapping[str, Any]]) -> Indexes:
    """What a database has, by the `Index` and `Field` messages of its Admin API. An index of vectors is left out."""
    known = (each for each in indexes if not any("vectorConfig" in field for field in each["fields"]))
    composites = frozenset(_index(_group(each["name"]), each["queryScope"], each["fields"]) for each in known)
    return Indexes(composites, {(_group(each["name"]), each["name"].split("/")[-1]): _field(each) for each in fields})


def _field(message: Mapping[str, Any]) -> Field:
    config = message.get("indexConfig", {})
    single = ((each["queryScope"], _mode(each["fields"][0])) for each in config.get("indexes", ()))
    return Field(None if config.get("usesAncestorConfig") else frozenset(single), "ttlConfig" in message)


def _index(group: str, scope: str, fields: Sequence[Mapping[str, Any]]) -> Index:
    for field in fields:
        _only(field, "fieldPath", "order", "arrayConfig")
    named = tuple((field["fieldPath"], _mode(field)) for field in fields)
    return Index(group, scope, named[:-1] if named[-1] == ("__name__", name_order(named[:-1])) else named)


def name_order(fields: Sequence[tuple[str, str]]) -> str:
    """In which order the document's name follows FIELDS by itself."""
    return next((mode for _, mode in reversed(fields) if mode != "CONTAINS"), "ASCENDING")


def _mode(field: Mapping[str, Any]) -> str:
    mode = field.get("order") or field.get("arrayConfig")
    if mode not in _MODES:
        raise ValueError(f"no index mode: {mode}")
    return str(mode)


def _group(name: str) -> str:
    return name.split("/collectionGroups/")[1].split("/", maxsplit=1)[0]


def _only(found: Mapping[str, Any], *names: str) -> None:
    if unknown := found.keys() - set(names):
        raise ValueError(f"not understood: {', '.join(sorted(unknown))}")
