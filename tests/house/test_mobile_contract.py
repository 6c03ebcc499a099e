"""docs/mobile.md, docs/note.schema.json, openapi.yaml, firestore.rules and the code say the same of a note."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest
import yaml

from scripts.verbs.processes import ROOT
from service.actions.notes.notes import KINDS
from service.contract import PATH
from tests.assistant import connected
from tests.mcp_client import connected as connected_by_mcp
from tests.world import World

SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/note.schema.json").read_text())
PROPERTIES: dict[str, Any] = SCHEMA["properties"]
API: dict[str, Any] = yaml.safe_load(PATH.read_text())["components"]["schemas"]
RULES = (ROOT / "firestore.rules").read_text()
MOBILE = (ROOT / "docs/mobile.md").read_text()
ROWS = {
    cells[0].strip("`"): cells[1:]
    for cells in (re.split(r"\s*\|\s*", line.strip("| ")) for line in MOBILE.splitlines() if line.startswith("| `"))
}
TYPES = {"string": "string", "array": "list of strings", "boolean": "boolean", "object": "map"}
IS_NOTE = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)


def test_the_page_has_each_field_with_its_type_and_who_writes_it() -> None:
    for name, of in PROPERTIES.items():
        kind, there, _, writers, _ = ROWS[name]
        assert kind == ("timestamp" if of.get("format") == "date-time" else TYPES[of["type"]]), name
        assert there.startswith("always") == (name in SCHEMA["required"]), name
        assert writers == ", ".join(of["x-writers"]), name
    assert ROWS.keys() == PROPERTIES.keys()


@pytest.mark.parametrize("name", PROPERTIES)
def test_the_page_has_each_limit(name: str) -> None:
    of, limits = PROPERTIES[name], ROWS[name][2]

    numbers = [found[key] for found in (of, of.get("items", {})) for key in ("maxLength", "maxItems") if key in found]
    assert sorted(int(text.replace(",", "")) for text in re.findall(r"(?:at most|\bto) ([\d,]*\d)", limits)) == sorted(
        numbers
    )
    words = {*of.get("enum", ()), *of.get("properties", {})}
    assert set(re.findall(r"`(\w+)`", limits)) == words


def test_the_api_has_the_same_limits() -> None:
    for asked in (API["NewNote"]["properties"], API["NoteChanges"]["properties"]):
        for name in ("kind", "title", "content", "sourceUrl"):
            limits = {key: value for key, value in asked[name].items() if key not in ("description", "default")}
            assert limits == {key: value for key, value in PROPERTIES[name].items() if key != "x-writers"}, name
        tags, stored = asked["tags"], PROPERTIES["tags"]
        assert tags["maxItems"] == stored["maxItems"]
        assert tags["items"]["maxLength"] == stored["items"]["maxLength"]
    assert tuple(PROPERTIES["kind"]["enum"]) == KINDS


def test_the_rules_have_the_same_limits_and_the_same_fields() -> None:
    for pattern in re.findall(r'"pattern": (".*")', (ROOT / "docs/note.schema.json").read_text()):
        in_rules = re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", json.loads(pattern)).replace("\\", "\\\\")
        one = in_rules.removeprefix("^").removesuffix("$")
        lines = f"^{one}(\\\\n{one})*$"  # the tags, as lines of one text
        assert any(f".matches('{found}')" in RULES for found in (in_rules, lines)), in_rules
    for name, function in (("title", "isTitle"), ("content", "isContent"), ("sourceUrl", "isAddress")):
        assert f"characters(text) <= {PROPERTIES[name]['maxLength']}\n" in RULES.partition(f"function {function}(")[2]
    assert f"tags.size() <= {PROPERTIES['tags']['maxItems']}\n" in RULES
    by_person = [name for name, of in PROPERTIES.items() if "person" in of["x-writers"]]
    times = [name for name, of in PROPERTIES.items() if of["x-writers"] == ["server time"]]
    assert _list(*by_person, *times) in RULES
    assert _list(*by_person, "updatedAt") in RULES
    needing = SCHEMA["if"]["properties"]["kind"]["enum"]
    assert f"note.kind in {_list(*KINDS)}" in RULES
    assert f"note.kind in {_list(*(kind for kind in KINDS if kind not in needing))}" in RULES


def _list(*names: str) -> str:
    return "[" + ", ".join(f"'{name}'" for name in names) + "]"


def test_what_the_service_stores_is_a_note_by_the_schema_and_the_schema_has_no_field_more(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    full: dict[str, Any] = {"kind": "video", "tags": [" a ", "A", "b"], "sourceUrl": "https://example.com/"}
    headers = {"openai-conversation-id": "c-1", "openai-gpt-id": "g-1"}
    chatgpt.call("POST", "/notes", json={"title": "t", "content": "known"}, headers=headers)
    connected_by_mcp(world, person=ada)[0].call("saveNote", title="t", content="by MCP")
    assert chatgpt.change(chatgpt.save("full", **full).json(), append="more").status_code == 200

    stored = world.notes(ada)

    for note in stored:
        assert IS_NOTE.is_valid(note), [error.message for error in IS_NOTE.iter_errors(note)]
    written = {name for note in stored for name in note}
    assert written == {name for name, of in PROPERTIES.items() if of["x-writers"] != ["person"]}
    for name in ("source", "lastChange"):
        assert {key for note in stored for key in note.get(name, {})} == set(PROPERTIES[name]["properties"])
