"""The security rules: what they let through, that it is what the API takes, and that none of their lines is in vain."""

import json
import re
import subprocess
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest

from scripts.verbs.processes import ROOT
from service.actions.notes.notes import Note, Source, compose
from service.contract import Contract
from service.errors import ActionError

MOBILE = ROOT / "tests/mobile"
SCHEMA = jsonschema_rs.Draft202012Validator(
    json.loads((ROOT / "docs/note.schema.json").read_text()), validate_formats=True
)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOT_THERE = {"users", "users/{uid}/drafts", "users/{uid}/notes/n1/versions", "collectionOfTomorrow"}


def node(*arguments: str) -> str:
    done = subprocess.run(["node", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


@pytest.mark.parametrize(("script", "tests"), [("rules.test.mjs", 3)])
def test_what_the_rules_let_through_is_what_they_should(script: str, tests: int) -> None:
    assert f"# pass {tests}" in node("--test", "--test-reporter=tap", f"tests/mobile/{script}")


def test_every_collection_has_its_row() -> None:
    documented = re.findall(r"^## `(.+)/\{\w+\}`$", (ROOT / "docs/storage.md").read_text(), re.MULTILINE)
    where = json.loads((MOBILE / "permissions.json").read_text())["where"]

    assert where.keys() == {*documented, *NOT_THERE}
    assert {name for name, allowed in where.items() if allowed} == {"users/{uid}/notes"}


def test_the_api_takes_just_the_notes_that_the_phone_may_write() -> None:
    notes = json.loads(node("tests/mobile/documents.mjs"))
    compared = [made for made in notes if "firestore" not in json.dumps(made["note"]) and not _is_tidied(made)]

    assert [made["label"] for made in compared if is_taken(made["note"]) != made["isGood"]] == []
    assert len(compared) > len(notes) * 0.8


def is_taken(note: dict[str, Any]) -> bool:
    """Whether saveNote makes a note of it; what it makes is one by the schema."""
    try:
        arguments = Contract.load().operations["saveNote"].read_body(json.dumps(note).encode(), "application/json")
        made = compose(arguments, Source("c", "ChatGPT", None, None), NOON)
    except ActionError:
        return False
    assert SCHEMA.is_valid(as_json(made))
    return True


def as_json(note: Note) -> dict[str, Any]:
    time = note.created_at.isoformat()
    fields = {"kind": note.kind, "title": note.title, "content": note.content, "tags": list(note.tags)}
    return fields | ({"sourceUrl": note.source_url} if note.source_url else {}) | {"createdAt": time, "updatedAt": time}


def _is_tidied(made: dict[str, Any]) -> bool:
    """What the API makes right, and the phone has to; and the two fields that only the phone has."""
    tags = made["note"].get("tags")
    if made["label"] in ("no kind", "no tags") or made["field"] in ("archived", "pinned"):
        return True
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return False
    return made["field"] == "tags" and ([tag.strip() for tag in tags] != tags or len(set(tags)) < len(tags))
