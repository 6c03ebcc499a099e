"""The rules by which tests say that Firestore has an index for a query: with the examples of its documentation."""

import json
from typing import Any

import pytest

from scripts.verbs.index_file import Index, Indexes, declared, live
from tests.needed_indexes import is_served, needs

ORDERS = {"asc": "ASCENDING", "desc": "DESCENDING", "contains": "CONTAINS"}
OPS = {
    "==": "EQUAL",
    "<": "LESS_THAN",
    ">=": "GREATER_THAN_OR_EQUAL",
    "!=": "NOT_EQUAL",
    "in": "IN",
    "contains": "ARRAY_CONTAINS",
}


def query(*words: str, group: bool = False) -> dict[str, Any]:
    """`state ==`, `population >=` are comparisons, `population desc` is an order: of cities."""
    pairs = [word.split() for word in words]
    filters = [_filter(path, OPS[op]) for path, op in pairs if op in OPS]
    order = [{"field": {"fieldPath": path}, "direction": ORDERS[op]} for path, op in pairs if op not in OPS]
    source = {"collectionId": "cities"} | ({"allDescendants": True} if group else {})
    where = {"where": {"compositeFilter": {"op": "AND", "filters": filters}}} if filters else {}
    return {"from": [source], "orderBy": order} | where


def _filter(path: str, op: str) -> dict[str, Any]:
    return {"fieldFilter": {"field": {"fieldPath": path}, "op": op, "value": {"integerValue": "1"}}}


def index(*words: str, scope: str = "COLLECTION") -> Index:
    pairs = (word.split() for word in words)
    return Index("cities", scope, tuple((path, ORDERS[mode]) for path, mode in pairs))


def having(*composites: Index, **overrides: list[str]) -> Indexes:
    """These, and the single-field indexes that OVERRIDES name; `every` is `*`, and `a_b` is `a.b`."""
    fields = [
        {
            "collectionGroup": "cities",
            "fieldPath": "*" if path == "every" else path.replace("_", "."),
            "indexes": [{"queryScope": "COLLECTION", "order": ORDERS[mode]} for mode in modes],
        }
        for path, modes in overrides.items()
    ]
    return Indexes(frozenset(composites), declared(json.dumps({"indexes": [], "fieldOverrides": fields})).fields)


# By automatic indexes; by merging them; with the direction of the index; by exemptions.
SERVED = [
    (query(), having()),
    (query(group=True), having()),
    (query("state =="), having()),
    (query("population <"), having()),
    (query("regions contains"), having()),
    (query("population desc"), having()),
    (query("population <", "population >=", "population desc", "__name__ desc"), having()),
    (query("state ==", "name =="), having()),
    (query("country ==", "capital ==", "state ==", "population =="), having()),
    (query("state in"), having()),
    (query("address.city =="), having()),
    (query("state ==", "state desc"), having()),
    (query("state ==", "population asc"), having(index("state asc", "population asc"))),
    (query("state ==", "population desc"), having(index("state asc", "population desc"))),
    (query("country ==", "population <", "population desc"), having(index("country asc", "population desc"))),
    (query("regions contains", "population desc"), having(index("regions contains", "population desc"))),
    (query("state ==", "population desc", "name asc"), having(index("state asc", "population desc", "name asc"))),
    (
        query("category ==", "city ==", "stars asc"),
        having(index("category asc", "stars asc"), index("city asc", "stars asc")),
    ),
    (query("state ==", "population <"), having(index("state desc", "population asc"))),
    (query("state ==", group=True), having(index("state asc", scope="COLLECTION_GROUP"))),
    (query("state =="), having(every=[], state=["asc"])),
    (query("population desc"), having(every=[], population=["desc"])),
    (query("address.city =="), having(address=[], address_city=["asc"])),
    (query("state ==", "population desc"), having(index("state asc", "population desc"), every=[])),
]
MISSING = [
    (query("state ==", "population desc"), having()),
    (query("state ==", "population <"), having()),
    (query("country ==", "population !="), having()),
    (query("regions contains", "population desc"), having()),
    (query("regions contains", "state =="), having()),
    (query("state asc", "population desc"), having()),
    (query("state >=", "population <"), having()),
    (query("population desc", "__name__ asc"), having()),
    (query("state =="), having(state=[])),
    (query("state =="), having(every=[])),
    (query("state =="), having(state=["desc"])),
    (query("population desc"), having(population=["asc"])),
    (query("address.city =="), having(address=[])),
    (query("state ==", "name =="), having(name=[])),
    (query("state ==", group=True), having()),
    (query("state ==", "population desc"), having(index("state asc", "population asc"))),
    (query("state ==", "population desc"), having(index("population desc", "state asc"))),
    (query("state ==", "population desc"), having(index("state asc", "population desc", scope="COLLECTION_GROUP"))),
    (query("state ==", "population desc"), having(index("state asc", "population desc", "name asc"))),
    (query("state ==", "population desc"), having(index("state contains", "population desc"))),
    (
        query("category ==", "city ==", "stars desc"),
        having(index("category asc", "stars asc"), index("city asc", "stars asc")),
    ),
    (query("category ==", "city ==", "stars asc"), having(index("category asc", "stars asc"))),
    # What the documentation does not say of merging is not relied on.
    (
        query("category ==", "tags contains", "stars asc"),
        having(index("category asc", "stars asc"), index("tags contains", "stars asc")),
    ),
    (
        query("category ==", "city ==", "stars >="),
        having(index("category asc", "stars asc"), index("city asc", "stars asc")),
    ),
]


@pytest.mark.parametrize(("asked", "indexes"), SERVED)
def test_a_query_is_answered_when_there_are_indexes_for_it(asked: dict[str, Any], indexes: Indexes) -> None:
    assert is_served(asked, indexes)


@pytest.mark.parametrize(("asked", "indexes"), MISSING)
def test_a_query_is_refused_when_there_are_none(asked: dict[str, Any], indexes: Indexes) -> None:
    assert not is_served(asked, indexes)


def test_each_alternative_of_an_or_needs_its_own() -> None:
    either = {"compositeFilter": {"op": "OR", "filters": [_filter("state", "EQUAL"), _filter("name", "EQUAL")]}}
    both = {"compositeFilter": {"op": "AND", "filters": [either, _filter("population", "GREATER_THAN")]}}
    asked = {"from": [{"collectionId": "cities"}], "where": both}

    wanted = [index("state asc", "population asc"), index("name asc", "population asc")]
    assert [need.index for need in needs(asked)] == wanted
    assert is_served(asked, having(*wanted))
    assert not is_served(asked, having(wanted[0]))


@pytest.mark.parametrize(
    "asked", [query("state in", "state desc"), query("__name__ =="), query() | {"findNearest": {}}]
)
def test_what_the_rules_do_not_cover_is_an_error(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not"):
        needs(asked)


@pytest.mark.parametrize(
    "wrong",
    [
        {"indexes": [], "fieldOverrides": [], "rules": []},
        {"indexes": [{"collectionGroup": "c", "queryScope": "COLLECTION", "fields": [], "density": "DENSE"}]},
        {"indexes": [], "fieldOverrides": [{"collectionGroup": "c", "fieldPath": "f", "indexes": [], "tll": True}]},
        {"indexes": [], "fieldOverrides": [{"collectionGroup": "c", "fieldPath": "f", "indexes": []}] * 2},
        {
            "indexes": [],
            "fieldOverrides": [
                {"collectionGroup": "c", "fieldPath": "f", "indexes": [{"queryScope": "COLLECTION", "order": "UP"}]}
            ],
        },
    ],
)
def test_a_file_that_says_something_else_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not understood|twice|no index mode"):
        declared(json.dumps(wrong))


def test_the_name_that_firestore_adds_to_an_index_is_not_counted() -> None:
    name = "projects/p/databases/(default)/collectionGroups/cities/indexes/i"
    fields = [
        {"fieldPath": "state", "order": "ASCENDING"},
        {"fieldPath": "population", "order": "DESCENDING"},
        {"fieldPath": "__name__", "order": "DESCENDING"},
    ]

    found = live([{"name": name, "queryScope": "COLLECTION", "fields": fields}], [])

    assert found.composites == {index("state asc", "population desc")}
