"""An assistant extends, corrects and deletes notes, and never overwrites what it has not seen."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import grpc
import pytest

from service.firestore import TooLarge
from service.firestore_write import delete, update
from tests.assistant import connected
from tests.world import World, running
from tests.world import world as new_world

URL = "https://example.com/"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for this file: every test has people and assistants of its own."""
    with new_world() as made:
        yield made


def on_the_phone(world: World, uid: str, note_id: str, **fields: Any) -> None:
    """The person edits the note on their phone."""
    world.service.backends.documents.commit(update(f"users/{uid}/notes/{note_id}", fields))


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "New title"},
        {"content": "New *text*"},
        {"kind": "quote"},
        {"tags": ["x", "y"]},
        {"tags": []},
        {"kind": "bookmark", "sourceUrl": URL},
        {"title": "New", "content": "New", "tags": ["x"]},
    ],
    ids=str,
)
def test_what_is_sent_is_replaced_and_the_rest_stays(world: World, changes: dict[str, Any]) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt = chatgpt.save("text", "Title", tags=["t"]).json()
    (before,) = world.notes(ada)

    changed = chatgpt.change(receipt, **changes)

    assert changed.status_code == 200
    (after,) = world.notes(ada)
    assert after.pop("lastChange")["clientName"] == "ChatGPT"
    assert after.pop("updatedAt") > before.pop("updatedAt")
    assert after == before | changes
    read = chatgpt.get(f"/notes/{receipt['id']}").json()
    assert changed.json() == {name: read[name] for name in ("id", "title", "updatedAt", "url", "version")}


def test_text_is_added_at_the_end(world: World) -> None:
    chatgpt = connected(world)
    receipt = chatgpt.save("1. Crema").json()

    changed = chatgpt.change(receipt, append="2. Grounds")
    again = chatgpt.change(changed.json(), append="3. Beans\n")

    assert again.status_code == 200
    assert chatgpt.get(f"/notes/{receipt['id']}").json()["content"] == "1. Crema\n\n2. Grounds\n\n3. Beans\n"


@pytest.mark.parametrize("changes", [{"append": "more"}, {"content": "mine"}, {"title": "Mine"}], ids=str)
def test_an_edit_on_the_phone_is_never_overwritten(world: World, changes: dict[str, str]) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt = chatgpt.save("text").json()
    on_the_phone(world, ada.uid, receipt["id"], content="edited on the phone", title="Phone")

    refused = chatgpt.change(receipt, **changes)

    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "conflict"
    (note,) = world.notes(ada)
    assert (note["content"], note["title"]) == ("edited on the phone", "Phone")
    current = chatgpt.get(f"/notes/{receipt['id']}").json()
    assert refused.json()["version"] == current["version"]
    assert chatgpt.change(current, **changes).status_code == 200


def test_the_same_call_again_changes_nothing_more(world: World) -> None:
    chatgpt = connected(world)
    receipt = chatgpt.save("text").json()

    with running(world.project, public_url=world.service.url) as other:
        answers = [caller.change(receipt, append="more") for caller in (chatgpt, chatgpt.at(other), chatgpt)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.text for answer in answers}) == 1
    assert chatgpt.get(f"/notes/{receipt['id']}").json()["content"] == "text\n\nmore"


@pytest.mark.parametrize("edit", [{"content": "rewritten"}, {"title": "Phone"}, {"tags": ["phone"]}, {"kind": "quote"}])
def test_a_repeated_call_does_not_hand_out_an_edit_that_was_not_seen(world: World, edit: dict[str, Any]) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt = chatgpt.save("text").json()
    assert chatgpt.change(receipt, append="more").status_code == 200
    on_the_phone(world, ada.uid, receipt["id"], **edit)

    repeated = chatgpt.change(receipt, append="more")

    assert repeated.status_code == 409
    assert "If your change is not in it" in repeated.json()["error"]["message"]


def test_what_only_the_phone_notes_down_is_no_edit(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt = chatgpt.save("text").json()
    changed = chatgpt.change(receipt, append="more").json()
    on_the_phone(world, ada.uid, receipt["id"], pinned=True)

    repeated = chatgpt.change(receipt, append="more")

    assert repeated.status_code == 200
    assert repeated.json()["version"] != changed["version"]


def test_what_the_phone_wrote_may_stay_as_it_is(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt = chatgpt.save("text").json()
    on_the_phone(world, ada.uid, receipt["id"], kind="video", sourceUrl="ftp://old.example/")
    note = chatgpt.get(f"/notes/{receipt['id']}").json()

    changed = chatgpt.change(note, append="more")

    assert changed.status_code == 200
    assert chatgpt.change(changed.json(), kind="video").status_code == 400


@pytest.mark.parametrize("content", [{"a": "map"}, ["list"], 7, None, ""], ids=str)
def test_nothing_is_added_to_what_is_no_text(world: World, content: Any) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt = chatgpt.save("text").json()
    on_the_phone(world, ada.uid, receipt["id"], content=content)
    note = chatgpt.get(f"/notes/{receipt['id']}").json()

    added = chatgpt.change(note, append="more")

    assert (added.status_code, added.json()["error"]["message"][:8]) == (400, "append: ")
    assert chatgpt.change(note, content="in its place").status_code == 200


def test_a_document_that_is_nearly_full_is_not_asked_for_again(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt = chatgpt.save("text").json()
    for size in range(1_048_576, 1_040_000, -40):  # up to the brim
        with suppress(TooLarge):
            on_the_phone(world, ada.uid, receipt["id"], elsewhere="x" * size)
            break
    note = chatgpt.get(f"/notes/{receipt['id']}").json()

    changed = chatgpt.change(note, append="more than there is room for")

    assert (changed.status_code, changed.json()["error"]["code"]) == (400, "too_large")
    assert chatgpt.get(f"/notes/{receipt['id']}").json() == note


def test_the_same_words_are_added_twice_when_that_is_meant(world: World) -> None:
    chatgpt = connected(world)
    first = chatgpt.change(chatgpt.save("text").json(), append="- milk").json()

    assert chatgpt.change(first, append="- milk").status_code == 200

    assert chatgpt.get(f"/notes/{first['id']}").json()["content"] == "text\n\n- milk\n\n- milk"


def test_of_parallel_changes_one_wins_and_the_others_are_told(world: World) -> None:
    chatgpt = connected(world)
    receipt = chatgpt.save("text").json()
    with running(world.project, public_url=world.service.url) as other, ThreadPoolExecutor(10) as pool:
        callers = [chatgpt, chatgpt.at(other)] * 5
        answers = list(pool.map(lambda n: callers[n].change(receipt, append=f"line {n}"), range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    assert chatgpt.get(f"/notes/{receipt['id']}").json()["content"] == f"text\n\nline {winner}"


@pytest.mark.parametrize("status", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED, grpc.StatusCode.INTERNAL])
def test_a_change_whose_answer_is_lost_happens_once(world: World, status: grpc.StatusCode) -> None:
    chatgpt = connected(world)
    receipt = chatgpt.save("text").json()
    world.service.counter.lose.append(status)

    changed = chatgpt.change(receipt, append="more")

    assert changed.status_code == 200
    read = chatgpt.get(f"/notes/{receipt['id']}").json()
    assert (read["content"], read["version"]) == ("text\n\nmore", changed.json()["version"])


def test_a_deletion_whose_answer_is_lost_says_that_the_note_is_not_there(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt = chatgpt.save("text").json()
    world.service.counter.lose.append(grpc.StatusCode.UNAVAILABLE)

    assert chatgpt.delete(receipt["id"]).status_code == 404

    assert world.notes(ada) == []


def test_a_deleted_note_is_gone_and_its_neighbours_stay(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt, other = chatgpt.save("text").json(), chatgpt.save("other").json()

    answers = [chatgpt.delete(receipt["id"]) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert answers[0].json() == {"id": receipt["id"], "deleted": True}
    assert chatgpt.change(receipt, title="New").status_code == 404
    assert [note["id"] for note in chatgpt.get("/notes").json()["notes"]] == [other["id"]]
    assert chatgpt.save("text").status_code == 201


def test_a_note_that_the_phone_deletes_meanwhile_is_not_brought_back(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt = chatgpt.save("text").json()
    world.service.backends.documents.commit(delete(f"users/{ada.uid}/notes/{receipt['id']}"))

    assert chatgpt.change(receipt, append="more").status_code == 404

    assert world.notes(ada) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "Nothing is to be changed"),
        ({"version": None, "title": "t"}, "version"),
        ({"version": "abc", "title": "t"}, "version"),
        ({"version": "9" * 20, "title": "t"}, "version"),
        ({"version": 7, "title": "t"}, "version"),
        ({"title": ""}, "title"),
        ({"content": ""}, "content"),
        ({"append": "a\x00b"}, "append"),
        ({"append": "x" * 99_999}, "append"),
        ({"content": "a", "append": "b"}, "append"),
        ({"kind": "video"}, "sourceUrl"),
        ({"kind": "poem"}, "kind"),
        ({"sourceUrl": "javascript:alert(1)"}, "sourceUrl"),
        ({"tags": ["t"] * 21}, "tags"),
        ({"id": "other"}, "id"),
        ({"createdAt": "2020-01-01T00:00:00Z"}, "createdAt"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_change_outside_the_contract_changes_nothing(world: World, changes: dict[str, Any], field: str) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    receipt = chatgpt.save("text").json()
    before = world.notes(ada)

    refused = chatgpt.change(receipt, **changes)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_request")
    assert refused.json()["error"]["message"].partition(":")[0].startswith(field) or field in refused.text
    assert world.notes(ada) == before


@pytest.mark.parametrize("version", ["0", "1", "9" * 19])
def test_a_version_that_never_was_is_a_conflict(world: World, version: str) -> None:
    chatgpt = connected(world)
    receipt = chatgpt.save("text").json()

    assert chatgpt.change(receipt | {"version": version}, title="New").status_code == 409


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("note_id", ["%2E%2E", "__x__", "x" * 128, "é", "%00", "a%20b", "%F0%9F%98%80"])
def test_an_odd_id_is_no_note(world: World, method: str, note_id: str) -> None:
    chatgpt = connected(world)
    body = {"json": {"version": "1", "title": "t"}} if method == "PATCH" else {}

    answer = chatgpt.call(method, f"/notes/{note_id}", **body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_an_id_that_is_too_long_is_refused(world: World) -> None:
    assert connected(world).get(f"/notes/{'x' * 1_501}").status_code == 400
