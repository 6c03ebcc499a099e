"""What a thief tries, and what it gets."""

import base64
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from scripts.verbs.emulators import PROJECT
from service.actions.notes.firestore import FirestoreNoteStore
from service.actions.notes.notes import compose
from service.errors import BearerError
from service.firestore import Documents, Exists, Missing, Write, update
from service.google_backends import open_documents
from service.oauth.tokens import parse_access_token
from tests.world import CALLBACK, FIRESTORE, World, answer_of
from tests.world import world as a_world


def in_parallel(count: int, call: Callable[[], requests.Response]) -> list[int]:
    """The statuses of COUNT calls that start together."""
    gate = threading.Barrier(count)

    def one() -> int:
        gate.wait()
        return call().status_code

    with ThreadPoolExecutor(count) as pool:
        return sorted(future.result() for future in [pool.submit(one) for _ in range(count)])


def test_a_code_is_worth_one_exchange(world: World) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())
    assert world.exchange(chatgpt, code=code).status_code == 200

    again = world.exchange(chatgpt, code=code)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_replayed_code_ends_what_it_gave(world: World) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())
    tokens = world.exchange(chatgpt, code=code).json()

    world.exchange(chatgpt, code=code)

    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert world.service.post("/notes", json={"title": "t", "content": "c"}, headers=headers).status_code == 401
    assert world.refresh(chatgpt, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_another_client_cannot_use_the_code_and_does_no_harm(world: World) -> None:
    chatgpt, thief = world.assistant(), world.assistant("Thief")
    code = world.code(chatgpt, world.person())

    stolen = world.exchange(thief, code=code)

    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert world.exchange(chatgpt, code=code).status_code == 200


def test_another_client_cannot_end_a_connection_with_a_used_code(world: World) -> None:
    chatgpt, thief = world.assistant(), world.assistant("Thief")
    code = world.code(chatgpt, world.person())
    tokens = world.exchange(chatgpt, code=code).json()

    assert world.exchange(thief, code=code).status_code == 400

    assert world.refresh(chatgpt, tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("redirect_uri", [f"{CALLBACK}2", "https://chatgpt.com/aip/g-2/oauth/callback", None])
def test_a_code_belongs_to_its_redirect_uri(world: World, redirect_uri: str | None) -> None:
    chatgpt = world.assistant("ChatGPT", CALLBACK, "https://chatgpt.com/aip/g-2/oauth/callback")
    code = world.code(chatgpt, world.person())

    stolen = world.exchange(chatgpt, code=code, redirect_uri=redirect_uri)

    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert world.exchange(chatgpt, code=code).status_code == 200


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/aip/g-1f0e/oauth/callback",
        f"{CALLBACK}/",
        f"{CALLBACK}/../x",
        f"{CALLBACK}?a=b",
        f"{CALLBACK}#f",
        CALLBACK.upper(),
        CALLBACK.replace("https", "http"),
        CALLBACK.replace("chatgpt.com", "chatgpt.com:8443"),
        CALLBACK.replace("chatgpt.com", "chatgpt.com@evil.example"),
        "javascript:alert(1)",
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(world: World, redirect_uri: str) -> None:
    answer = world.ask(world.assistant(), redirect_uri=redirect_uri)

    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "not registered" in answer.text
    assert "evil.example" not in answer.text


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


def test_an_expired_code_is_worth_nothing(world: World) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())
    world.service.clock.move(timedelta(seconds=61))

    answer = world.exchange(chatgpt, code=code)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_used_refresh_token_ends_the_connection(world: World) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())
    renewed = world.refresh(chatgpt, tokens.refresh_token).json()

    assert world.refresh(chatgpt, tokens.refresh_token).json()["error"] == "invalid_grant"

    assert world.refresh(chatgpt, renewed["refresh_token"]).json()["error"] == "invalid_grant"
    assert world.save(tokens).status_code == 401


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


def test_the_wrong_secret_opens_nothing(world: World) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())

    wrong = world.exchange(chatgpt, code=code, client_secret="x" * 43)
    unknown = world.exchange(chatgpt, code=code, client_id="nobody")

    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)


def test_two_people_never_see_each_others_notes(world: World) -> None:
    ada, bob, chatgpt = world.person("ada"), world.person("bob"), world.assistant()
    for person in (ada, bob):
        world.save(world.connect(chatgpt, person), content=f"only {person.email}")

    assert [note["content"] for note in world.notes(ada)] == [f"only {ada.email}"]
    assert [note["content"] for note in world.notes(bob)] == [f"only {bob.email}"]
    listed = world.firebase.read(f"users/{ada.uid}/notes", world.firebase.sign_in(bob))
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


@pytest.mark.parametrize(
    ("authorization", "error"),
    [
        (None, None),
        ("Basic eDp5", None),
        ("Bearer", "invalid_token"),
        ("Bearer ", "invalid_token"),
        ("Bearer garbage", "invalid_token"),
        ("Bearer a b", "invalid_token"),
        ("Bearer mate_bnVsbA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "invalid_token"),
        ("Bearer caf\xe9", "invalid_token"),
    ],
)
def test_without_a_good_token_one_is_challenged(world: World, authorization: str | None, error: str | None) -> None:
    headers = {"Authorization": authorization.encode("latin-1")} if authorization else {}

    answer = world.service.post("/notes", json={"title": "t", "content": "c"}, headers=headers)

    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="notes"')
    assert ('error="invalid_token"' in challenge) == (error == "invalid_token")
    assert answer.json()["error"]["message"]


def test_the_scheme_may_be_written_in_any_case(world: World) -> None:
    tokens = world.connect(world.assistant(), world.person())
    headers = {"Authorization": f"bEaReR {tokens.access_token}"}

    assert world.service.post("/notes", json={"title": "t", "content": "c"}, headers=headers).status_code == 201


def test_an_id_token_of_another_firebase_project_allows_nothing(world: World) -> None:
    chatgpt = world.assistant()
    page = world.ask(chatgpt)
    assert page.status_code == 200
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


def test_a_changed_form_is_checked_anew(world: World) -> None:
    form = _decision(world, id_token=world.firebase.sign_in(world.person()))

    moved = world.service.post("/authorization", data=form | {"redirect_uri": "https://evil.example/"})
    widened = world.service.post("/authorization", data=form | {"scope": "notes:write everything"})

    assert (moved.status_code, moved.headers.get("Location")) == (400, None)
    assert answer_of(widened)["error"] == "invalid_scope"
    assert world.stored("oauthCodes") == []


def test_deny_tells_the_assistant_and_gives_nothing(world: World) -> None:
    answer = world.service.post("/authorization", data=_decision(world, decision="deny", state="s é"))

    assert answer_of(answer) == {
        "error": "access_denied",
        "error_description": "The person said no.",
        "state": "s é",
        "iss": world.service.url,
    }
    assert world.stored("oauthCodes") == []


PKCE = {
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",  # RFC 7636 appendix B
    "code_challenge_method": "S256",
}
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def test_a_challenge_that_was_sent_must_be_met(world: World) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person(), **PKCE)

    for wrong in (None, "x" * 43, VERIFIER[:-1], "é" * 43):
        assert world.exchange(chatgpt, code=code, code_verifier=wrong).json()["error"] == "invalid_grant"
    assert world.exchange(chatgpt, code=code, code_verifier=VERIFIER).status_code == 200


def test_a_verifier_without_a_challenge_is_refused(world: World) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person())

    assert world.exchange(chatgpt, code=code, code_verifier=VERIFIER).json()["error"] == "invalid_request"


def _decision(world: World, **fields: str) -> dict[str, str]:
    chatgpt = world.assistant()
    form = {
        "response_type": "code",
        "client_id": chatgpt.client_id,
        "redirect_uri": chatgpt.redirect_uri,
        "scope": "notes:write",
        "state": "s-1",
        "decision": "allow",
    }
    return form | fields


def test_a_replay_with_something_else_wrong_ends_nothing(world: World) -> None:
    chatgpt = world.assistant("ChatGPT", CALLBACK, f"{CALLBACK}2")
    code = world.code(chatgpt, world.person(), **PKCE)
    tokens = world.exchange(chatgpt, code=code, code_verifier=VERIFIER).json()

    assert world.exchange(chatgpt, code=code, code_verifier="x" * 43).status_code == 400
    assert world.exchange(chatgpt, code=code, code_verifier=VERIFIER, redirect_uri=f"{CALLBACK}2").status_code == 400

    assert world.refresh(chatgpt, tokens["refresh_token"]).status_code == 200


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


def test_another_client_cannot_use_the_refresh_token_and_does_no_harm(world: World) -> None:
    chatgpt, thief = world.assistant(), world.assistant("Thief")
    tokens = world.connect(chatgpt, world.person())

    assert world.refresh(thief, tokens.refresh_token).json()["error"] == "invalid_grant"
    renewed = world.refresh(chatgpt, tokens.refresh_token)
    assert renewed.status_code == 200
    assert world.refresh(thief, tokens.refresh_token).json()["error"] == "invalid_grant"

    assert world.refresh(chatgpt, renewed.json()["refresh_token"]).status_code == 200


def test_a_refresh_cannot_ask_for_more(world: World) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())

    assert world.refresh(chatgpt, tokens.refresh_token, scope="notes:write admin").json()["error"] == "invalid_scope"

    assert world.refresh(chatgpt, tokens.refresh_token, scope="notes:write").status_code == 200


def test_with_pkce_the_redirect_uri_need_not_be_repeated(world: World) -> None:
    chatgpt = world.assistant()
    code = world.code(chatgpt, world.person(), **PKCE)

    assert world.exchange(chatgpt, code=code, code_verifier=VERIFIER, redirect_uri=None).status_code == 200


def test_a_disabled_client_gets_nothing_any_more(world: World) -> None:
    chatgpt = world.assistant()
    code, tokens = world.code(chatgpt, world.person()), world.connect(chatgpt, world.person())
    disabled = {"disabledAt": world.service.clock()}

    world.service.backends.documents.commit(update(f"oauthClients/{chatgpt.client_id}", disabled))

    assert world.ask(chatgpt).status_code == 400
    assert world.exchange(chatgpt, code=code).json()["error"] == "invalid_client"
    assert world.refresh(chatgpt, tokens.refresh_token).json()["error"] == "invalid_client"


@pytest.mark.parametrize("decision", [None, "", "deny", "maybe", "ALLOW"])
def test_only_allow_allows(world: World, decision: str | None) -> None:
    form = _decision(world, id_token=world.firebase.sign_in(world.person()))
    form |= {"decision": decision or ""}

    assert answer_of(world.service.post("/authorization", data=form))["error"] == "access_denied"


def test_what_tells_a_replay_is_kept_as_long_as_the_connection_was_to_last(world: World) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())
    (code,), (grant,) = world.stored("oauthCodes"), world.stored("oauthGrants")
    assert code["expireAt"] == grant["expireAt"]
    world.service.clock.move(timedelta(days=10))

    world.refresh(chatgpt, tokens.refresh_token)

    (renewed,) = world.stored("oauthGrants")
    assert renewed["expireAt"] > grant["expireAt"]
    refresh_tokens = [token for token in world.stored("oauthTokens") if token["use"] == "refresh"]
    assert {token["expireAt"] for token in refresh_tokens} == {renewed["expireAt"]}


class ReportsTheNoteFirst(Documents):
    """A batch with several failing writes may report any of them: this one never reports the token's."""

    def commit(self, *writes: Write) -> None:
        try:
            super().commit(*writes)
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
    note = compose("A title", "Some *text*", access.client_id, None, world.service.clock())

    with pytest.raises(BearerError):
        FirestoreNoteStore(opened).save(access, note, world.service.clock())
