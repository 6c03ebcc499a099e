"""What the races rest on: a commit's preconditions, on the document as it was read (docs/decisions/0007)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.firestore import Changed, Documents
from service.firestore_values import Snapshot
from service.firestore_write import create, delete, require, update
from service.google_backends import open_documents
from tests.world import FIRESTORE, new_project

MANY = 16


@pytest.fixture
def documents() -> Documents:
    return open_documents(new_project(), "(default)", FIRESTORE)


def read(documents: Documents, path: str) -> Snapshot:
    (found,) = documents.get(path)
    assert found
    return found


def in_parallel(call: Callable[[], object]) -> list[str]:
    """How each of MANY calls ended."""

    def one(_number: int) -> str:
        try:
            call()
        except Changed:
            return "changed"
        return "done"

    with ThreadPoolExecutor(MANY) as pool:
        return sorted(pool.map(one, range(MANY)))


def test_of_many_who_change_what_they_have_seen_one_does(documents: Documents) -> None:
    documents.commit(create("things/a", {"usedAt": None}))
    seen = read(documents, "things/a")

    assert in_parallel(lambda: documents.commit(update("things/a", {"usedAt": 1}, seen))) == ["changed"] * 15 + ["done"]


def test_many_can_require_what_they_have_seen_at_once(documents: Documents) -> None:
    documents.commit(create("things/a", {"usedAt": None}))
    seen = read(documents, "things/a")

    assert in_parallel(lambda: documents.commit(require("things/a", seen))) == ["done"] * MANY
    assert read(documents, "things/a") == seen


def test_writing_what_is_there_already_is_no_change(documents: Documents) -> None:
    documents.commit(create("things/a", {"usedAt": 1}))
    seen = read(documents, "things/a")

    documents.commit(update("things/a", {"usedAt": 1}, seen))

    assert read(documents, "things/a") == seen


def test_a_document_that_was_changed_back_is_not_the_one_that_was_seen(documents: Documents) -> None:
    documents.commit(create("things/a", {"usedAt": None}))
    seen = read(documents, "things/a")
    documents.commit(update("things/a", {"usedAt": 1}))
    documents.commit(update("things/a", {"usedAt": None}))

    with pytest.raises(Changed):
        documents.commit(require("things/a", seen))


def test_a_document_that_was_made_anew_is_not_the_one_that_was_seen(documents: Documents) -> None:
    documents.commit(create("things/a", {"usedAt": None}))
    seen = read(documents, "things/a")
    documents.commit(delete("things/a"))
    documents.commit(create("things/a", {"usedAt": None}))

    with pytest.raises(Changed):
        documents.commit(require("things/a", seen))
