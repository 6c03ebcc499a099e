"""What a deletion is asked with, and what its receipt says."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from service.errors import ActionError
from service.leaving.deletion import KINDS, begin, check_confirmation, finish, is_over, shown

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FOUND = {"codes": 1, "connections": 2, "tokens": 3, "notes": 4}


def test_the_words_are_taken() -> None:
    check_confirmation(json.dumps({"confirm": "delete everything", "more": 1}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"null",
        b"[]",
        b"true",
        b'"delete everything"',
        b"{}",
        b"[" * 900,
        *(
            json.dumps({"confirm": said}).encode()
            for said in (None, True, "", "yes", "Delete everything", ["delete everything"])
        ),
    ],
)
def test_anything_else_deletes_nothing(body: bytes) -> None:
    with pytest.raises(ActionError) as refused:
        check_confirmation(body)

    assert (refused.value.status, refused.value.code) == (400, "invalid_request")
    assert "Nothing was deleted" in refused.value.message


def test_a_deletion_begins_with_nothing_deleted_and_has_no_end() -> None:
    begun = begin(FOUND, NOON)

    assert shown(begun) == {
        "id": begun.deletion_id,
        "requestedAt": "2026-11-22T12:00:00.000Z",
        "done": False,
        "found": FOUND,
        "deleted": dict.fromkeys(KINDS, 0),
    }
    assert begun.expires_at is None
    assert begin(FOUND, NOON).deletion_id != begun.deletion_id


def test_a_receipt_is_kept_for_thirty_days() -> None:
    finished = finish(begin(FOUND, NOON), NOON + timedelta(hours=1))
    end = NOON + timedelta(days=30, hours=1)

    assert shown(finished)["finishedAt"] == "2026-11-22T13:00:00.000Z"
    assert shown(finished)["done"] is True
    assert finished.expires_at == end
    assert [is_over(finished, moment) for moment in (NOON, end - timedelta(seconds=1), end)] == [False, False, True]
    assert not is_over(begin(FOUND, NOON), NOON + timedelta(days=999))
