"""What `service.firestore` promises, against the real emulator."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import BearerError, Unavailable
from service.firestore import Changed, Documents, Exists, Missing
from service.firestore_messages import MESSAGES
from service.firestore_query import Query
from service.firestore_write import Write, create, delete, require, update
from service.google_backends import open_documents
from service.google_rpc import Rpcs, open_channel
from service.identity.access import Access, Use
from service.proof import prove, proven
from tests.world import FIRESTORE, new_project

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def documents() -> Documents:
    return open_documents(new_project(), "(default)", FIRESTORE)


@pytest.fixture(scope="module")
def shared() -> Documents:
    return open_documents(new_project(), "(default)", FIRESTORE)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
    | st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda moment: moment.replace(tzinfo=UTC)),  # noqa: DTZ001  # given a zone right there
    lambda inner: (
        st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
        | st.lists(inner.filter(lambda value: not isinstance(value, list)), max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(value=VALUES)
def test_what_is_written_is_read(shared: Documents, value: Any) -> None:
    shared.commit(delete("c/d"), create("c/d", {"value": value}))

    (found,) = shared.get("c/d")

    assert found is not None
    assert found.fields == {"value": value}


def test_an_unknown_type_is_a_bug_that_shows() -> None:
    with pytest.raises(TypeError, match="bytes"):
        open_documents(new_project(), "(default)", FIRESTORE).commit(create("c/d", {"x": b"bytes"}))


def test_documents_come_in_the_order_asked(documents: Documents) -> None:
    documents.commit(create("c/b", {"n": 2}), create("c/a", {"n": 1}))

    found = documents.get("c/b", "c/none", "c/a")

    assert [document and document.fields["n"] for document in found] == [2, None, 1]


def test_a_condition_that_does_not_hold_undoes_the_whole_commit(documents: Documents) -> None:
    documents.commit(create("c/there", {"n": 1}))
    (seen,) = documents.get("c/there")
    documents.commit(update("c/there", {"n": 2}))
    failing: dict[type[Exception], Write] = {
        Missing: require("c/absent"),
        Exists: create("c/there", {}),
        Changed: update("c/there", {"n": 3}, seen),
    }

    for error, write in failing.items():
        for writes in ((create("c/new", {}), write), (write, create("c/new", {}))):
            with pytest.raises(error):
                documents.commit(*writes)
    with pytest.raises(Missing):
        documents.commit(update("c/absent", {"n": 1}))

    assert documents.get("c/new") == [None]


def test_an_update_leaves_other_fields_and_a_requirement_leaves_all(documents: Documents) -> None:
    documents.commit(create("c/d", {"a": 1, "b": 2}))

    documents.commit(update("c/d", {"b": 3}), require("c/d"))

    (found,) = documents.get("c/d")
    assert found is not None
    assert found.fields == {"a": 1, "b": 3}


def test_of_many_who_saw_the_same_one_changes_it(documents: Documents) -> None:
    documents.commit(create("c/d", {"n": 0}))
    (seen,) = documents.get("c/d")
    gate = threading.Barrier(16)

    def race(n: int) -> bool:
        gate.wait()
        try:
            documents.commit(update("c/d", {"n": n}, seen))
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(race, range(1, 17))) == 1


def test_access_is_proven_by_its_two_documents(documents: Documents) -> None:
    access = Access("u", "g", "c", "C", frozenset(), "", NOON + timedelta(hours=1), "oauthTokens/t", "oauthGrants/g")
    use = Use(access, NOON)
    documents.commit(create("c/d", {}))
    for there in ([], ["oauthTokens/t"], ["oauthGrants/g"]):
        documents.commit(*(create(path, {}) for path in there))
        with pytest.raises(Missing):
            documents.commit(*prove(use), create("c/new", {}))
        with pytest.raises(BearerError):
            proven(documents, use, "c/d")
        documents.commit(*(delete(path) for path in there))
    documents.commit(create("oauthTokens/t", {}), create("oauthGrants/g", {}))

    documents.commit(*prove(use), create("c/new", {}))

    (found,) = proven(documents, use, "c/new")
    assert found is not None
    (grant,) = documents.get("oauthGrants/g")
    assert grant is not None
    assert grant.fields == {"lastUsedAt": NOON}


@pytest.fixture(scope="module")
def library() -> Documents:
    """Three books in one person's shelf, one in another's."""
    documents = open_documents(new_project(), "(default)", FIRESTORE)
    books: dict[str, dict[str, Any]] = {
        "users/ada/books/1": {"lent": True, "by": {"name": "Woolf"}, "read": NOON},
        "users/ada/books/2": {"lent": True, "by": {"name": "Austen"}, "read": None},
        "users/ada/books/3": {"lent": False, "by": {"name": "Woolf"}},
        "users/bob/books/1": {"lent": True, "by": {"name": "Woolf"}},
        "books/1": {"lent": True},
    }
    documents.commit(*(create(path, fields) for path, fields in books.items()))
    return documents


@pytest.mark.parametrize(
    ("collection", "where", "found"),
    [
        ("users/ada/books", None, ["1", "2", "3"]),
        ("users/ada/books", {}, ["1", "2", "3"]),
        ("users/ada/books", {"lent": True}, ["1", "2"]),
        ("users/ada/books", {"by.name": "Woolf"}, ["1", "3"]),
        ("users/ada/books", {"by.name": "Woolf", "lent": True}, ["1"]),
        ("users/ada/books", {"read": NOON}, ["1"]),
        ("users/ada/books", {"read": None}, []),
        ("users/ada/books", {"lent": "true"}, []),
        ("users/bob/books", {"by.name": "Woolf"}, ["1"]),
        ("users/bob/nothing", None, []),
        ("books", None, ["1"]),
    ],
)
def test_a_query_finds_what_equals_in_this_collection_alone(
    library: Documents, collection: str, where: dict[str, Any] | None, found: list[str]
) -> None:
    assert sorted(library.query(collection, where)) == [f"{collection}/{name}" for name in found]


def test_a_query_reads_all_fields_or_the_selected_ones_or_none(library: Documents) -> None:
    path, where = "users/ada/books/1", {"read": NOON}

    def fields(**select: Any) -> Any:
        return library.query("users/ada/books", where, **select)[path].fields

    assert fields() == {"lent": True, "by": {"name": "Woolf"}, "read": NOON}
    assert fields(select=["read", "by.name", "none"]) == {"read": NOON, "by": {"name": "Woolf"}}
    assert fields(select=[]) == {}


def test_a_query_ends_at_its_limit(library: Documents) -> None:
    assert [len(library.query("users/ada/books", {"lent": True}, limit=limit)) for limit in (0, 1, 2, 3)] == [
        2,
        1,
        2,
        2,
    ]


def test_a_query_by_paths_finds_whatever_shape_a_document_has(library: Documents) -> None:
    library.commit(create("users/ada/books/0", {}), create("users/ada/books/é", {"read": "a text"}))
    after, limited = Query("users/ada/books", by_path=True, after_path="users/ada/books/1"), Query("users/ada/books")

    assert [path[-1] for path, _ in library.stream(replace(after, after_path=None))] == ["0", "1", "2", "3", "é"]
    assert [path[-1] for path, _ in library.stream(after)] == ["2", "3", "é"]
    assert [path[-1] for path, _ in library.stream(replace(after, limit=1))] == ["2"]
    assert list(library.stream(replace(after, after_path="users/ada/books/é"))) == []
    assert library.count(limited) == 5
    assert library.count(replace(limited, where={"lent": True})) == 2
    assert library.count(Query("nothing")) == 0


def test_however_much_there_is_comes_in_pages(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.firestore._PAGE", 3)
    for count in (0, 1, 3, 4, 6):
        paths = [f"c{count}/{n}" for n in range(count)]
        documents.commit(*(create(path, {"n": 1, "is_even": n % 2 == 0}) for n, path in enumerate(paths)))
        assert [path for path, _ in documents.stream_all(Query(f"c{count}"))] == paths
        even = Query(f"c{count}", {"is_even": True}, select=())
        assert [path for path, _ in documents.stream_all(even)] == paths[::2]


def test_what_only_has_something_below_it_is_listed(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.firestore._PAGE", 2)
    assert list(documents.list_paths("users")) == []
    documents.commit(create("users/there", {}), *(create(f"users/{name}/notes/n", {}) for name in "abc"))

    assert list(documents.list_paths("users")) == ["users/a", "users/b", "users/c", "users/there"]


def test_what_a_query_found_can_be_required_as_it_was(documents: Documents) -> None:
    documents.commit(create("c/d", {"n": 1}))
    (seen,) = documents.query("c", select=[]).values()

    documents.commit(update("c/d", {"n": 2}, seen))

    with pytest.raises(Changed):
        documents.commit(update("c/d", {"n": 3}, seen))


def test_whatever_is_no_answer_is_unavailable() -> None:
    methods = "google.firestore.v1.Firestore", MESSAGES, ("BatchGetDocuments", "RunQuery")
    stranger = Documents(
        Rpcs(open_channel("", FIRESTORE), *methods), "demo-elsewhere", "(default)"
    )  # to the rules, nobody
    for call in (
        lambda: stranger.query("users/ada/books"),
        lambda: stranger.get("users/ada/books/1"),
        lambda: stranger.commit(delete("users/ada/books/1")),
    ):
        with pytest.raises(Unavailable) as failed:
            call()
        assert failed.value.detail.endswith("PERMISSION_DENIED")


def test_whoever_stops_early_leaves_nothing_behind(shared: Documents) -> None:
    shared.commit(*(create(f"many/{number}", {"n": number}) for number in range(5)))
    query = Query("many")

    def stop_early(times: int) -> None:
        for _ in range(times):
            next(shared.stream(query))
            with shared.begin(query):
                pass

    stop_early(300)
    before = _resident_kb()
    stop_early(1_000)

    assert _resident_kb() - before < 12_000  # it was 18 kB a call when gRPC's streams of a single thread were used


def _resident_kb() -> int:
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0])
