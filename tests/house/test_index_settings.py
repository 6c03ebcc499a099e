"""The settings of `firestore.indexes.json`: TTL policies and exemptions, as docs/storage.md gives the reasons for them."""

import json
import re

from scripts.verbs.index_file import FILE, Field, Index
from scripts.verbs.processes import ROOT
from tests.documents import section, stored_fields, table
from tests.world import INDEXES

MODES = {"ascending": "ASCENDING", "descending": "DESCENDING", "contains": "CONTAINS"}


def test_storage_md_has_each_setting_and_index_with_its_reason() -> None:
    text = section("docs/storage.md", "Indexes and TTL")
    settings = table(text, "collection", "field", "indexes", "TTL", "why")
    composites = table(text, "collection", "fields", "found by it")

    assert all(row[-1] for row in (*settings, *composites))
    assert len(settings) == len(INDEXES.fields)
    assert len(composites) == len(INDEXES.composites)
    assert {(group.strip("`"), path.strip("`")): _setting(modes, ttl) for group, path, modes, ttl, _ in settings} == (
        INDEXES.fields
    )
    assert {
        Index(group.strip("`"), "COLLECTION", _fields(names)) for group, names, _ in composites
    } == INDEXES.composites


def _setting(modes: str, ttl: str) -> Field:
    named = [] if modes == "none" else modes.split(", ")
    return Field(frozenset(("COLLECTION", MODES[mode]) for mode in named), {"yes": True, "no": False}[ttl])


def _fields(names: str) -> tuple[tuple[str, str], ...]:
    return tuple((path, MODES[mode]) for path, mode in re.findall(r"`([\w.]+)` (\w+)", names))


def test_what_expires_has_its_ttl_policy() -> None:
    expiring = {(group, "expireAt") for group, types in stored_fields().items() if "expireAt" in types}

    assert {key for key, field in INDEXES.fields.items() if field.ttl} == expiring
    assert len(expiring) >= 5


def test_what_an_index_would_cut_is_not_indexed() -> None:
    """At 1,500 bytes, of which a character has up to four."""
    schema = json.loads((ROOT / "docs/note.schema.json").read_text(encoding="utf-8"))
    long = [name for name, field in schema["properties"].items() if field.get("maxLength", 0) * 4 > 1_500]

    assert {"content", "sourceUrl"} <= set(long)
    assert [name for name in long if INDEXES.modes("notes", name)] == []


def test_a_ttl_and_the_settings_of_all_fields_are_apart() -> None:
    """Firestore refuses a TTL on `*`, also one that is switched off; firebase-tools sends none when none is named."""
    entries = json.loads(FILE.read_text(encoding="utf-8"))["fieldOverrides"]

    assert [entry for entry in entries if entry["fieldPath"] == "*" and "ttl" in entry] == []
