"""The runbooks that read the log: the filters of docs/operating.md find what the service has really printed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.verbs.processes import ROOT
from tests.cloud.log_entries import LogEntries
from tests.cloud.proxy import Api
from tests.cloud.runbooks import Operator, operator, runbook, steps
from tests.deployed import Deployed, deployed


@pytest.fixture(scope="module")
def running() -> Iterator[Deployed]:
    with deployed() as made:
        yield made


@pytest.fixture
def by_log(running: Deployed, tmp_path: Path) -> Iterator[Operator]:
    """An operator who reads what the process has really printed."""
    world = running.world
    logging: dict[str, Api] = {"logging": LogEntries(world.project, running.lines)}
    with operator(tmp_path, world.project, logging, PUBLIC_URL=world.service.url) as made:
        yield made


def test_the_log_says_who_did_what(running: Deployed, by_log: Operator) -> None:
    world = running.world
    chatgpt, other, ada = world.assistant(), world.assistant("Other"), world.person()
    tokens = world.connect(chatgpt, ada)
    world.save(tokens)
    world.connect(other, world.person("ben"))
    assert world.refresh(chatgpt, "unknown").status_code == 400
    assert world.service.get("/__/auth/iframe").status_code == 503
    of_a_person, of_a_client = steps("Who did what")

    first, then = of_a_person.splitlines()
    told = by_log.follow(first, UID=ada.uid)
    (grant,) = set(re.findall(r"\b[0-9a-f]{32}\b", told))
    assert "authorization" in told
    assert chatgpt.client_id in told
    assert other.client_id not in told
    assert re.search(r"saveNote +allowed", by_log.follow(then, GRANT=grant))
    told = by_log.follow(of_a_client, ID=chatgpt.client_id)
    assert re.search(r"token +refresh_unknown", told)
    assert "unavailable: " in told


def test_why_chatgpt_cannot_connect_is_in_the_log(running: Deployed, by_log: Operator) -> None:
    world = running.world
    chatgpt = world.assistant()
    assert world.ask(chatgpt, redirect_uri="https://elsewhere.example/").status_code == 400
    assert world.ask(chatgpt, client_id="nobody").status_code == 400
    assert world.exchange(chatgpt, code="c", client_secret="wrong").status_code == 401
    assert world.follow(world.ask(chatgpt), world.person(), "deny").status_code == 303
    ready, why = steps("ChatGPT says it cannot connect")

    assert json.loads(by_log.follow(ready)) == {"status": "ok"}
    told = by_log.follow(why)

    for reason in ("other_redirect_uri", "unknown_client", "wrong_secret", "access_denied"):
        assert reason in told
        assert f"`{reason}`" in runbook("ChatGPT says it cannot connect")


def test_each_reason_that_the_page_knows_is_one_of_the_code() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", runbook("ChatGPT says it cannot connect"), re.MULTILINE)
    reasons = {reason for row in rows for reason in re.findall(r"`([a-z_:]+)`", row)}
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "service").rglob("*.py"))

    assert len(reasons) > 20
    assert [reason for reason in sorted(reasons) if f'"{reason}' not in code] == []


def test_what_fails_and_who_calls_is_in_the_log(running: Deployed, by_log: Operator) -> None:
    (down,) = steps("Firestore is down, or over its quota")
    (most,) = steps("It costs more than expected")
    world = running.world
    chatgpt = world.assistant()
    assert world.refresh(chatgpt, "unknown").status_code == 400

    assert world.service.get("/__/auth/iframe").status_code == 503  # Firebase's own pages do not answer here

    ready, *told = by_log.follow(down).splitlines()
    assert json.loads(ready) == {"status": "ok"}
    assert any("unavailable: " in line for line in told)
    assert chatgpt.client_id in by_log.follow(most)
