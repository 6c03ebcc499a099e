"""The runbooks of docs/operating.md, followed: their own commands, by the real gcloud and scripts, taken from the page."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from scripts.verbs.journey import Assistant, hidden_fields
from tests import world as worlds
from tests.cloud.log_entries import LogEntries
from tests.cloud.proxy import Api
from tests.cloud.recovery import Recovery
from tests.cloud.runbooks import RUNBOOKS, commands, operator, steps
from tests.cloud.secret_manager import SecretManager
from tests.deployed import Deployed, deployed
from tests.secret_manager import SecretManager as Versions
from tests.secret_manager import served
from tests.world import World, answer_of, new_project

KEY = "itsimple-mate-key"


@pytest.fixture(scope="module")
def running() -> Iterator[Deployed]:
    with deployed() as made:
        yield made


def test_each_runbook_is_followed() -> None:
    stories = Path(__file__).parent.glob("test_runbooks*.py")
    followed = {title for story in stories for title in re.findall(r'steps\("([^"]+)"\)', story.read_text())}

    assert {text.partition("\n")[0] for text in RUNBOOKS if commands(text)} == followed


def test_an_assistant_is_registered_its_secret_rotated_and_it_is_put_out(running: Deployed, tmp_path: Path) -> None:
    world = running.world
    (register,) = steps("An assistant is registered")
    first, last = steps("An assistant's secret is rotated")
    (put_out,) = steps("An assistant is put out")
    with operator(tmp_path, world.project, {}, GPT="0a1b") as someone:
        add, rest = register.split("\n", 1)
        known = dict(re.findall(r"^(client_\w+) +(\S+)$", someone.follow(add), re.MULTILINE))
        someone.words["ID"] = known["client_id"]
        assert known["client_id"] in someone.follow(f"\n{rest}")
        old = Assistant(known["client_id"], known["client_secret"], "https://chatgpt.com/aip/g-0a1b/oauth/callback")
        tokens = world.connect(old, world.person())

        secret = dict(re.findall(r"^(client_\w+) +(\S+)$", someone.follow(first), re.MULTILINE))["client_secret"]
        new = Assistant(old.client_id, secret, old.redirect_uri)
        for both in (old, new):
            assert world.refresh(both, tokens.refresh_token).status_code == 200
        other = world.connect(new, world.person())
        someone.follow(last)
        assert world.refresh(old, other.refresh_token).status_code == 401
        assert world.refresh(new, other.refresh_token).status_code == 200
        assert world.is_alive(tokens.access_token)

        assert "2 connections ended" in someone.follow(put_out)
    assert not world.is_alive(tokens.access_token)
    assert world.refresh(new, other.refresh_token).status_code == 401


def test_a_person_is_put_out(running: Deployed, tmp_path: Path) -> None:
    world, (step,) = running.world, steps("A person is put out")
    chatgpt, ada, ben = world.assistant(), world.person("ada"), world.person("ben")
    tokens, others = world.connect(chatgpt, ada), world.connect(chatgpt, ben)
    with operator(tmp_path, world.project, {}, UID=ada.uid) as someone:
        assert "is disabled; 1 connection ended" in someone.follow(step)

    assert not world.is_alive(tokens.access_token)
    assert world.refresh(chatgpt, tokens.refresh_token).json()["error"] == "invalid_grant"
    assert world.is_alive(others.access_token)


@contextmanager
def keyed(project: str, rest: SecretManager, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, Versions]]:
    """A world whose key is in REST's secret, as its instances read it."""
    versions = Versions(f"projects/{project}/secrets/{KEY}")
    rest.secrets[versions.secret] = {"name": versions.secret}
    rest.versions[versions.secret] = [base64.b64encode(b"the first key: 32 bytes long, or more").decode()]
    with served(versions) as rpcs:
        monkeypatch.setattr("service.oauth.secret_manager.open_secrets", lambda: rpcs)
        with worlds.world(project, key_secret=KEY, local_key=None) as world:
            told(rest, versions)
            yield world, versions


def told(rest: SecretManager, versions: Versions) -> None:
    """One Secret Manager: what gcloud did by REST, the service reads by gRPC."""
    versions.versions = [base64.b64decode(each) for each in rest.versions[versions.secret]]
    versions.disabled = {int(name.rpartition("/")[2]) for name in rest.disabled}


def test_the_key_is_rotated_and_nobody_notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, rest = new_project(), SecretManager()
    add, watch, disable = steps("The key is rotated")
    lines: list[dict[str, str]] = []
    apis: dict[str, Api] = {"secretmanager": rest, "logging": LogEntries(project, lambda: lines)}
    with keyed(project, rest, monkeypatch) as (world, versions), operator(tmp_path, project, apis) as someone:
        chatgpt, ada = world.assistant(), world.person()
        tokens, page = world.connect(chatgpt, ada), world.ask(chatgpt)
        renewed = world.refresh(chatgpt, tokens.refresh_token).json()
        assert ("1", "enabled") in re.findall(r"^(\d+) +(\w+)", someone.follow(add), re.MULTILINE)
        told(rest, versions)
        assert len(versions.versions) == 2
        assert len(versions.versions[1]) >= 32

        world.service.clock.move(timedelta(seconds=50))  # the version before still answers for what it made
        assert world.refresh(chatgpt, tokens.refresh_token).json()["refresh_token"] == renewed["refresh_token"]
        world.service.clock.move(timedelta(minutes=5))  # the new one is taken up
        seals = [hidden_fields(each.text)["seal"].partition(".")[0] for each in (page, world.ask(chatgpt))]
        assert seals == ["1", "2"]
        code = answer_of(world.follow(page, ada))["code"]
        assert world.exchange(chatgpt, code=code).status_code == 200
        late, renewed = world.ask(chatgpt), world.refresh(chatgpt, renewed["refresh_token"]).json()

        assert someone.follow(watch) == ""
        lines.append(
            {"severity": "WARNING", "message": "goes on with version 1 of the key: Secret Manager: RetryError"}
        )
        assert "goes on with version 1" in someone.follow(watch)

        world.service.clock.move(timedelta(minutes=10))
        someone.follow(disable, NUMBER="1")
        told(rest, versions)
        assert versions.disabled == {1}
        with worlds.running(project, public_url=world.service.url, key_secret=KEY, local_key=None) as fresh:
            assert fresh.get("/ready").status_code == 200
            world.service.url = fresh.url  # an instance that has never read version 1
            assert answer_of(world.follow(late, ada))["code"]
            assert world.refresh(chatgpt, renewed["refresh_token"]).status_code == 200


def test_deleted_notes_come_back_from_the_moment_before(tmp_path: Path) -> None:
    project, (step,) = new_project(), steps("Notes were deleted by mistake")
    recovery, before = Recovery(project, "europe-west1"), "2026-11-22T12:00:00Z"
    apis: dict[str, Api] = {"firestore": recovery.firestore, "storage": recovery.storage}
    with operator(tmp_path, project, apis, TIME=before) as someone:
        someone.follow(step)

    (export,) = recovery.exports.values()
    assert (export["database"], export["collectionIds"], export["snapshotTime"]) == ("(default)", ["notes"], before)
    (imported,) = recovery.imports
    assert (imported["database"], imported["collectionIds"]) == ("(default)", ["notes"])
    assert recovery.buckets == {}


def test_a_backup_becomes_a_database_beside_the_one_there_is(tmp_path: Path) -> None:
    project = new_project()
    recovery = Recovery(project, "europe-west1")
    restore, end, delete = steps("The database is restored from a backup")
    with operator(tmp_path, project, {"firestore": recovery.firestore}, BACKUP="b-1") as someone:
        assert "b-1" in someone.follow(restore)
        assert recovery.databases == {"(default)", "restored"}
        someone.follow(end)
        ended = {"collectionIds": ["oauthGrants", "oauthTokens", "oauthCodes"], "database": "restored"}
        assert recovery.deleted == [ended]
        someone.follow(delete)

    assert recovery.databases == {"(default)"}
