"""Which indexes a query needs in production, where Firestore refuses what has none. The emulator answers everything.

By https://firebase.google.com/docs/firestore/query-data/index-overview, and where that leaves room the narrower way:
indexes are merged for queries of equalities and an order alone, as it says, and not for array-contains or ranges.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from google.cloud.firestore_v1 import types
from google.protobuf.json_format import MessageToDict

from scripts.verbs.index_file import Index, Indexes, name_order

_EQUAL = {"EQUAL", "IN", "IS_NULL", "IS_NAN"}
_CONTAINS = {"ARRAY_CONTAINS", "ARRAY_CONTAINS_ANY"}
Compared = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Need:
    """What one alternative of a query needs: an index that begins with the compared fields and ends with the order."""

    group: str
    scope: str
    equal: frozenset[str]
    contains: frozenset[str]
    order: tuple[tuple[str, str], ...]
    ranged: bool

    @property
    def index(self) -> Index | None:
        """The one that serves it alone; None when documents are read in the order of their names."""
        first = [(path, "ASCENDING") for path in sorted(self.equal)]
        fields = (*first, *((path, "CONTAINS") for path in sorted(self.contains)), *self.order)
        return Index(self.group, self.scope, fields) if fields else None

    def is_met(self, indexes: Indexes) -> bool:
        if not self.index:
            return True
        fitting = [found for index in self._all(indexes) if (found := self._compared(index)) is not None]
        whole = self.equal | self.contains
        if any(found == whole for found in fitting):
            return True
        mergeable = not self.contains and not self.ranged
        return mergeable and bool(whole) and frozenset().union(*fitting) == whole

    def _all(self, indexes: Indexes) -> Iterator[Index]:
        yield from (index for index in indexes.composites if (index.group, index.scope) == (self.group, self.scope))
        for path in self.equal | self.contains | {path for path, _ in self.order}:
            for scope, mode in indexes.modes(self.group, path):
                if scope == self.scope:
                    yield Index(self.group, scope, ((path, mode),))

    def _compared(self, index: Index) -> frozenset[str] | None:
        """Which of the compared fields INDEX begins with, if all that follows is the query's order."""
        split = len(index.fields) - len(self.order)
        first, last = index.fields[:split], index.fields[split:]
        if last != self.order or name_order(index.fields) != name_order(self.order):
            return None
        fits = all(path in (self.contains if mode == "CONTAINS" else self.equal) for path, mode in first)
        return frozenset(path for path, _ in first) if fits else None


def structured_query(request: Any) -> dict[str, Any]:
    """The query in a request to Firestore, as JSON; empty when it is not about one."""
    library = getattr(types, type(request).DESCRIPTOR.name).pb()  # knows the names of the enumerations
    raw = library.FromString(request.SerializeToString())
    asked = getattr(raw, "structured_aggregation_query", raw)
    query: dict[str, Any] = MessageToDict(asked.structured_query) if hasattr(asked, "structured_query") else {}
    return query


def needs(query: Mapping[str, Any]) -> list[Need]:
    """What each alternative of QUERY needs: a `StructuredQuery` as JSON. Raises `ValueError` where these rules end."""
    if query.keys() - {"from", "where", "orderBy", "select", "limit", "offset", "startAt", "endAt"}:
        raise ValueError(f"not understood: {sorted(query)}")
    (source,) = query["from"]
    scope = "COLLECTION_GROUP" if source.get("allDescendants") else "COLLECTION"
    asked = tuple((each["field"]["fieldPath"], each.get("direction", "ASCENDING")) for each in query.get("orderBy", ()))
    alternatives = _alternatives(query["where"]) if "where" in query else iter([()])
    return [_need(source["collectionId"], scope, compared, asked) for compared in alternatives]


def is_served(query: Mapping[str, Any], indexes: Indexes) -> bool:
    return all(need.is_met(indexes) for need in needs(query))


def _need(group: str, scope: str, compared: Compared, asked: tuple[tuple[str, str], ...]) -> Need:
    equal = frozenset(path for path, op in compared if op in _EQUAL)
    contains = frozenset(path for path, op in compared if op in _CONTAINS)
    ranges = {path for path, op in compared if op not in _EQUAL | _CONTAINS}
    several = {path for path, op in compared if op in _EQUAL - {"EQUAL", "IS_NULL", "IS_NAN"}}
    ordered = {path for path, _ in asked}
    if "__name__" in equal | ranges or several & ordered or equal & contains or len(contains) > 1:
        raise ValueError(f"not modelled: {compared} {asked}")
    order = tuple((path, mode) for path, mode in asked if path not in equal)  # all are the same in it
    last = name_order(asked)
    order += tuple((path, last) for path in sorted(ranges - ordered))
    if order and order[-1] == ("__name__", name_order(order[:-1])):
        order = order[:-1]
    return Need(group, scope, equal, contains, order, bool(ranges))


def _alternatives(where: Mapping[str, Any]) -> Iterator[Compared]:
    """The filter as ANDs of comparisons, one of which must hold."""
    ((kind, inner),) = where.items()
    if kind != "compositeFilter":
        yield ((inner["field"]["fieldPath"], inner["op"]),)
        return
    parts = [list(_alternatives(part)) for part in inner["filters"]]
    if inner["op"] == "OR":
        for part in parts:
            yield from part
        return
    for chosen in product(*parts):
        yield tuple(comparison for compared in chosen for comparison in compared)
