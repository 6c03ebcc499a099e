"""The operator disables an account, and sees to the data of those that are gone."""

import os
import subprocess
from datetime import datetime
from typing import Any

import pytest
import requests

from scripts.verbs.account import main
from scripts.verbs.journey import Person
from scripts.verbs.processes import ROOT
from service.errors import Unavailable
from service.firestore_write import update
from service.leaving.deletion import Deletion
from service.leaving.firestore import FirestoreLeavingStore
from service.leaving.firestore_step import Step
from tests.assistant import connected
from tests.leaver import fill, make_small, put_raw
from tests.stories.test_renewal import change_account
from tests.world import AUTH, World, error_of


def account(world: World, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", world.project)
    return main(arguments)


def update_account(world: World, person: Person, **changed: str) -> dict[str, Any]:
    """PERSON's account, as Firebase has it once it is CHANGED."""
    base = f"http://{AUTH}/identitytoolkit.googleapis.com/v1/projects/{world.project}/accounts"
    owner = {"Authorization": "Bearer owner"}
    body = {"localId": person.uid, **changed}
    requests.post(f"{base}:update", json=body, headers=owner, timeout=20).raise_for_status()
    answer = requests.post(f"{base}:lookup", json={"localId": [person.uid]}, headers=owner, timeout=20)
    found: dict[str, Any] = answer.json()["users"][0]
    return found


def broken_off(*_: object) -> int:
    raise Unavailable("Firestore commit: UNAVAILABLE")


def test_disabling_ends_sessions_and_connections_now_and_deletes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ada, bob = world.person("ada"), world.person("bob")
    hers, his = connected(world, ada), connected(world, bob)
    hers.save("one")
    code, id_token = world.code(hers.client, ada), world.firebase.sign_in(ada)
    update_account(world, ada, validSince="1")

    assert account(world, monkeypatch, "disable", ada.uid) == 0

    assert capsys.readouterr().out == f"{ada.uid} is disabled; 1 connection ended. Nothing was deleted.\n"
    assert hers.save("two").status_code == 401
    assert error_of(world.exchange(hers.client, code=code)) == (400, "invalid_grant")
    headers = {"Authorization": f"Bearer {id_token}"}
    assert world.service.get("/me/connections", headers=headers).status_code == 401
    assert [ended["_id"] for ended in world.stored("endedSessions")] == [ada.uid]
    assert update_account(world, ada)["validSince"] != "1"  # Firebase itself renews no session from before
    assert len(world.notes(ada)) == 1
    assert his.save("one").status_code == 201

    assert account(world, monkeypatch, "enable", ada.uid) == 0

    assert connected(world, ada).save("three").status_code == 201


@pytest.mark.parametrize("verb", ["disable", "enable"])
def test_an_account_that_there_is_not_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    assert account(world, monkeypatch, verb, "nobody") == 1

    assert "no account" in capsys.readouterr().err
    assert world.stored("endedSessions") == []


def test_a_sweep_deletes_what_gone_accounts_left_and_finishes_what_was_begun(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left, gone, disabled, begun = (world.person(name) for name in ("left", "gone", "disabled", "begun"))
    callers = {person: connected(world, person) for person in (left, gone, disabled, begun)}
    for person in (left, disabled, begun):
        callers[person].save("one")
    fill(world, gone.uid, 12)
    notes_alone = world.person("notes-alone")
    fill(world, notes_alone.uid, 3)
    for person, change in ((gone, "deleted"), (notes_alone, "deleted"), (disabled, "disabled")):
        change_account(world, person, change)
    fill(world, begun.uid, 12)
    make_small(monkeypatch)
    assert world.service.backends.leaving.delete(begun.uid, world.service.clock()).finished_at is None

    assert account(world, monkeypatch, "sweep") == 0

    out = capsys.readouterr().out
    assert f"{gone.uid}: 1 codes, 1 connections, 2 tokens, 12 notes deleted.\n" in out
    assert out.endswith("Done: 2 gone, 1 unfinished before.\n")
    assert callers[gone].save("two").status_code == 401
    assert (world.notes(gone), world.notes(notes_alone), world.notes(begun)) == ([], [], [])
    assert (len(world.notes(left)), len(world.notes(disabled))) == (1, 1)
    assert callers[left].save("two").status_code == 201
    assert {ended["_id"] for ended in world.stored("endedSessions")} == {gone.uid, notes_alone.uid}
    assert {item["_id"] for item in world.stored("accountDeletions")} == {gone.uid, notes_alone.uid, begun.uid}

    assert account(world, monkeypatch, "sweep") == 0  # again, with nothing to do
    assert capsys.readouterr().out == "Done: 0 gone, 0 unfinished before.\n"


def test_a_sweep_where_nobody_has_an_account_asks_whether_the_project_is_right(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(20):
        fill(world, f"stranger-{n}", 1)

    assert account(world, monkeypatch, "sweep") == 1

    assert "none of 20 accounts exists" in capsys.readouterr().err
    assert world.stored("accountDeletions") == []
    assert account(world, monkeypatch, "sweep", "--trust") == 0
    assert len(world.stored("accountDeletions")) == 20


def test_it_says_what_is_missing() -> None:
    env = {name: value for name, value in os.environ.items() if name != "GOOGLE_CLOUD_PROJECT"}

    nameless = subprocess.run(
        ["scripts/account", "sweep"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )

    assert nameless.returncode == 1
    assert nameless.stderr.startswith("scripts/account: say in which project: GOOGLE_CLOUD_PROJECT=")
    with pytest.raises(SystemExit, match="2"):
        main(["disable", "a/b"])


def test_a_sweep_leaves_what_came_after_its_person_had_left_the_deletion(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = world.person()
    fill(world, ada.uid, 30)
    old = connected(world, ada)
    make_small(monkeypatch)
    leaving = world.service.backends.leaving
    assert leaving.delete(ada.uid, world.service.clock()).finished_at is None
    between = connected(world, ada)
    between.save("between two steps")
    assert leaving.delete(ada.uid, world.service.clock()).finished_at is None
    new = connected(world, ada)
    new.save("after it")
    edited = f"users/{ada.uid}/notes/n00029"
    world.service.backends.documents.commit(update(edited, {"archived": True}))

    assert account(world, monkeypatch, "sweep") == 0

    assert capsys.readouterr().out.endswith("Done: 0 gone, 1 unfinished before.\n")
    assert sorted(note["title"] for note in world.notes(ada)) == ["A title", "Note 29"]
    assert new.save("and more").status_code == 201
    assert [gone.save("nothing").status_code for gone in (old, between)] == [401, 401]
    receipt = leaving.find_deletion(ada.uid, world.service.clock())
    assert receipt
    assert receipt.finished_at
    assert receipt.deleted == {"codes": 2, "connections": 2, "tokens": 4, "notes": 30}
    assert leaving.delete(ada.uid, world.service.clock()).deletion_id != receipt.deletion_id  # asked anew, all goes
    assert leaving.delete_rest("nobody", world.service.clock()) is None


def test_a_sweep_ends_access_that_was_given_before_and_used_since(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the first step broke off right after it had begun."""
    ada = world.person()
    chatgpt = connected(world, ada)
    leaving = world.service.backends.leaving
    with monkeypatch.context() as broken:
        broken.setattr(Step, "delete", broken_off)
        with pytest.raises(Unavailable):
            leaving.delete(ada.uid, world.service.clock())
    chatgpt.save("since")

    assert account(world, monkeypatch, "sweep") == 0

    assert chatgpt.save("more").status_code == 401
    assert world.stored("oauthGrants") == world.stored("oauthTokens") == []
    assert [note["content"] for note in world.notes(ada)] == ["since"]


def test_a_sweep_goes_on_past_whom_it_cannot_finish(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = sorted((world.person(f"p{n}") for n in range(3)), key=lambda person: person.uid)
    for person in gone:
        fill(world, person.uid, 1)
        change_account(world, person, "deleted")
    stays = connected(world, world.person())
    delete = FirestoreLeavingStore.delete

    def failing(self: FirestoreLeavingStore, uid: str, now: datetime) -> Deletion:
        if uid == gone[1].uid:
            raise Unavailable("Firestore commit: UNAVAILABLE")
        return delete(self, uid, now)

    monkeypatch.setattr(FirestoreLeavingStore, "delete", failing)

    assert account(world, monkeypatch, "sweep") == 1

    told = capsys.readouterr()
    assert f"{gone[1].uid}: Firestore commit: UNAVAILABLE\n" in told.err
    assert "1 could not be finished" in told.err
    assert [len(world.notes(person)) for person in gone] == [0, 1, 0]
    assert stays.save("one").status_code == 201


def test_a_sweep_passes_over_what_this_service_did_not_write(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connected(world, world.person())
    for n, uid in enumerate(({"integerValue": "7"}, {"stringValue": "a/b"}, {"stringValue": "u" * 200}, None)):
        put_raw(world, f"oauthGrants/by-hand-{n}", {"uid": uid} if uid else {})
    put_raw(world, f"users/{'v' * 200}/notes/n", {})
    put_raw(world, "accountDeletions/by-hand", {"done": {"booleanValue": False}, "finishedAt": {"nullValue": None}})

    assert account(world, monkeypatch, "sweep") == 0

    assert capsys.readouterr().out == "Done: 0 gone, 1 unfinished before.\n"
    leaving = world.service.backends.leaving
    assert leaving.find_deletion("by-hand", world.service.clock()) is None
    assert leaving.delete("by-hand", world.service.clock()).finished_at


@pytest.mark.parametrize("alone", ["FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST"])
def test_one_emulator_alone_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], alone: str
) -> None:
    """Or it would ask one world who is gone, and delete in the other."""
    for name in {"FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST"} - {alone}:
        monkeypatch.delenv(name)

    assert account(world, monkeypatch, "sweep") == 1

    assert "set both of" in capsys.readouterr().err
