"""The check of exchanges against Google's descriptions finds what is wrong with one."""

from dataclasses import replace
from typing import Any

import pytest

from tests.cloud.descriptions import Exchange, findings

FIELD = "/v1/projects/p/databases/(default)/collectionGroups/notes/fields/*"
RIGHT = Exchange(
    "PATCH",
    "firestore.googleapis.com",
    FIELD,
    {"updateMask": "indexConfig", "alt": "json"},
    {"indexConfig": {"indexes": [{"queryScope": "COLLECTION", "fields": [{"order": "ASCENDING"}]}]}},
    200,
    {"name": "operations/o", "done": True, "response": {"@type": "a type", "name": "n"}},
)


def test_an_exchange_as_described_has_no_findings() -> None:
    assert findings(RIGHT) == []
    assert findings(replace(RIGHT, status=409, answer={"error": {"code": 409, "status": "s", "message": "m"}})) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"host": "firestore.example.com"}, "unknown host"),
        ({"host": "elsewhere.googleapis.com"}, "unknown host"),
        ({"path": FIELD.replace("fields", "field")}, "no such method"),
        ({"path": FIELD + ":clear"}, "no such method"),
        ({"method": "PUT"}, "no such method"),
        ({"query": {"mask": "indexConfig"}}, "unknown parameter: mask"),
        ({"body": {"indexConfg": {}}}, "request: unknown field indexConfg"),
        ({"body": {"indexConfig": {"indexes": [{"fields": [{"fieldpath": "kind"}]}]}}}, "unknown field fieldpath"),
        ({"body": {"indexConfig": {"indexes": {}}}}, "not a list"),
        ({"body": {"indexConfig": []}}, "not an object"),
        ({"body": {"indexConfig": {"indexes": [{"queryScope": "EVERYWHERE"}]}}}, "not in the enum"),
        ({"body": {"name": 7}}, "not of the type string"),
        ({"answer": {"done": "yes"}}, "answer.done: not of the type boolean"),
        ({"answer": {"finished": True}}, "answer: unknown field finished"),
        ({"status": 409, "answer": {"error": "exists"}}, "answer.error: not an object"),
    ],
)
def test_each_departure_is_found(change: dict[str, Any], found: str) -> None:
    (finding,) = findings(replace(RIGHT, **change))

    assert found in finding
