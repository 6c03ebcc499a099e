"""Whoever follows `docs/adding-an-action.md` literally has a second action that works."""

import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from scripts.verbs.processes import ROOT
from tests.deployed import deployed
from tests.mcp_client import McpClient
from tests.world import World

DOCUMENT = (ROOT / "docs/adding-an-action.md").read_text(encoding="utf-8")
_FENCE = r"\n\n```(?:python|yaml|text)\n(?P<{0}>.*?)^```$"
_STEP = re.compile(
    r"^Create `(?P<empty>[^`]+)`, empty\.$"
    r"|^Create `(?P<new>[^`]+)`:$"
    + _FENCE.format("content")
    + r"|^In `(?P<changed>[^`]+)`, (?P<side>before|after) the line `(?P<line>[^`]+)`, insert:$"
    + _FENCE.format("inserted"),
    re.MULTILINE | re.DOTALL,
)
_SHARED = (".venv", "node_modules", "service/pages/static/vendor", "service/pages/compressed")
_LEFT_OUT = shutil.ignore_patterns(
    *(".git", ".local", ".venv", "node_modules", "vendor", "compressed", "__pycache__", ".hypothesis")
)


@dataclass(frozen=True)
class Step:
    """A file to create, or a text to put before or after a line of a file that is there."""

    path: str
    text: str
    side: str | None = None
    line: str = ""

    def take(self, root: Path) -> None:
        file = root / self.path
        if self.side is None:
            assert not file.exists(), f"{self.path} is there already"
            file.parent.mkdir(exist_ok=True)
            file.write_text(self.text, encoding="utf-8")
            return
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        assert lines.count(f"{self.line}\n") == 1, f"{self.path} must have this line once: {self.line}"
        where = lines.index(f"{self.line}\n") + (self.side == "after")
        file.write_text("".join([*lines[:where], self.text, *lines[where:]]), encoding="utf-8")


def steps() -> Iterator[Step]:
    for found in _STEP.finditer(DOCUMENT):
        if found["changed"]:
            yield Step(found["changed"], found["inserted"], found["side"], found["line"])
        else:
            yield Step(found["empty"] or found["new"], found["content"] or "")


def block(language: str, number: int = 0) -> str:
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    return found[number].strip()


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A scratch copy in which every step has been taken. Types that `scripts/check` knew before need no second look."""
    began = time.monotonic()
    copy = tmp_path_factory.mktemp("scratch") / "itsimple-mate"
    shutil.copytree(ROOT, copy, ignore=_LEFT_OUT)
    for name in _SHARED:
        (copy / name).symlink_to(ROOT / name)
    for step in steps():
        step.take(copy)
    yield copy
    print(f"The walk took {time.monotonic() - began:.1f} s.")  # noqa: T201  # for whoever runs it with -s


def run(copy: Path, *command: str) -> None:
    env = os.environ | {"PYTHONPATH": str(copy)}
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_text_of_the_document_is_a_step_or_a_command() -> None:
    texts = [step.text for step in steps() if step.text]

    assert len(re.findall("^```", DOCUMENT, re.MULTILINE)) == 2 * (len(texts) + 3)
    assert DOCUMENT.count("Create `") + DOCUMENT.count("\nIn `") == len(list(steps())) == 8
    assert (block("sh").count("\n"), block("sh", 1).count("\n"), block("json").count("\n")) == (1, 0, 0)


def test_its_checks_pass(walked: Path) -> None:
    check, _ = block("sh").splitlines()

    run(walked, *shlex.split(check))


def test_its_operation_answers_what_the_document_prints(walked: Path, world: World) -> None:
    address = block("sh", 1).removeprefix("curl 'http://localhost:8080").removesuffix("'")

    query = dict(parse_qsl(urlsplit(address).query))

    with deployed(walked) as service:
        answer = requests.get(service.world.service.url + address, timeout=60)
        stranger = McpClient(service.world.service)
        shown = {tool["name"]: tool for tool in stranger.result("tools/list")["tools"]}
        called = stranger.call("countDays", **query)

    assert (answer.status_code, answer.text.strip()) == (200, block("json"))
    assert called["structuredContent"] == answer.json()
    assert shown["countDays"]["securitySchemes"] == [{"type": "noauth"}]
    assert shown["countDays"]["inputSchema"]["required"] == list(query)
    assert world.service.get(address).status_code == 404


def test_its_own_story_passes(walked: Path) -> None:
    """`scripts/test` would start emulators of its own; these are there already."""
    _, test = block("sh").splitlines()

    command, *files = shlex.split(test)
    run(walked, ".venv/bin/pytest", "--numprocesses", "0", *files)

    assert command == "scripts/test"
