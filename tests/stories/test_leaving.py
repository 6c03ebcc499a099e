"""A person takes their notes with them, and deletes everything: as a program does it."""

import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests
import yaml

from scripts.verbs.processes import ROOT
from service.firestore_write import create, delete
from tests import world as worlds
from tests.assistant import connected
from tests.leaver import fill, leaver, make_small, put_raw, take_few, together, unzip
from tests.stories.test_renewal import change_account
from tests.world import World, error_of, running

REFUSED = grpc.StatusCode.PERMISSION_DENIED  # not tried again by the client library
NONE = {"codes": 0, "connections": 0, "tokens": 0, "notes": 0}
ODD: dict[str, dict[str, Any]] = {
    "empty": {},
    "wrong-types": {
        "title": {"integerValue": "7"},
        "content": {"bytesValue": "AP8="},
        "tags": {"stringValue": "a"},
        "createdAt": {"stringValue": "yesterday"},
        "source": {"arrayValue": {"values": [{"nullValue": None}]}},
    },
    "all-types": {
        "where": {"geoPointValue": {"latitude": 1.5, "longitude": -2}},
        "other": {"referenceValue": "projects/p/databases/(default)/documents/a/b"},
        "numbers": {"arrayValue": {"values": [{"doubleValue": "NaN"}, {"doubleValue": "-Infinity"}]}},
    },
    "a mebibyte": {"content": {"stringValue": "\x01" * 1_000_000}},
    "ein Ümlaut, ein 😀": {"title": {"stringValue": "CON\u2028../\x00:"}, "content": {"stringValue": "\ufeff---\n\r"}},
}


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with worlds.world() as made:
        yield made


def test_every_note_is_a_markdown_file_and_a_json_file(shared: World) -> None:
    ada = shared.person()
    chatgpt = connected(shared, ada)
    content = "# Café\n\n```\n---\n```\r\n😀"
    saved = chatgpt.save(content, "Three names: a/b", tags=["names"], sourceUrl="https://example.com/").json()

    files = leaver(shared, ada).export()

    text, document = sorted(files, key=lambda name: name.endswith(".json"))
    assert text.removesuffix(".md") == document.removesuffix(".json")
    assert "Three names a b" in text
    _, front, after = files[text].decode().split("---\n", 2)
    assert after == content
    known = yaml.safe_load(front)
    assert (known["id"], known["title"], known["tags"]) == (saved["id"], "Three names: a/b", ["names"])
    assert known["source"]["clientName"] == "ChatGPT"
    assert json.loads(files[document])["fields"] == {
        "kind": "note",
        "title": "Three names: a/b",
        "content": content,
        "tags": ["names"],
        "sourceUrl": "https://example.com/",
        "source": {"clientId": chatgpt.client.client_id, "clientName": "ChatGPT"},
        "createdAt": json.loads(files[document])["fields"]["createdAt"],
        "updatedAt": json.loads(files[document])["fields"]["createdAt"],
    }


def test_whatever_shape_a_document_has_it_is_exported_and_deleted(shared: World) -> None:
    ada = shared.person()
    for note_id, fields in ODD.items():
        put_raw(shared, f"users/{ada.uid}/notes/{note_id}", fields)

    answer = leaver(shared, ada).part()

    files = unzip(answer.content)
    documents = {json.loads(files[name])["id"]: json.loads(files[name])["fields"] for name in files if "json" in name}
    assert documents.keys() == ODD.keys()
    assert documents["all-types"] == {
        "where": {"latitude": 1.5, "longitude": -2.0},
        "other": "projects/p/databases/(default)/documents/a/b",
        "numbers": ["NaN", "-Infinity"],
    }
    assert len(documents["a mebibyte"]["content"]) == 1_000_000
    assert answer.headers["Notes-Total"] == str(len(ODD))
    assert leaver(shared, ada).delete()["deleted"]["notes"] == len(ODD)
    assert shared.notes(ada) == []


def test_many_notes_come_in_parts_each_note_once_whatever_happens_meanwhile(shared: World) -> None:
    ada, documents = shared.person(), shared.service.backends.documents
    fill(shared, ada.uid, 620)
    parts = leaver(shared, ada).parts()

    first = next(parts)
    note = f"users/{ada.uid}/notes/n"
    documents.commit(
        delete(f"{note}00001"), delete(f"{note}00499"), delete(f"{note}00600")
    )  # the 500th: where it stopped
    documents.commit(create(f"{note}00000a", {}), create(f"{note}00550a", {}))
    rest = list(parts)

    assert [part.headers["Notes-In-Part"] for part in (first, *rest)] == ["500", "120"]
    assert [part.headers.get("Notes-Total") for part in (first, *rest)] == ["620", None]
    found = sorted(json.loads(text)["id"] for name, text in together([first, *rest]).items() if name.endswith("json"))
    assert found == sorted([*(f"n{n:05}" for n in range(620) if n != 600), "n00550a"])


def test_a_part_is_bounded_by_what_it_holds(shared: World) -> None:
    ada = shared.person()
    fill(shared, ada.uid, 7, size=900_000)

    parts = list(leaver(shared, ada).parts())

    assert [part.headers["Notes-In-Part"] for part in parts] == ["5", "2"]  # twice 0.9 MB each, until there are 8


def test_the_loop_of_the_guide_fetches_everything(
    shared: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_small(monkeypatch)
    ada = shared.person()
    fill(shared, ada.uid, 6)
    monkeypatch.chdir(tmp_path)
    guide = (ROOT / "docs/leaving.md").read_text(encoding="utf-8")
    loop = guide.partition("```python\n")[2].partition("```")[0]
    given = {"requests": requests, "Path": Path, "url": shared.service.url, "signed_in": leaver(shared, ada).headers}

    exec(loop, given)  # noqa: S102  # as it is printed

    parts = sorted(tmp_path.iterdir())
    assert [len(unzip(part.read_bytes())) for part in parts] == [10, 2]


def test_without_a_note_the_zip_is_empty(shared: World) -> None:
    answer = leaver(shared, shared.person()).part()

    assert unzip(answer.content) == {}
    assert (answer.headers["Notes-Total"], answer.headers["Notes-In-Part"]) == ("0", "0")
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("cursor", ["A", "YQ==", "Li4", "YS9i", "%00", "x" * 2_001])
def test_a_malformed_cursor_is_told(shared: World, cursor: str) -> None:
    answer = leaver(shared, shared.person()).part(cursor)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


def test_everything_of_a_person_is_deleted_and_nothing_of_another(world: World) -> None:
    ada, bob = world.person("ada"), world.person("bob")
    hers, his = connected(world, ada), connected(world, bob)
    for caller in (hers, his):
        caller.save("one")
        caller.save("two")
    world.refresh(hers.client, hers.tokens.refresh_token)
    world.code(hers.client, ada)
    his_before = [text for text in world.everything().splitlines() if bob.uid in text]

    receipt = leaver(world, ada).delete()

    assert receipt["deleted"] == receipt["found"] == {"codes": 2, "connections": 1, "tokens": 4, "notes": 2}
    assert receipt["requestedAt"] <= receipt["finishedAt"]
    assert hers.save("three").status_code == 401
    assert error_of(world.refresh(hers.client, hers.tokens.refresh_token)) == (400, "invalid_grant")
    assert leaver(world, ada).export() == {}
    assert [text for text in world.everything().splitlines() if bob.uid in text] == his_before
    assert his.save("three").status_code == 201
    assert [
        line for line in world.everything().splitlines() if ada.uid in line and "/accountDeletions/" not in line
    ] == []


def test_the_receipt_is_shown_for_thirty_days(world: World) -> None:
    ada = leaver(world, world.person())
    assert (ada.receipt().status_code, ada.receipt().json()["error"]["code"]) == (404, "not_found")

    receipt = ada.delete()

    assert receipt["deleted"] == NONE
    assert ada.receipt().json() == receipt
    assert ada.delete() == receipt  # a repetition, when the last answer was lost
    deletions = world.service.backends.leaving
    (uid,) = [document["_id"] for document in world.stored("accountDeletions")]
    assert deletions.find_deletion(uid, world.service.clock() + timedelta(days=29))
    assert deletions.find_deletion(uid, world.service.clock() + timedelta(days=31)) is None
    assert deletions.delete(uid, world.service.clock() + timedelta(days=31)).deletion_id != receipt["id"]


def test_notes_that_are_too_large_for_one_commit_go_in_several(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = world.person()
    fill(world, ada.uid, 12)
    connected(world, ada).save("by an assistant")
    take_few(monkeypatch, world.service.backends.documents)

    assert leaver(world, ada).delete()["deleted"]["notes"] == 13
    assert world.notes(ada) == []


def test_after_a_finished_deletion_a_new_one_counts_anew(world: World) -> None:
    ada = world.person()
    connected(world, ada).save("one")
    first = leaver(world, ada).delete()
    connected(world, ada).save("two")

    second = leaver(world, ada).delete()

    assert second["id"] != first["id"]
    assert second["deleted"] == {"codes": 1, "connections": 1, "tokens": 2, "notes": 1}


def test_assistants_are_refused_from_the_first_answered_step_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    ada = world.person()
    callers = [connected(world, ada) for _ in range(3)]
    code = world.code(callers[0].client, ada)
    fill(world, ada.uid, 12)

    state = leaver(world, ada).step().json()

    assert (state["done"], state["deleted"]["connections"], "finishedAt" in state) == (False, 3, False)
    assert (state["deleted"]["tokens"], state["found"]) == (5, {"codes": 4, "connections": 3, "tokens": 6, "notes": 12})
    for caller in callers:
        assert caller.save("more").status_code == 401
        assert error_of(world.refresh(caller.client, caller.tokens.refresh_token)) == (400, "invalid_grant")
    assert error_of(world.exchange(callers[0].client, code=code)) == (400, "invalid_grant")
    assert leaver(world, ada).receipt().json() == state
    with running(world.project) as other:  # any instance goes on
        assert leaver(world, ada).at(other).delete()["deleted"]["notes"] == 12


def test_several_at_once_do_no_harm_and_the_receipt_is_exact(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    ada = shared.person()
    connected(shared, ada)
    fill(shared, ada.uid, 60)
    client, gate = leaver(shared, ada), threading.Barrier(4)

    def one(_number: int) -> dict[str, Any]:
        gate.wait()
        return client.delete()

    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(one, range(4)))

    assert receipts == [receipts[0]] * 4
    assert receipts[0]["deleted"] == {"codes": 1, "connections": 1, "tokens": 2, "notes": 60}
    assert leaver(shared, ada).export() == {}


def test_a_step_that_breaks_off_is_repeated_and_nothing_counts_twice(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.leaving.firestore_step.BATCH", 5)
    ada, counter = shared.person(), shared.service.counter
    connected(shared, ada)
    fill(shared, ada.uid, 12)
    client, broken = leaver(shared, ada), 0

    for _ in range(9):
        counter.lose = [REFUSED]  # the answer of its first commit, which was made
        answer = client.step()
        if answer.status_code == 200:
            break
        broken += 1
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "temporarily_unavailable")
        assert counter.lose == []
    counter.lose = []

    assert broken == 8  # the beginning, the codes, the grants, the tokens, three times notes, and the end
    assert client.delete()["deleted"] == {"codes": 1, "connections": 1, "tokens": 2, "notes": 12}


def test_answers_that_are_lost_and_asked_for_again_count_once(shared: World) -> None:
    ada = shared.person()
    connected(shared, ada).save("one")
    shared.service.counter.lose = [
        grpc.StatusCode.UNAVAILABLE
    ] * 6  # every commit's: the beginning, four deletions, and the end

    receipt = leaver(shared, ada).delete()

    assert shared.service.counter.lose == []
    assert receipt["deleted"] == {"codes": 1, "connections": 1, "tokens": 2, "notes": 1}


@pytest.mark.parametrize("body", [None, {}, {"confirm": True}, {"confirm": "yes"}, "delete everything"])
def test_nothing_is_deleted_by_accident(shared: World, body: Any) -> None:
    ada = shared.person()
    connected(shared, ada).save("one")
    client = leaver(shared, ada)

    answer = shared.service.post("/me/deletion", json=body, headers=client.headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    assert client.receipt().status_code == 404
    assert len(shared.notes(ada)) == 1


CALLS = [("GET", "/me/export"), ("POST", "/me/deletion"), ("GET", "/me/deletion")]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_only_the_person_may_and_no_assistant(shared: World, method: str, path: str) -> None:
    chatgpt = connected(shared)
    body = {"confirm": "delete everything"} if method == "POST" else None

    for headers in ({}, chatgpt.tokens.bearer, {"Authorization": "Bearer nonsense"}):
        answer = shared.service.call(method, path, json=body, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert chatgpt.save("it still works").status_code == 201


def test_a_refresh_for_a_deleted_account_ends_all_of_its_access_and_waits_for_a_second_look_to_delete(
    world: World,
) -> None:
    ada = world.person()
    chatgpt, claude = connected(world, ada), connected(world, ada, client=world.assistant("Claude"))
    claude.save("one")
    change_account(world, ada, "deleted")

    assert error_of(world.refresh(chatgpt.client, chatgpt.tokens.refresh_token)) == (400, "invalid_grant")

    assert claude.save("two").status_code == 401
    assert len(world.notes(ada)) == 1  # scripts/account sweep asks again, and deletes
    assert world.stored("accountDeletions") == []
    (ended,) = world.stored("endedSessions")
    assert (ended["_id"], set(ended)) == (ada.uid, {"_id", "validSince", "expireAt"})


def test_a_profile_that_is_asked_for_after_the_account_was_deleted_does_the_same(world: World) -> None:
    ada = world.person()
    chatgpt, claude = connected(world, ada), connected(world, ada, client=world.assistant("Claude"))
    fill(world, ada.uid, 3)
    change_account(world, ada, "deleted")

    assert chatgpt.get("/profile").status_code == 401

    assert claude.save("two").status_code == 401
    assert (len(world.notes(ada)), world.stored("accountDeletions")) == (3, [])


def test_a_disabled_account_loses_its_sessions_and_keeps_its_data(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    note = f"users/{ada.uid}/notes/{chatgpt.save('one').json()['id']}"
    id_token = world.firebase.sign_in(ada)
    assert world.read(note, id_token).status_code == 200
    change_account(world, ada, "disabled")
    noon = world.service.clock()
    world.service.backends.now = lambda: noon  # a clock that stands still

    assert error_of(world.refresh(chatgpt.client, chatgpt.tokens.refresh_token)) == (400, "invalid_grant")

    (ended,) = world.stored("endedSessions")
    assert ended["_id"] == ada.uid
    assert world.read(note, id_token).status_code == 403  # on the phone, which is still signed in
    assert ended["validSince"][:19] == noon.isoformat()[:19]
    assert ended["expireAt"][:19] == (noon + timedelta(days=1)).isoformat()[:19]
    assert world.stored("accountDeletions") == []
    assert len(world.notes(ada)) == 1


def test_a_profile_of_a_disabled_account_ends_its_sessions_too(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    change_account(world, ada, "disabled")

    assert chatgpt.get("/profile").status_code == 401

    assert [ended["_id"] for ended in world.stored("endedSessions")] == [ada.uid]
    assert world.stored("accountDeletions") == []


def test_the_log_says_who_left_and_nothing_of_what_they_wrote(shared: World, caplog: pytest.LogCaptureFixture) -> None:
    ada = shared.person()
    connected(shared, ada).save("Qzx-content", "Qzx-title")
    client = leaver(shared, ada)
    caplog.set_level(logging.INFO, "service.audit")
    caplog.clear()

    client.export()
    client.receipt()
    client.delete()

    lines = [vars(record)["fields"] for record in caplog.records if record.name == "service.audit"]
    assert lines == [
        {"event": "export", "outcome": "allowed", "uid": ada.uid, "notes": 1},
        {"event": "deletion.show", "outcome": "refused", "reason": "not_found", "uid": ada.uid},
        {"event": "deletion", "outcome": "allowed", "uid": ada.uid, "notes": 1},
    ]
    assert "Qzx" not in caplog.text
