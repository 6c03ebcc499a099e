"""What a thief tries, and what it gets."""

import base64
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from scripts.verbs.emulators import PROJECT
from scripts.verbs.journey import hidden_fields
from service.actions.notes.firestore import FirestoreNoteStore
from service.actions.notes.notes import Source, compose
from service.errors import BearerError
from service.firestore import Documents, Exists, Missing
from service.firestore_write import Write, delete, update
from service.google_backends import open_documents
from service.identity.access import Use
from service.oauth.directory import SHOWN_FOR
from service.oauth.tokens import parse_access_token
from tests.world import FIRESTORE, World
from tests.world import world as a_world


def in_parallel(count: int, call: Callable[[], requests.Response]) -> list[int]:
    """The statuses of COUNT calls that start together."""
    gate = threading.Barrier(count)

    def one() -> int:
        gate.wait()
        return call().status_code

    with ThreadPoolExecutor(count) as pool:
        return sorted(future.result() for future in [pool.submit(one) for _ in range(count)])


def test_32_parallel_redemptions_of_one_code_have_one_winner(world: World) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())

    statuses = in_parallel(32, lambda: world.exchange(chatgpt, code=code))

    assert statuses == [200] + [400] * 31


def test_parallel_saves_of_one_note_make_one(world: World) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)

    statuses = in_parallel(16, lambda: world.save(tokens))

    assert statuses == [200] * 15 + [201]
    assert len(world.notes(ada)) == 1


def test_parallel_saves_of_different_notes_all_arrive(world: World) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)
    names = iter(range(32))

    assert in_parallel(32, lambda: world.save(tokens, content=f"text {next(names)}")) == [201] * 32
    assert len(world.notes(ada)) == 32


def test_an_expired_refresh_token_is_worth_nothing(world: World) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())
    world.service.clock.move(timedelta(days=30, seconds=1))

    assert world.refresh(chatgpt, tokens.refresh_token).json()["error"] == "invalid_grant"


def test_an_access_token_is_no_refresh_token_nor_the_other_way_round(world: World) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())

    assert world.refresh(chatgpt, tokens.access_token).json()["error"] == "invalid_grant"
    headers = {"Authorization": f"Bearer {tokens.refresh_token}"}
    assert world.service.post("/notes", json={"title": "t", "content": "c"}, headers=headers).status_code == 401


def test_nothing_is_open_where_no_rules_were_loaded(world: World) -> None:
    ada = world.person()

    answer = world.firebase.read(f"users/{ada.uid}/notes", world.firebase.sign_in(ada))

    assert (answer.status_code, world.has_rules) == (403, False)


def test_two_people_never_see_each_others_notes(world: World) -> None:
    ada, bob, chatgpt = world.person("ada"), world.person("bob"), world.assistant()
    for person in (ada, bob):
        world.save(world.connect(chatgpt, person), content=f"only {person.email}")

    assert [note["content"] for note in world.notes(ada)] == [f"only {ada.email}"]
    assert [note["content"] for note in world.notes(bob)] == [f"only {bob.email}"]
    listed = world.read(f"users/{ada.uid}/notes", world.firebase.sign_in(bob))
    assert listed.status_code == 403


def test_the_same_text_saved_by_two_people_is_two_notes(world: World) -> None:
    people = [world.person(), world.person()]

    assert [world.save(world.connect(world.assistant(), person)).status_code for person in people] == [201, 201]


def test_a_token_whose_head_was_changed_names_nobody(world: World) -> None:
    ada, bob = world.person(), world.person()
    tokens = world.connect(world.assistant(), ada)
    head, _, tail = tokens.access_token.removeprefix("mate_").partition(".")
    claims = json.loads(base64.urlsafe_b64decode(head + "=="))
    assert claims[0] == ada.uid
    forged_head = base64.urlsafe_b64encode(json.dumps([bob.uid, *claims[1:]]).encode()).decode().rstrip("=")
    headers = {"Authorization": f"Bearer mate_{forged_head}.{tail}"}

    answer = world.service.post("/notes", json={"title": "t", "content": "c"}, headers=headers)

    assert answer.status_code == 401
    assert world.notes(bob) == world.notes(ada) == []


def test_an_id_token_of_another_firebase_project_allows_nothing(world: World) -> None:
    foreign = requests.post(
        f"http://{os.environ['FIREBASE_AUTH_EMULATOR_HOST']}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=k",
        json={"returnSecureToken": True, "email": f"{world.project}@example.com", "password": "secret12"},
        timeout=20,
    ).json()["idToken"]

    answer = world.service.post("/authorization", data=_decision(world, id_token=foreign))

    assert answer.status_code == 401
    assert "Location" not in answer.headers
    assert world.stored("oauthCodes") == []


@pytest.mark.parametrize("id_token", ["", "garbage", "a.b.c", "x" * 20_000, "eyJhbGciOiJub25lIn0.e30."])
def test_a_wrong_id_token_allows_nothing(world: World, id_token: str) -> None:
    answer = world.service.post("/authorization", data=_decision(world, id_token=id_token))

    assert answer.status_code == 401
    assert "sign in again" in answer.text
    assert world.stored("oauthCodes") == []


def test_an_anonymous_account_allows_nothing() -> None:
    answer = requests.post(
        f"http://{os.environ['FIREBASE_AUTH_EMULATOR_HOST']}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=k",
        json={"returnSecureToken": True},
        timeout=20,
    )
    anonymous = answer.json()["idToken"]

    with a_world(PROJECT) as world:  # without an e-mail address, accounts are made in the emulator's own project
        assert world.service.post("/authorization", data=_decision(world, id_token=anonymous)).status_code == 401


@pytest.mark.parametrize("gone", ["disabled", "deleted"])
def test_a_disabled_or_deleted_account_allows_nothing(world: World, gone: str) -> None:
    ada = world.person()
    id_token = world.firebase.sign_in(ada)
    base = (
        f"http://{os.environ['FIREBASE_AUTH_EMULATOR_HOST']}/identitytoolkit.googleapis.com/v1/projects/{world.project}"
    )
    verb, body = ("update", {"disableUser": True}) if gone == "disabled" else ("delete", {})
    changed = requests.post(
        f"{base}/accounts:{verb}",
        json={"localId": ada.uid, **body},
        headers={"Authorization": "Bearer owner"},
        timeout=20,
    )
    assert changed.ok, changed.text

    assert world.service.post("/authorization", data=_decision(world, id_token=id_token)).status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost"])
def test_another_site_cannot_decide_for_a_person(world: World, origin: str) -> None:
    form = _decision(world, id_token=world.firebase.sign_in(world.person()))

    answer = world.service.post("/authorization", data=form, headers={"Origin": origin})

    assert answer.status_code == 403
    assert world.stored("oauthCodes") == []
    assert world.service.post("/authorization", data=form, headers={"Origin": world.service.url}).status_code == 303


def _decision(world: World, **fields: str) -> dict[str, str]:
    """What the page posts when Allow is pressed, signed in as nobody yet."""
    return hidden_fields(world.ask(world.assistant()).text) | {"decision": "allow"} | fields


def test_a_replay_is_known_long_after_the_code_expired(world: World) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())
    tokens = world.exchange(chatgpt, code=code).json()
    world.service.clock.move(timedelta(days=10))

    assert world.exchange(chatgpt, code=code).json()["error"] == "invalid_grant"

    assert world.refresh(chatgpt, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_reused_refresh_token_is_known_after_it_expired(world: World) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())
    world.service.clock.move(timedelta(days=20))
    renewed = world.refresh(chatgpt, tokens.refresh_token).json()
    world.service.clock.move(timedelta(days=11))

    assert world.refresh(chatgpt, tokens.refresh_token).json()["error"] == "invalid_grant"

    assert world.refresh(chatgpt, renewed["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_disabled_client_gets_nothing_any_more(world: World) -> None:
    chatgpt = world.assistant()
    code, tokens = world.code(chatgpt, world.person()), world.connect(chatgpt, world.person())
    disabled = {"disabledAt": world.service.clock()}

    world.service.backends.documents.commit(update(f"oauthClients/{chatgpt.client_id}", disabled))

    assert world.allow(chatgpt, world.person()).status_code == 400
    assert world.exchange(chatgpt, code=code).json()["error"] == "invalid_client"
    assert world.refresh(chatgpt, tokens.refresh_token).json()["error"] == "invalid_client"


def test_a_page_may_be_a_minute_old_and_its_answer_is_not(world: World) -> None:
    chatgpt, ada = world.assistant(), world.person()
    page, calls = world.ask(chatgpt), world.service.counter.calls
    calls.clear()
    assert (world.ask(chatgpt).text, calls) == (page.text, [])
    form = hidden_fields(page.text) | {"id_token": world.firebase.sign_in(ada)}

    changed = {"disabledAt": world.service.clock()}
    world.service.backends.documents.commit(update(f"oauthClients/{chatgpt.client_id}", changed))

    assert world.ask(chatgpt).status_code == 200
    assert world.decide(form, decision="allow").status_code == 400
    assert world.stored("oauthCodes") == []
    world.service.clock.move(SHOWN_FOR)
    assert world.ask(chatgpt).status_code == 400


def test_who_is_told_to_begin_again_sees_the_client_of_now(world: World) -> None:
    chatgpt, ada = world.assistant(), world.person()
    world.ask(chatgpt)
    store = world.service.backends.oauth
    client = store.find_client(chatgpt.client_id)
    assert client
    more = {"redirectUris": [*client.redirect_uris, "https://example.com/more"]}
    world.service.backends.documents.commit(update(f"oauthClients/{chatgpt.client_id}", more))

    assert [world.allow(chatgpt, ada).status_code for _ in range(2)] == [400, 303]


@pytest.mark.parametrize("decision", [None, "", "maybe", "ALLOW", "continue"])
def test_only_allow_allows(world: World, decision: str | None) -> None:
    form = _decision(world, id_token=world.firebase.sign_in(world.person()))

    assert world.decide(form, decision=decision).status_code == 400
    assert world.decide(form, decision="deny").status_code == 303
    assert world.stored("oauthCodes") == []


def test_a_copy_that_turns_up_late_is_noticed_however_long_the_connection_has_lived(world: World) -> None:
    chatgpt = world.assistant()
    stolen = world.connect(chatgpt, world.person()).refresh_token
    newest = stolen
    for _ in range(3):
        newest = world.refresh(chatgpt, newest).json()["refresh_token"]
        world.service.clock.move(timedelta(days=20))
    newest = world.refresh(chatgpt, newest).json()["refresh_token"]
    delete_what_has_expired(world)

    assert world.refresh(chatgpt, stolen).json()["error"] == "invalid_grant"

    assert world.refresh(chatgpt, newest).json()["error"] == "invalid_grant"


def delete_what_has_expired(world: World) -> None:
    """What Firestore's TTL policies do, within a day or so; the emulator has none."""
    now, documents = world.service.clock().isoformat(), world.service.backends.documents
    for collection in ("oauthCodes", "oauthTokens", "oauthGrants"):
        for found in world.stored(collection):
            if found["expireAt"] < now:
                documents.commit(delete(f"{collection}/{found['_id']}"))


class ReportsTheNoteFirst(Documents):
    """A batch with several failing writes may report any of them: this one never reports the token's."""

    def commit(self, *writes: Write) -> list[Any]:
        try:
            return super().commit(*writes)
        except Missing:
            raise Exists from None


def test_whichever_failure_firestore_reports_an_ended_connection_saves_nothing(world: World) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)
    world.save(tokens)
    access = parse_access_token(tokens.access_token)
    assert access is not None
    world.service.backends.oauth.end_grant(access.grant_id)
    opened = open_documents(world.project, "(default)", FIRESTORE)
    opened.__class__ = ReportsTheNoteFirst
    now = world.service.clock()
    source = Source(access.client_id, access.client_name, None, None)
    note = compose({"title": "A title", "content": "Some *text*"}, source, now)

    with pytest.raises(BearerError):
        FirestoreNoteStore(opened).save(Use(access, now), note, source)
