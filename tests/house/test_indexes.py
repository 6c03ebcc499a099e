"""Every query has its index in `firestore.indexes.json`, and every index there its query.

The emulator answers queries without one, so tests/world.py refuses them as Firestore would; here each place in the code
that queries is called with all that it can ask for, and the queries that docs/mobile.md lets the app make are added.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import grpc
import pytest

from scripts.verbs.index_file import Indexes
from scripts.verbs.processes import ROOT
from service.actions.notes.firestore import FirestoreNoteStore
from service.actions.notes.store import Filter, Position
from service.connections.firestore import FirestoreConnectionStore
from service.docs.firestore import FirestoreCallStore
from service.errors import Unavailable
from service.firestore import Documents
from service.firestore_query import Query
from service.firestore_write import put
from service.google_backends import open_documents
from service.identity.access import Access, Use
from service.leaving.firestore import FirestoreLeavingStore
from service.oauth.firestore import FirestoreOAuthStore
from tests.documents import stored_fields
from tests.mobile.queries import allowed
from tests.needed_indexes import is_served, needs, structured_query
from tests.world import FIRESTORE, INDEXES, Counter, new_project

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCESS = Access("ada", "g", "c", "ChatGPT", frozenset(), "https://mate", NOON, "oauthTokens/t", "oauthGrants/g")
QUERYING = {name for name in vars(Documents) if not name.startswith("_")} - {"get", "commit"}
CODE = (*ROOT.glob("service/**/*.py"), *ROOT.glob("scripts/**/*.py"))
Site = tuple[str, int]
Asked = dict[str, Any]


def ask_everything(documents: Documents) -> None:
    """Call each place that queries, with each combination of what it may be asked."""
    documents.commit(put(ACCESS.token_path, {}), put(ACCESS.grant_path, {"uid": "bob"}))
    notes, oauth, connections = (
        FirestoreNoteStore(documents),
        FirestoreOAuthStore(documents),
        FirestoreConnectionStore(documents),
    )
    assert [field.name for field in fields(Filter())] == ["kind", "tag", "after"]
    for kind, tag, after, limit in product((None, "quote"), (None, "t"), (None, Position(NOON, "n")), (None, 5)):
        list(notes.newest(Use(ACCESS, NOON), Filter(kind, tag, after), limit))
    FirestoreCallStore(documents).find_calls(5)
    connections.find_grants("ada")
    connections.end("ada", "c")
    connections.delete_notes("ada", "c")
    oauth.list_clients()
    oauth.count_grants_of("c", NOON, 5)
    oauth.end_grants_of("c")
    leaving = FirestoreLeavingStore(documents)
    for after_id in (None, "n"):
        list(leaving.notes("ada", after_id))
    leaving.count_notes("ada")
    leaving.delete("ada", NOON)
    leaving.end_grants("ada")
    assert list(leaving.unfinished()) == []
    assert set(leaving.uids()) == {"bob"}


class Recorder(grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]  # grpc is untyped
    """The queries that were sent, as JSON."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    def intercept_unary_stream(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        if query := structured_query(request):
            self.asked.append(query)
        return continuation(details, request)


@pytest.fixture(scope="module")
def recorded() -> tuple[set[Site], list[Asked]]:
    """Where in the code queries were made, and what was sent."""
    recorder, sites = Recorder(), set[Site]()

    def noting(method: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **named: Any) -> Any:
            caller = sys._getframe(1)
            sites.add((caller.f_code.co_filename, caller.f_lineno))
            return method(*arguments, **named)

        return noted

    with pytest.MonkeyPatch.context() as patch:
        for name in QUERYING:
            patch.setattr(Documents, name, noting(getattr(Documents, name)))
        ask_everything(open_documents(new_project(), "(default)", FIRESTORE, [recorder]))
    return sites, recorder.asked


def queried(source: str) -> Iterator[ast.Call]:
    """Where a text in Python calls what queries Firestore."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name, value=value)) if name in QUERYING:
                if ast.unparse(value).endswith("documents"):
                    yield node


def test_each_place_that_queries_is_called_above(recorded: tuple[set[Site], list[Asked]]) -> None:
    called, _ = recorded

    places = [(str(file), node) for file in CODE for node in queried(file.read_text(encoding="utf-8"))]
    assert len(places) >= 8
    forgotten = [
        f"{name}:{node.lineno}"
        for name, node in places
        if not any((name, line) in called for line in range(node.lineno, (node.end_lineno or node.lineno) + 1))
    ]
    assert forgotten == [], "give these a call in ask_everything"


def test_only_the_files_of_firestore_can_query_in_its_words() -> None:
    word = re.compile(
        r"structured_?query|run_?(aggregation_?)?query|list_documents|partition_query|execute_pipeline", re.IGNORECASE
    )

    asking = {str(file.relative_to(ROOT)) for file in CODE if word.search(file.read_text(encoding="utf-8"))}
    files = {"firestore.py", "firestore_messages.py", "firestore_query.py"}
    assert asking == {f"service/{name}" for name in files}


def test_each_query_of_the_service_has_its_index(recorded: tuple[set[Site], list[Asked]]) -> None:
    _, asked = recorded

    assert [query for query in asked if not is_served(query, INDEXES)] == []


def test_a_query_without_an_index_fails_in_every_story(capsys: pytest.CaptureFixture[str]) -> None:
    documents = open_documents(new_project(), "(default)", FIRESTORE, [Counter()])
    query = Query("users/ada/notes", {"title": "t"}, newest_by="createdAt")

    with pytest.raises(Unavailable, match="FAILED_PRECONDITION"):
        list(documents.stream(query))
    assert "requires an index" in capsys.readouterr().err
    assert list(documents.stream(replace(query, where={"kind": "note"}))) == []


def test_each_query_of_the_app_has_the_index_that_its_row_names() -> None:
    automatic = replace(INDEXES, composites=frozenset())
    rows = allowed()

    assert len(rows) >= 5
    assert [query for query, _ in rows if not is_served(query.structured(), INDEXES)] == []
    by = ["automatic" if is_served(query.structured(), automatic) else "composite" for query, _ in rows]
    assert by == [index for _, index in rows]


def test_each_index_has_its_query(recorded: tuple[set[Site], list[Asked]]) -> None:
    """Nothing can be taken out of firestore.indexes.json without one that is missed."""
    asked = [*recorded[1], *(query.structured() for query, _ in allowed())]

    unused = [name for name, less in one_less(INDEXES) if all(is_served(query, less) for query in asked)]
    assert unused == []


def one_less(indexes: Indexes) -> Iterator[tuple[str, Indexes]]:
    """INDEXES without each of those that it names, in turn."""
    for index in indexes.composites:
        yield str(index), replace(indexes, composites=indexes.composites - {index})
    for key, field in indexes.fields.items():
        for mode in field.modes or ():
            less = replace(field, modes=(field.modes or frozenset()) - {mode})
            yield f"{key} {mode}", replace(indexes, fields={**indexes.fields, key: less})


def test_a_timestamp_is_indexed_only_where_something_is_found_by_it(
    recorded: tuple[set[Site], list[Asked]],
) -> None:
    """An index on a value that grows caps a collection at 500 writes a second."""
    asked = [*recorded[1], *(query.structured() for query, _ in allowed())]
    used = {
        (need.group, path) for query in asked for need in needs(query) if need.index for path, _ in need.index.fields
    }
    timestamps = {
        (group, name) for group, types in stored_fields().items() for name, kind in types.items() if "timestamp" in kind
    }

    assert len(timestamps) >= 15
    assert sorted(key for key in timestamps - used if INDEXES.modes(*key)) == []
