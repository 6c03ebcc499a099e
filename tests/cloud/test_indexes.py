"""`firestore.indexes.json` arrives by gcloud and by firebase-tools: the real tools, before Google's APIs on loopback."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts.verbs.index_file import Field, Index, Indexes, declared
from scripts.verbs.indexes import commands, main, undeclared
from scripts.verbs.processes import ROOT, Failed
from tests.cloud.descriptions import findings
from tests.cloud.firebase_rules import FirebaseRules
from tests.cloud.firestore_admin import DATABASE, NOTHING, FirestoreAdmin
from tests.cloud.proxy import Answer, Api, Proxy, error, proxy
from tests.cloud.somebody import environment

PROJECT = DATABASE.split("/")[1]
FIRESTORE = "firestore.googleapis.com"
STRAY = Index("drafts", "COLLECTION", (("kind", "ASCENDING"), ("createdAt", "DESCENDING")))


def allowed(_method: str, _path: str, _query: Mapping[str, str], body: Any) -> Answer:
    return 200, {"permissions": body["permissions"]}


def enabled(_method: str, path: str, _query: Mapping[str, str], _body: Any) -> Answer:
    return 200, {"name": path.removeprefix("/v1/"), "state": "ENABLED"}


def run(through: Proxy, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(through, folder, is_warm=False),  # once as it is: cold
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def by_gcloud(through: Proxy, folder: Path) -> subprocess.CompletedProcess[str]:
    return run(through, folder, sys.executable, "-m", "scripts.verbs.indexes", f"--project={PROJECT}")


def writes(through: Proxy) -> list[str]:
    """What was asked to change, and nothing that was asked or answered differs from Google's descriptions."""
    assert through.exchanges
    assert [finding for exchange in through.exchanges for finding in findings(exchange)] == []
    return [
        f"{each.method} {each.path}" for each in through.exchanges if each.method != "GET" and each.host == FIRESTORE
    ]


def settings(indexes: Indexes) -> dict[tuple[str, str], tuple[Any, bool]]:
    """What holds for each field that firestore.indexes.json names, whether it is said of it or of what it is in."""
    unset = Field(None, ttl=False)
    return {key: (indexes.modes(*key), indexes.fields.get(key, unset).ttl) for key in declared().fields}


def test_firebase_tools_brings_rules_and_indexes(tmp_path: Path) -> None:
    admin, rules = FirestoreAdmin(), FirebaseRules(PROJECT)
    apis: dict[str, Api] = {
        FIRESTORE: admin,
        "firebaserules.googleapis.com": rules,
        "cloudresourcemanager.googleapis.com": allowed,
        "serviceusage.googleapis.com": enabled,
    }

    with proxy(tmp_path, apis) as through:
        command = ("deploy", "--only=firestore", f"--project={PROJECT}", "--non-interactive")
        done = run(through, tmp_path, "node_modules/.bin/firebase", *command)

    assert done.returncode == 0, done.stdout + done.stderr
    wanted = declared()
    assert len(writes(through)) == len(wanted.composites) + len(wanted.fields)
    assert (admin.state().composites, settings(admin.state())) == (wanted.composites, settings(wanted))
    assert list(commands(wanted, admin.state())) == []
    assert rules.released("cloud.firestore/(default)") == (ROOT / "firestore.rules").read_text(encoding="utf-8")


def test_gcloud_brings_what_is_missing_and_nothing_the_second_time(tmp_path: Path) -> None:
    wanted = declared()
    missing = {("contractCalls", "*"), ("oauthGrants", "uid"), ("oauthTokens", "expireAt")}
    there = {key: field for key, field in wanted.fields.items() if key not in missing}
    index = max(wanted.composites, key=lambda index: len(index.fields))
    admin = FirestoreAdmin(
        Indexes(wanted.composites - {index} | {STRAY}, there | {("drafts", "at"): Field(None, ttl=True)})
    )

    with proxy(tmp_path, {FIRESTORE: admin}) as through:
        first = by_gcloud(through, tmp_path)
        sent = writes(through)
        through.exchanges.clear()
        second = by_gcloud(through, tmp_path)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert sorted(sent) == sorted(
        [f"POST /v1/{DATABASE}/collectionGroups/{index.group}/indexes"]
        + [f"PATCH /v1/{DATABASE}/collectionGroups/{group}/fields/{path}" for group, path in missing]
    )
    assert settings(admin.state()) == settings(wanted)
    assert admin.state().composites == wanted.composites | {STRAY}
    assert (writes(through), second.stdout) == ([], "")
    assert "left as it is: drafts.at, TTL" in second.stderr
    assert f"left as it is: drafts: {STRAY.fields}" in second.stderr


def test_who_may_not_look_changes_nothing(tmp_path: Path) -> None:
    def refuse(*_: object) -> Answer:
        return error(403, "PERMISSION_DENIED", "Missing permission datastore.indexes.list")

    with proxy(tmp_path, {FIRESTORE: refuse}) as through:
        done = by_gcloud(through, tmp_path)

    assert (done.returncode, done.stdout, writes(through)) == (1, "", [])
    assert "datastore.indexes.list" in done.stderr


def test_without_gcloud_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "")

    assert main(["--project=p"]) == 1
    assert "gcloud is missing" in capsys.readouterr().err


@pytest.fixture
def noting_gcloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file with what a program of gcloud's name was told, which refuses what is about `uid`; the database is empty."""
    told, program = tmp_path / "told", tmp_path / "gcloud"
    program.write_text(f'#!/bin/sh\necho "gcloud $@" >> {told}\necho token\ncase "$*" in *" uid "*) exit 1; esac\n')
    program.chmod(0o755)
    with proxy(tmp_path, {FIRESTORE: FirestoreAdmin()}) as through:
        for name, value in (through.env | {"PATH": str(tmp_path)}).items():
            monkeypatch.setenv(name, value)
        for name in ("https_proxy", "http_proxy", "NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield told


def test_a_dry_run_only_looks(noting_gcloud: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--project={PROJECT}", "--dry-run"]) == 0

    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[2:5] for line in printed] == [list(each[:3]) for each in commands(declared(), NOTHING)]
    assert noting_gcloud.read_text().splitlines() == ["gcloud auth print-access-token"]


def test_it_stops_where_gcloud_fails(noting_gcloud: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--project={PROJECT}"]) == 1

    printed, why = capsys.readouterr()
    told = [line for line in noting_gcloud.read_text().splitlines() if "print-access-token" not in line]
    assert told == [" ".join(shlex.split(line)) for line in printed.splitlines()]
    assert " uid " in told[-1]
    assert "Run the same again" in why


def test_a_new_database_is_told_all_and_each_field_once() -> None:
    wanted = declared()

    told = [" ".join(command) for command in commands(wanted, NOTHING)]

    assert len(told) == len(set(told)) == len(wanted.composites) + len(wanted.fields)
    assert told[: len(wanted.composites)] == [line for line in told if "composite create" in line]
    for group, path in wanted.fields:
        assert [line for line in told if f"update {path} --collection-group={group} " in line], (group, path)
    ttls = {re.sub(r".*group=(\w+) .*", r"\1", line) for line in told if "--enable-ttl" in line}
    assert {(group, "expireAt") for group in ttls} == {key for key, field in wanted.fields.items() if field.ttl}


def test_what_differs_is_set_right() -> None:
    entries = [
        ("things", "*", [], None),
        ("things", "at", [{"order": "DESCENDING", "queryScope": "COLLECTION"}], None),
        ("things", "names", [{"arrayConfig": "CONTAINS", "queryScope": "COLLECTION"}], None),
        ("things", "expireAt", [], True),
    ]
    wanted = _file(*entries)
    ascending = frozenset({("COLLECTION", "ASCENDING")})
    has = Indexes(
        frozenset(),
        {
            ("things", "*"): Field(frozenset(), ttl=False),
            ("things", "at"): Field(ascending, ttl=True),
            ("things", "names"): wanted.fields["things", "names"],
            ("things", "expireAt"): Field(None, ttl=False),
        },
    )

    assert list(commands(wanted, has)) == [
        ("indexes", "fields", "update", "at", "--collection-group=things", "--index=order=descending"),
        ("fields", "ttls", "update", "at", "--collection-group=things", "--disable-ttl"),
        ("fields", "ttls", "update", "expireAt", "--collection-group=things", "--enable-ttl"),
    ]
    assert list(commands(wanted, wanted)) == []
    assert undeclared(wanted, wanted) == []


def test_what_gcloud_has_no_words_for_is_not_sent_otherwise() -> None:
    wanted = _file(("things", "at", [{"order": "DESCENDING", "queryScope": "COLLECTION_GROUP"}], None))

    with pytest.raises(Failed, match="firebase-tools"):
        list(commands(wanted, NOTHING))


def _file(*entries: tuple[str, str, list[dict[str, str]], bool | None]) -> Indexes:
    overrides = [
        {"collectionGroup": group, "fieldPath": path, "indexes": indexes} | ({} if ttl is None else {"ttl": ttl})
        for group, path, indexes, ttl in entries
    ]
    return declared(json.dumps({"indexes": [], "fieldOverrides": overrides}))
