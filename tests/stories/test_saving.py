"""“Save it”: on the first try, never twice, with a receipt to quote and where it came from."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.firestore_write import delete, update
from tests.assistant import BOTH, Caller, connected
from tests.world import World, running
from tests.world import world as new_world

URL = "https://example.com/watch?v=1"


def test_the_receipt_can_be_quoted(world: World) -> None:
    chatgpt = connected(world)

    receipt = chatgpt.save("text", "Café names").json()

    note = chatgpt.get(f"/notes/{receipt['id']}").json()
    assert receipt == {
        "id": note["id"],
        "title": "Café names",
        "createdAt": note["createdAt"],
        "created": True,
        "url": f"https://app.example.com/notes/{note['id']}",
        "version": note["version"],
    }


@pytest.mark.parametrize("kind", ["note", "bookmark", "quote", "post", "video"])
def test_each_kind_is_stored_with_its_tags_and_its_address(world: World, kind: str) -> None:
    ada = world.person()

    saved = connected(world, ada).save(kind=kind, tags=[" to read ", "News", "news"], sourceUrl=URL)

    assert saved.status_code == 201
    (note,) = world.notes(ada)
    assert (note["kind"], note["tags"], note["sourceUrl"]) == (kind, ["to read", "News"], URL)


def test_where_a_note_came_from_is_kept_and_the_daily_name_of_the_person_is_not(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    headers = {"openai-conversation-id": "c-1", "openai-gpt-id": "g-2", "openai-ephemeral-user-id": "daily-3"}

    chatgpt.call("POST", "/notes", json={"title": "t", "content": "c"}, headers=headers)

    (note,) = world.notes(ada)
    client_id = chatgpt.client.client_id
    assert note["source"] == {
        "clientId": client_id,
        "clientName": "ChatGPT",
        "conversationId": "c-1",
        "gptId": "g-2",
    }
    assert "daily-3" not in world.everything()


@pytest.mark.parametrize("name", ["openai-conversation-id", "openai-gpt-id", "openai-ephemeral-user-id"])
def test_what_a_call_says_of_its_origin_opens_nothing(world: World, name: str) -> None:
    """Another person's conversation, GPT or daily name is no way to their notes."""
    ada, bob = connected(world), connected(world)
    receipt = ada.call("POST", "/notes", json={"title": "t", "content": "c"}, headers={name: "ada's"}).json()

    read = bob.call("GET", f"/notes/{receipt['id']}", headers={name: "ada's"})
    listed = bob.call("GET", "/notes", headers={name: "ada's"})

    assert read.status_code == 404
    assert listed.json() == {"notes": []}


@pytest.mark.parametrize("header", [b"", b"x" * 201, "é".encode(), b"\x85", b"a\tb"])
def test_an_origin_that_is_no_name_is_not_kept_and_saving_works(world: World, header: bytes) -> None:
    ada = world.person()
    names = {"openai-conversation-id": header, "openai-gpt-id": header}

    saved = connected(world, ada).call("POST", "/notes", json={"title": "t", "content": "c"}, headers=names)

    assert saved.status_code == 201
    (note,) = world.notes(ada)
    kept = header.decode("latin-1") if header.decode("latin-1").isprintable() and 0 < len(header) <= 200 else None
    assert note["source"].get("conversationId") == kept


def test_the_same_call_to_another_instance_is_the_first_note(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    first = chatgpt.save("same", "First title", tags=["a"]).json()

    with running(world.project, public_url=world.service.url) as other:
        again = chatgpt.at(other).save("same", "Second title", tags=["b"])

    assert again.status_code == 200
    first.pop("version")  # the caller has not seen the title and the tags that are stored
    assert again.json() == first | {"created": False}
    assert len(world.notes(ada)) == 1


def test_of_parallel_calls_one_saves_and_all_get_the_same_receipt(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    with running(world.project, public_url=world.service.url) as other, ThreadPoolExecutor(12) as pool:
        instances = [chatgpt, chatgpt.at(other)] * 6
        answers = list(pool.map(lambda caller: caller.save("same"), instances))

    receipts = [answer.json() for answer in answers]
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({receipt["id"] for receipt in receipts}) == 1
    assert [receipt["created"] for receipt in receipts].count(True) == 1
    assert len({(receipt["createdAt"], receipt["version"], receipt["url"]) for receipt in receipts}) == 1
    assert len(world.notes(ada)) == 1
    (grant,) = world.stored("oauthGrants")
    assert grant["notesSaved"] == 1


@pytest.mark.parametrize(
    ("changed", "is_new"),
    [
        ({"title": "Another title"}, False),
        ({"tags": ["other"]}, False),
        ({"content": "Some *text*."}, True),
        ({"content": "Some *text*\n"}, True),
        ({"kind": "quote"}, True),
        ({"sourceUrl": URL}, True),
    ],
    ids=str,
)
def test_what_makes_it_another_note(world: World, changed: dict[str, Any], is_new: bool) -> None:  # noqa: FBT001  # a column of the table
    ada = world.person()
    chatgpt = connected(world, ada)
    chatgpt.save()

    again = chatgpt.save(**changed)

    assert again.status_code == (201 if is_new else 200)
    assert len(world.notes(ada)) == 1 + is_new


def test_another_assistant_without_a_conversation_saves_its_own(world: World) -> None:
    ada = world.person()

    answers = [connected(world, ada).save().status_code for _ in range(2)]

    assert answers == [201, 201]


def test_in_one_conversation_two_assistants_save_one_note(world: World) -> None:
    ada, conversation = world.person(), {"openai-conversation-id": "c-1"}
    note = {"title": "t", "content": "c"}

    answers = [
        connected(world, ada).call("POST", "/notes", json=note, headers=conversation).status_code for _ in range(2)
    ]

    assert answers == [201, 200]


def test_two_people_never_share_a_note(world: World) -> None:
    client = world.assistant()
    ada, bob = connected(world, client=client), connected(world, client=client)

    assert [ada.save().status_code, bob.save().status_code] == [201, 201]


def test_what_the_phone_deleted_is_saved_as_new(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    first = chatgpt.save("same").json()
    world.service.backends.documents.commit(delete(f"users/{ada.uid}/notes/{first['id']}"))

    again = chatgpt.save("same")

    assert again.status_code == 201
    assert again.json()["created"] is True
    assert len(world.notes(ada)) == 1


def test_what_the_phone_renamed_is_shown_by_its_name(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    first = chatgpt.save("same").json()
    world.service.backends.documents.commit(
        update(f"users/{ada.uid}/notes/{first['id']}", {"title": "Renamed", "content": "Edited"})
    )

    again = chatgpt.save("same").json()

    assert (again["title"], again["created"], again["createdAt"]) == ("Renamed", False, first["createdAt"])
    assert again["changedSince"] is True
    assert "version" not in again  # nobody replaces what they have not seen


@pytest.mark.parametrize("edit", [{"title": "Phone"}, {"tags": ["phone"]}], ids=str)
def test_saving_again_tells_no_version_of_an_edit_that_was_not_seen(world: World, edit: dict[str, Any]) -> None:
    """Or the next change would overwrite what the person did on the phone."""
    ada = world.person()
    chatgpt = connected(world, ada)
    first = chatgpt.save("same", tags=["a"]).json()
    assert chatgpt.save("same", tags=["a"]).json()["version"] == first["version"]
    world.service.backends.documents.commit(update(f"users/{ada.uid}/notes/{first['id']}", edit))

    again = chatgpt.save("same", tags=["a"]).json()

    assert "version" not in again
    assert "changedSince" not in again  # the text is as it was


@pytest.mark.parametrize("path", ["/notes", "/at/0123456789ab/notes"])
def test_a_save_is_one_commit_whichever_address_it_came_by(world: World, path: str) -> None:
    chatgpt = connected(world)
    world.service.counter.calls.clear()

    saved = world.service.post(path, json={"title": "t", "content": "c"}, headers=chatgpt.tokens.bearer)

    assert saved.status_code == 201
    assert world.service.counter.calls == ["Commit"]


def test_which_version_of_the_contract_was_called_is_noted_once_in_a_while(world: World) -> None:
    chatgpt = connected(world)
    for content in ("1", "2"):
        world.service.post(
            "/at/0123456789ab/notes", json={"title": "t", "content": content}, headers=chatgpt.tokens.bearer
        )
    world.service.get("/at/0123456789ab/notes", headers=chatgpt.tokens.bearer)
    world.service.get("/notes", headers=chatgpt.tokens.bearer)
    world.service.get("/at/not-hex-at-a/notes", headers=chatgpt.tokens.bearer)

    noted = world.stored("contractCalls")

    who = (chatgpt.client.client_id, "ChatGPT", "0123456789ab")
    assert sorted((*map(call.get, ("clientId", "clientName", "contract", "operationId")),) for call in noted) == [
        (*who, "listNotes"),
        (*who, "saveNote"),
    ]


def test_the_same_version_is_noted_again_after_ten_minutes(world: World) -> None:
    chatgpt = connected(world)
    calls, rpcs = world.service.counter.calls, []
    for minutes in (0, 9, 1, 9):
        world.service.clock.move(timedelta(minutes=minutes))
        calls.clear()
        listed = world.service.get("/at/0123456789ab/notes", headers=chatgpt.tokens.bearer)
        assert listed.status_code == 200
        rpcs.append(list(calls))

    reading = ["RunQuery", "BatchGetDocuments"]
    noting = ["RunQuery", "BatchGetDocuments", "Commit"]
    assert rpcs == [noting, reading, noting, reading]


def test_what_ends_in_no_such_note_is_noted_once_too(world: World) -> None:
    chatgpt = connected(world)
    calls = world.service.counter.calls
    calls.clear()
    for _ in range(3):
        world.service.get("/at/0123456789ab/notes/nothing", headers=chatgpt.tokens.bearer)

    assert calls == ["BatchGetDocuments", "Commit", "BatchGetDocuments", "BatchGetDocuments"]


def test_a_change_notes_its_version_once(world: World) -> None:
    chatgpt = connected(world)
    receipt = chatgpt.save().json()
    calls = world.service.counter.calls
    calls.clear()
    body = {"version": receipt["version"], "title": "New"}
    address = f"/at/0123456789ab/notes/{receipt['id']}"

    assert world.service.call("PATCH", address, json=body, headers=chatgpt.tokens.bearer).status_code == 200

    assert calls == ["BatchGetDocuments", "Commit", "Commit"]
    assert len(world.stored("contractCalls")) == 1


def test_a_reading_does_not_fail_because_its_version_cannot_be_noted(world: World) -> None:
    chatgpt = connected(world)
    world.service.counter.lose = [grpc.StatusCode.PERMISSION_DENIED]

    assert world.service.get("/at/0123456789ab/notes", headers=chatgpt.tokens.bearer).status_code == 200
    assert world.service.counter.lose == []


def test_a_call_that_was_refused_notes_nothing(world: World) -> None:
    reader = connected(world, scope="notes:read")
    for headers in (reader.tokens.bearer, {"Authorization": "Bearer nonsense"}):
        answer = world.service.post("/at/0123456789ab/notes", json={"title": "t", "content": "c"}, headers=headers)
        assert answer.status_code in (401, 403)

    assert world.stored("contractCalls") == []


@pytest.fixture
def caller() -> Iterator[Caller]:
    with new_world(calls_per_minute=100_000) as made:
        yield connected(made)


_ANY = st.characters(exclude_categories=["Cs"])
_LINE = st.text(_ANY, min_size=1, max_size=60)
_NOTES: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    title=_LINE,
    content=st.text(_ANY, min_size=1, max_size=400)
    | st.text(_ANY, min_size=1, max_size=3).map(lambda text: text * 900),
    tags=st.lists(_LINE, max_size=4),
)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(note=_NOTES)
def test_whatever_text_is_taken_comes_back_character_by_character(caller: Caller, note: dict[str, Any]) -> None:
    saved = caller.call("POST", "/notes", json=note)

    if saved.status_code == 400:  # a control character, or nothing but spaces
        assert saved.json()["error"]["code"] == "invalid_request"
        return
    receipt = saved.json()
    read = caller.get(f"/notes/{receipt['id']}").json()
    assert read["content"] == note["content"]
    assert read["length"] == len(note["content"])
    if receipt["created"]:
        assert read["title"] == receipt["title"] == note["title"]
        assert len(read["tags"]) <= len(note["tags"])
    assert caller.delete(receipt["id"]).status_code == 200


@pytest.mark.parametrize("scope", ["notes:read", "notes:write", BOTH])
def test_an_assistant_does_what_it_was_allowed(world: World, scope: str) -> None:
    person = world.person()
    receipt = connected(world, person).save().json()
    caller = connected(world, person, scope)
    answers = {
        "notes:read": [
            caller.get("/notes"),
            caller.get("/search", query="x"),
            caller.get(f"/notes/{receipt['id']}"),
            caller.get("/profile"),
        ],
        "notes:write": [caller.save(), caller.change(receipt, title="New"), caller.delete(receipt["id"])],
    }

    for needed, found in answers.items():
        for answer in found:
            if needed in scope:
                assert answer.status_code in (200, 201)
            else:
                assert answer.status_code == 403
                assert (
                    f'error="insufficient_scope", error_description="This needs the scope {needed}'
                    in (answer.headers["WWW-Authenticate"])
                )
                assert f'scope="{needed}"' in answer.headers["WWW-Authenticate"]
