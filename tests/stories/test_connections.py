"""The person is in charge: what is connected, and how it ends, as the phone app asks for it."""

import base64
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
import requests

from scripts.verbs.journey import Assistant, Person
from scripts.verbs.processes import free_port
from service.connections.firestore import FirestoreConnectionStore
from service.firestore_write import Write, create
from service.oauth.clients import Client
from tests import world as worlds
from tests.leaver import take_few
from tests.world import LOOPBACK_CALLBACK, PKCE, VERIFIER, Tokens, World, running

MANY = 620  # more than two batches
REFUSED = grpc.StatusCode.PERMISSION_DENIED  # not tried again by the client library


def ask(world: World, person: Person) -> requests.Response:
    return world.service.get("/me/connections", headers=signed_in(world, person))


def listed(world: World, person: Person) -> list[dict[str, Any]]:
    answer = ask(world, person)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["connections"]
    return found


def end(world: World, person: Person, assistant: Assistant, query: str = "") -> requests.Response:
    path = f"/me/connections/{connection_id(assistant.client_id)}{query}"
    return world.service.call("DELETE", path, headers=signed_in(world, person))


def signed_in(world: World, person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.firebase.sign_in(person)}"}


def connection_id(client_id: str) -> str:
    return base64.urlsafe_b64encode(client_id.encode()).decode().rstrip("=")


def is_alive(world: World, assistant: Assistant, tokens: Tokens) -> bool:
    """Whether TOKENS still save and refresh: both or neither."""
    saved = world.save(tokens, content="is it alive?").status_code
    refreshed = world.refresh(assistant, tokens.refresh_token)
    if saved == 401:
        assert (refreshed.status_code, refreshed.json()["error"]) == (400, "invalid_grant")
        return False
    assert (saved in (200, 201), refreshed.status_code) == (True, 200)
    return True


def time_of(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def write_notes(world: World, person: Person, assistant: Assistant, count: int) -> None:
    """As if ASSISTANT had saved COUNT notes, one by one."""

    def writes() -> Iterator[Write]:
        for n in range(count):
            source = {"clientId": assistant.client_id}
            yield create(f"users/{person.uid}/notes/{assistant.client_id}-{n}", {"title": f"{n}", "source": source})

    world.service.backends.documents.commit(*writes())


def count_notes(world: World, person: Person) -> int:
    return len(world.service.backends.documents.query(f"users/{person.uid}/notes", select=[]))


def test_nothing_is_connected_at_first(world: World) -> None:
    assert listed(world, world.person()) == []


def test_a_connection_says_who_may_do_what_and_what_it_did(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant("ChatGPT")
    began = world.service.clock()
    tokens = world.connect(chatgpt, ada)

    (fresh,) = listed(world, ada)
    world.service.clock.move(timedelta(minutes=10))
    world.save(tokens)
    (used,) = listed(world, ada)

    assert fresh == {
        "id": connection_id(chatgpt.client_id),
        "name": "ChatGPT",
        "permissions": ["Save new notes, and change or delete notes"],
        "scope": "notes:write",
        "connectedAt": fresh["connectedAt"],
        "lastUsedAt": fresh["connectedAt"],
        "notesSaved": 0,
    }
    connected = time_of(fresh["connectedAt"])
    assert timedelta(0) <= connected - began.replace(microsecond=0) < timedelta(minutes=1)
    assert used == fresh | {"lastUsedAt": used["lastUsedAt"], "notesSaved": 1}
    assert time_of(used["lastUsedAt"]) - connected >= timedelta(minutes=10)


def test_a_note_counts_once_however_often_it_is_saved(world: World) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)

    for content in ("one", "two", "two", "one"):
        world.save(tokens, content=content)

    assert listed(world, ada)[0]["notesSaved"] == 2


def test_a_refresh_is_a_use_and_keeps_the_count(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    tokens = world.connect(chatgpt, ada)
    world.save(tokens)
    (before,) = listed(world, ada)

    world.service.clock.move(timedelta(days=20))
    assert world.refresh(chatgpt, tokens.refresh_token).status_code == 200
    world.service.clock.move(timedelta(days=20))  # past the end that the grant had at first
    (after,) = listed(world, ada)

    assert after == before | {"lastUsedAt": after["lastUsedAt"]}
    assert time_of(after["lastUsedAt"]) - time_of(before["lastUsedAt"]) >= timedelta(days=20)


def test_the_one_used_last_comes_first(world: World) -> None:
    ada = world.person()
    first, second = world.assistant("First"), world.assistant("Second")
    tokens = world.connect(first, ada)
    world.service.clock.move(timedelta(minutes=1))
    world.connect(second, ada)
    assert [connection["name"] for connection in listed(world, ada)] == ["Second", "First"]

    world.service.clock.move(timedelta(minutes=1))
    world.save(tokens)

    assert [connection["name"] for connection in listed(world, ada)] == ["First", "Second"]


def test_two_grants_of_one_assistant_are_one_connection_and_end_together(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    phone = world.connect(chatgpt, ada)
    (once,) = listed(world, ada)
    world.service.clock.move(timedelta(minutes=5))
    code = world.code(chatgpt, ada, scope="notes:read notes:write offline_access")
    laptop = Tokens(**world.exchange(chatgpt, code=code).json())
    for tokens, content in ((phone, "one"), (laptop, "two")):
        world.save(tokens, content=content)

    (twice,) = listed(world, ada)
    assert twice["connectedAt"] == once["connectedAt"]
    assert (twice["notesSaved"], twice["scope"]) == (2, "notes:read notes:write")
    assert twice["permissions"] == [
        "Read your notes, and see your name and e-mail address",
        "Save new notes, and change or delete notes",
    ]
    assert end(world, ada, chatgpt).status_code == 204

    assert listed(world, ada) == []
    assert not is_alive(world, chatgpt, phone)
    assert not is_alive(world, chatgpt, laptop)


def test_an_expired_connection_is_not_listed(world: World) -> None:
    ada = world.person()
    world.connect(world.assistant(), ada)
    world.service.clock.move(world.service.settings.refresh_token_lifetime - timedelta(minutes=1))
    assert len(listed(world, ada)) == 1

    world.service.clock.move(timedelta(minutes=1))

    assert listed(world, ada) == []
    assert len(world.stored("oauthGrants")) == 1  # until Firestore deletes it


def test_disconnecting_ends_every_token_at_once_and_keeps_the_notes(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    tokens = world.connect(chatgpt, ada)
    world.save(tokens)
    renewed = Tokens(**world.refresh(chatgpt, tokens.refresh_token).json())

    answer = end(world, ada, chatgpt)

    assert (answer.status_code, answer.content) == (204, b"")
    assert world.save(tokens, content="new").status_code == 401
    assert not is_alive(world, chatgpt, renewed)
    with running(world.project) as other:  # on every instance
        note = other.post("/notes", json={"title": "t", "content": "c"}, headers=renewed.bearer)
        assert note.status_code == 401
    assert len(world.notes(ada)) == 1


def test_a_code_that_was_not_exchanged_yet_ends_too(world: World) -> None:
    ada, bob, chatgpt, claude = world.person(), world.person(), world.assistant(), world.assistant("Claude")
    mine, other_assistants, other_persons = (
        world.code(chatgpt, ada),
        world.code(claude, ada),
        world.code(chatgpt, bob),
    )

    end(world, ada, chatgpt)

    refused = world.exchange(chatgpt, code=mine)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert world.exchange(claude, code=other_assistants).status_code == 200
    assert world.exchange(chatgpt, code=other_persons).status_code == 200
    assert [connection["name"] for connection in listed(world, ada)] == ["Claude"]


def test_what_was_disconnected_can_be_connected_anew(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    world.connect(chatgpt, ada)
    end(world, ada, chatgpt)

    tokens = world.connect(chatgpt, ada)

    assert is_alive(world, chatgpt, tokens)
    assert len(listed(world, ada)) == 1


def test_other_people_and_other_assistants_are_left_alone(world: World) -> None:
    ada, bob, chatgpt, claude = world.person("ada"), world.person("bob"), world.assistant(), world.assistant("Claude")
    ended = world.connect(chatgpt, ada)
    left = [(claude, world.connect(claude, ada)), (chatgpt, world.connect(chatgpt, bob))]
    for tokens in (ended, *(tokens for _, tokens in left)):
        world.save(tokens)
    assert len(listed(world, bob)) == 1

    answer = end(world, ada, chatgpt, "?notes=delete")

    assert (answer.status_code, answer.json()) == (200, {"deletedNotes": 1})
    assert not is_alive(world, chatgpt, ended)
    for assistant, tokens in left:
        assert is_alive(world, assistant, tokens)
    assert [connection["name"] for connection in listed(world, ada)] == ["Claude"]
    assert [note["source"]["clientId"] for note in world.notes(ada)] == [claude.client_id] * 2
    assert len(world.notes(bob)) == 2


def test_deleting_takes_everything_that_the_assistant_ever_saved_and_nothing_else(world: World) -> None:
    ada, chatgpt, claude = world.person(), world.assistant(), world.assistant("Claude")
    world.save(world.connect(chatgpt, ada), content="from an earlier connection")
    end(world, ada, chatgpt)
    tokens = world.connect(chatgpt, ada)
    world.save(tokens, content="in a conversation", **{"openai-conversation-id": "c-1"})
    write_notes(world, ada, claude, 3)
    own = {"title": "mine", "content": "written on the phone"}
    world.service.backends.documents.commit(create(f"users/{ada.uid}/notes/own", own))

    answer = end(world, ada, chatgpt, "?notes=delete")

    assert answer.json() == {"deletedNotes": 2}
    assert sorted(note["title"] for note in world.notes(ada)) == ["0", "1", "2", "mine"]


def test_deleting_many_notes_takes_several_batches_and_twice_is_fine(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    world.connect(chatgpt, ada)
    write_notes(world, ada, chatgpt, MANY)
    world.service.counter.calls.clear()

    first = end(world, ada, chatgpt, "?notes=delete")
    assert world.service.counter.calls.count("Commit") == 5  # the code, the grant, and three batches of notes
    second = end(world, ada, chatgpt, "?notes=delete")

    assert first.json() == {"deletedNotes": MANY}
    assert (second.status_code, second.json()) == (200, {"deletedNotes": 0})
    assert count_notes(world, ada) == 0


def test_notes_that_are_too_large_for_one_commit_go_in_several(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, chatgpt = world.person(), world.assistant()
    world.connect(chatgpt, ada)
    write_notes(world, ada, chatgpt, 13)
    take_few(monkeypatch, world.service.backends.documents)

    assert end(world, ada, chatgpt, "?notes=delete").json() == {"deletedNotes": 13}
    assert count_notes(world, ada) == 0


def test_disconnecting_twice_and_what_never_was_connected_is_no_error(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    world.connect(chatgpt, ada)

    assert [end(world, ada, chatgpt).status_code for _ in range(2)] == [204, 204]
    assert end(world, ada, Assistant("nobody", "", "")).status_code == 204
    assert end(world, ada, Assistant("nobody", "", ""), "?notes=delete").json() == {"deletedNotes": 0}


def test_a_deletion_that_breaks_off_is_finished_by_repeating(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    tokens = world.connect(chatgpt, ada)
    write_notes(world, ada, chatgpt, MANY)

    for left in (MANY, MANY, MANY - 250):  # after the codes, after the grants, after the first batch of notes
        world.service.counter.lose = [REFUSED]
        broken = end(world, ada, chatgpt, "?notes=delete")
        assert world.service.counter.lose == []
        assert (broken.status_code, broken.json()["error"]["code"]) == (503, "temporarily_unavailable")
        assert int(broken.headers["Retry-After"]) > 0
        assert count_notes(world, ada) == left
    assert world.save(tokens, content="new").status_code == 401  # ended before anything was deleted
    finished = end(world, ada, chatgpt, "?notes=delete")

    assert finished.json() == {"deletedNotes": MANY - 250}
    assert count_notes(world, ada) == 0


@pytest.mark.parametrize("status", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED], ids=lambda one: one.name)
def test_a_lost_answer_is_no_error(world: World, status: grpc.StatusCode) -> None:
    ada, chatgpt = world.person(), world.assistant()
    world.save(world.connect(chatgpt, ada))
    world.service.counter.lose = [status] * 3

    answer = end(world, ada, chatgpt, "?notes=delete")

    assert world.service.counter.lose == []
    assert answer.json() == {"deletedNotes": 1}
    assert (listed(world, ada), world.notes(ada)) == ([], [])


def test_an_assistant_that_is_known_by_its_document_is_listed_and_ended(world: World) -> None:
    url = "https://app.example/oauth/client.json?a=%C3%A9"
    now, scope = world.service.clock(), frozenset(("notes:write",))
    document = Client(
        *(url, "An app", "document", (LOOPBACK_CALLBACK,), frozenset(("none",)), (), scope, now),
        fresh_until=now + timedelta(hours=1),
    )
    world.service.backends.oauth.keep_document(document)
    ada, app = world.person(), Assistant(url, "", LOOPBACK_CALLBACK)
    answer = world.exchange(app, code=world.code(app, ada, **PKCE), code_verifier=VERIFIER)
    tokens = Tokens(**answer.json())
    world.save(tokens)

    (connection,) = listed(world, ada)
    assert (connection["name"], connection["notesSaved"]) == ("An app", 1)
    path = f"/me/connections/{connection['id']}?notes=delete"
    ended = world.service.call("DELETE", path, headers=signed_in(world, ada))

    assert ended.json() == {"deletedNotes": 1}
    assert world.save(tokens).status_code == 401
    assert (listed(world, ada), world.notes(ada)) == ([], [])


@pytest.fixture(scope="module")
def refusing() -> Iterator[World]:
    with worlds.world() as made:
        yield made


def is_challenge(answer: requests.Response, code: str, challenge: str) -> bool:
    return (answer.status_code, answer.json()["error"]["code"], answer.headers["WWW-Authenticate"]) == (
        401,
        code,
        challenge,
    )


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "token"])
def test_without_an_id_token_one_is_asked_for(refusing: World, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}

    for method, path in (("GET", "/me/connections"), ("DELETE", "/me/connections/YQ")):
        answer = refusing.service.call(method, path, headers=headers)
        assert is_challenge(answer, "unauthorized", "Bearer")
        assert "Sign in" in answer.json()["error"]["message"]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é".encode().decode("latin-1"), "a b"])
def test_what_is_no_id_token_is_refused(refusing: World, token: str) -> None:
    for method, path in (("GET", "/me/connections"), ("DELETE", "/me/connections/YQ?notes=delete")):
        answer = refusing.service.call(method, path, headers={"Authorization": f"Bearer {token}"})
        assert is_challenge(answer, "invalid_token", 'Bearer error="invalid_token"')
        assert "resource_metadata" not in answer.text


def test_an_assistant_cannot_look_or_end_with_its_access_token(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    tokens = world.connect(chatgpt, ada)

    for token in (tokens.access_token, tokens.refresh_token):
        headers = {"Authorization": f"Bearer {token}"}
        answers = [
            world.service.get("/me/connections", headers=headers),
            world.service.call("DELETE", f"/me/connections/{connection_id(chatgpt.client_id)}", headers=headers),
        ]
        assert all(is_challenge(answer, "invalid_token", 'Bearer error="invalid_token"') for answer in answers)
    assert is_alive(world, chatgpt, tokens)


def test_the_id_token_of_another_project_is_refused(world: World) -> None:
    with worlds.world() as elsewhere:
        stranger = elsewhere.person()
        headers = signed_in(elsewhere, stranger)

    assert world.service.get("/me/connections", headers=headers).status_code == 401


def test_who_is_signed_in_by_an_id_token_is_found_however_the_scheme_is_written(world: World) -> None:
    ada = world.person()
    headers = {"Authorization": f"bEaReR  {world.firebase.sign_in(ada)}"}

    assert world.service.get("/me/connections", headers=headers).json() == {"connections": []}


@pytest.mark.parametrize("path", ["A", "YQ==", "_w", "YR", "Y%51%0A", "Y" * 1001])
def test_a_malformed_id_is_told(refusing: World, path: str) -> None:
    headers = signed_in(refusing, refusing.person())

    answer = refusing.service.call("DELETE", f"/me/connections/{path}", headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("query", ["?notes=", "?notes=keep", "?notes=Delete", "?notes=delete&notes=delete", "?notes"])
def test_another_wish_for_the_notes_is_told_and_ends_nothing(world: World, query: str) -> None:
    ada, chatgpt = world.person(), world.assistant()
    tokens = world.connect(chatgpt, ada)

    answer = end(world, ada, chatgpt, query)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert is_alive(world, chatgpt, tokens)


def test_no_script_of_another_origin_may_call_it_and_no_cache_keeps_it(world: World) -> None:
    headers = signed_in(world, world.person()) | {"Origin": "https://evil.example"}

    answers = [world.service.call(method, "/me/connections", headers=headers) for method in ("GET", "OPTIONS")]
    answers.append(world.service.call("DELETE", "/me/connections/YQ", headers=headers))

    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_is_a_page_also_when_it_is_asked_for_wrongly(world: World) -> None:
    page = world.service.get("/connections")
    wrong = world.service.post("/connections")

    assert (page.status_code, wrong.status_code) == (200, 405)
    for answer in (page, wrong):
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert "needs JavaScript" in page.text
    assert 'href="/connections"' in world.service.get("/").text


def test_without_firebase_nothing_is_shown_or_ended(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    tokens = world.connect(chatgpt, ada)
    headers = signed_in(world, ada)

    with running(world.project, auth_emulator=f"127.0.0.1:{free_port()}") as service:
        answer = service.call("DELETE", f"/me/connections/{connection_id(chatgpt.client_id)}", headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "temporarily_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert is_alive(world, chatgpt, tokens)


def test_the_log_says_who_ended_what(world: World, caplog: pytest.LogCaptureFixture) -> None:
    ada, chatgpt = world.person(), world.assistant()
    world.save(world.connect(chatgpt, ada), title="Qzx-title", content="Qzx-content")
    caplog.set_level(logging.INFO, "service.audit")
    caplog.clear()

    listed(world, ada)
    end(world, ada, chatgpt, "?notes=delete")
    end(world, ada, Assistant("never-there", "", ""))
    world.service.get("/me/connections", headers={"Authorization": "Bearer Qzx-token"})

    lines = [vars(record)["fields"] for record in caplog.records if record.name == "service.audit"]
    assert lines == [
        {"event": "connections.list", "outcome": "allowed", "uid": ada.uid},
        {
            "event": "connections.end",
            "outcome": "allowed",
            "clientId": chatgpt.client_id,
            "uid": ada.uid,
            "notes": 1,
        },
        {"event": "connections.end", "outcome": "allowed", "uid": ada.uid},
        {"event": "connections.list", "outcome": "refused", "reason": "not_signed_in:malformed"},
    ]
    assert "Qzx" not in caplog.text
    assert "never-there" not in caplog.text


class Meanwhile(FirestoreConnectionStore):
    """A store during whose work somebody else does something once, after its first deletion."""

    between: Callable[[], object]

    def _delete_all(self, collection: str, uid: str, client_id: str) -> int:
        deleted = super()._delete_all(collection, uid, client_id)
        between, self.between = self.between, lambda: None
        between()
        return deleted


def test_a_code_that_is_exchanged_while_one_disconnects_leaves_nothing_alive(world: World) -> None:
    chatgpt, ada = world.assistant(), world.person()
    world.connect(chatgpt, ada)
    code, answers = world.code(chatgpt, ada), list[int]()
    store = Meanwhile(world.service.backends.documents)
    store.between = lambda: answers.append(world.exchange(chatgpt, code=code).status_code)

    store.end(ada.uid, chatgpt.client_id)

    assert answers == [400]
    assert world.stored("oauthGrants") == []
