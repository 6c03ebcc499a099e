"""The operator registers an assistant."""

import os
import re
import subprocess

import pytest

from scripts.verbs.journey import Assistant
from scripts.verbs.processes import ROOT
from tests.world import CALLBACK, World


def client(*arguments: str, project: str | None) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if name != "GOOGLE_CLOUD_PROJECT"}
    env |= {"GOOGLE_CLOUD_PROJECT": project} if project else {}
    return subprocess.run(
        ["scripts/client", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_registered_assistant_can_connect(world: World) -> None:
    done = client("add", "ChatGPT", "--redirect-uri", CALLBACK, "--redirect-uri", f"{CALLBACK}2", project=world.project)

    assert done.returncode == 0, done.stderr
    printed = dict(re.findall(r"^(client_\w+) +(\S+)$", done.stdout, re.MULTILINE))
    chatgpt = Assistant(printed["client_id"], printed["client_secret"], CALLBACK)
    assert world.save(world.connect(chatgpt, world.person())).status_code == 201
    (stored,) = world.stored("oauthClients")
    assert (stored["name"], stored["redirectUris"]) == ("ChatGPT", [CALLBACK, f"{CALLBACK}2"])
    assert chatgpt.client_secret not in str(stored)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["add", "ChatGPT", "--redirect-uri", "http://example.com/cb"], "must be https"),
        (["add", "", "--redirect-uri", CALLBACK], "The name must have"),
        (["add", "ChatGPT"], "--redirect-uri"),
        ([], "VERB"),
        (["remove"], "invalid choice"),
    ],
)
def test_what_cannot_be_registered_is_said(world: World, arguments: list[str], complaint: str) -> None:
    done = client(*arguments, project=world.project)

    assert done.returncode != 0
    assert complaint in done.stderr
    assert world.stored("oauthClients") == []


def test_without_a_project_it_asks_for_one() -> None:
    done = client("add", "ChatGPT", "--redirect-uri", CALLBACK, project=None)

    assert (done.returncode, "GOOGLE_CLOUD_PROJECT=" in done.stderr) == (1, True)
