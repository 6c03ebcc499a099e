"""The queries that docs/mobile.md lets the app make."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.documents import section, table

_OPS = {"==": "EQUAL", "array-contains": "ARRAY_CONTAINS"}
_DIRECTIONS = {"asc": "ASCENDING", "desc": "DESCENDING"}
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AppQuery:
    filters: frozenset[tuple[str, str]]
    """Field and operator, as JavaScript writes it."""
    order: Pairs
    """Field and `asc` or `desc`."""

    def structured(self) -> dict[str, Any]:
        """As it goes over the wire."""
        compared = [
            {"fieldFilter": {"field": {"fieldPath": path}, "op": _OPS[op]}} for path, op in sorted(self.filters)
        ]
        order = [{"field": {"fieldPath": path}, "direction": _DIRECTIONS[way]} for path, way in self.order]
        where = {"where": {"compositeFilter": {"op": "AND", "filters": compared}}} if compared else {}
        return {"from": [{"collectionId": "notes"}], "orderBy": order} | where


def allowed() -> list[tuple[AppQuery, str]]:
    """The rows of the table, each with the kind of index that it names."""
    rows = table(section("docs/mobile.md", "Queries"), "query", "filters", "order", "index")
    return [(AppQuery(frozenset(_pairs(filters)), _pairs(order)), index) for _, filters, order, index in rows]


def _pairs(cell: str) -> Pairs:
    assert re.fullmatch(r"(`[\w.]+ [\w=-]+`(, )?)*", cell), cell
    return tuple((path, word) for path, word in re.findall(r"`([\w.]+) ([\w=-]+)`", cell))


# How the languages of the app's developers write a filter and an order, with the operator or direction that it means.
_FILTERS = {
    r"""where\(["']([\w.]+)["'], ["']([^"']+)["']""": None,  # JavaScript
    r"""whereEqualTo\("([\w.]+)\"""": "==",  # Kotlin
    r"""whereArrayContains\("([\w.]+)\"""": "array-contains",
    r"""where(?:Field)?\(["']([\w.]+)["'], isEqualTo:""": "==",  # Swift, Dart
    r"""where(?:Field)?\(["']([\w.]+)["'], arrayContains:""": "array-contains",
}
_ORDERS = {
    r"""orderBy\(["']([\w.]+)["'], ["'](asc|desc)["']""": None,
    r"""orderBy\("([\w.]+)", (?:Query\.)?Direction\.DESCENDING""": "desc",
    r"""order(?:By\(|\(by: )["']([\w.]+)["'], descending: true""": "desc",
}
_ASKING = re.compile(r"\b(where\w*|order(?:By)?)\(")


def written(code: str) -> Iterator[AppQuery]:
    """The queries that CODE writes out, in any of the languages, each in one statement. Raises `ValueError` otherwise."""
    for statement in _statements(code):
        filters, order = _found(_FILTERS, statement), _found(_ORDERS, statement)
        if len(filters) + len(order) != len(_ASKING.findall(statement)):
            raise ValueError(f"written in a way that is not known here: {statement}")
        if filters or order:
            yield AppQuery(frozenset(filters), order)


def _statements(code: str) -> Iterator[str]:
    """CODE cut where no bracket is open and the next line does not go on with a dot."""
    code, depth, statement = re.sub(r"\n\s*\.", ".", code), 0, ""
    for line in code.splitlines():
        statement += line.strip() + " "
        depth += len(re.findall(r"[(\[]", line)) - len(re.findall(r"[)\]]", line))
        if depth <= 0:
            yield statement
            statement, depth = "", 0
    yield statement


def _found(ways: dict[str, str | None], statement: str) -> Pairs:
    """In the order in which they are written."""
    found = [(each, word) for way, word in ways.items() for each in re.finditer(way, statement)]
    return tuple((each[1], word or each[2]) for each, word in sorted(found, key=lambda pair: pair[0].start()))
