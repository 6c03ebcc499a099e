"""scripts/plugin writes a plugin that is as its format and ChatGPT's directory want it, and says what is missing."""

import io
import json
import os
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.verbs.plugin import package, tools
from scripts.verbs.plugin.__main__ import main
from scripts.verbs.plugin.cases import NEGATIVE, POSITIVE
from scripts.verbs.processes import ROOT, Failed
from service.contract import Contract
from service.mcp import tools as mcp_tools
from tests.house.test_chatgpt_guide import INSTRUCTIONS
from tests.mcp_client import HANDSHAKE, McpClient
from tests.world import World

ENV = {
    "PUBLIC_URL": "https://notes.example.org",
    "APP_NAME": "Café Mate",
    "COMPANY": "Itsimple Ltd",
    "CONTACT": "privacy@example.org",
}
GIVEN = ("--terms-url", "https://example.org/terms", "--support-url", "https://example.org/help")
# agent-plugins.org/schemas/1.0.0/plugin.schema.json is closed.
_FIELDS = {"$schema", "name", "version", "description", "author", "homepage", "extensions"}
Run = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "plugin"


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*arguments: str, **changed: str) -> int:
        for name, value in (ENV | changed).items():
            monkeypatch.setenv(name, value)
        return main([str(folder), *arguments])

    return run


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0dIHDR" + struct.pack(">II", width, height)


def test_the_plugin_is_complete_and_is_what_the_archive_has(run: Run, folder: Path, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(png(512, 512))

    assert run(*GIVEN, "--logo", str(logo)) == 0

    manifest = read(folder, "cafe-mate/plugin.json")
    shown = manifest["extensions"]["com.openai"]["interface"]
    servers = read(folder, "cafe-mate/mcp.json")["mcpServers"]
    assert manifest.keys() == _FIELDS
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", manifest["version"])
    assert servers == {"cafe-mate": {"type": "streamable-http", "url": "https://notes.example.org/mcp"}}
    assert {name: url for name, url in shown.items() if name.endswith("URL")} == {
        "websiteURL": "https://notes.example.org",
        "supportURL": "https://example.org/help",
        "privacyPolicyURL": "https://notes.example.org/privacy",
        "termsOfServiceURL": "https://example.org/terms",
    }
    with zipfile.ZipFile(folder / f"cafe-mate-{manifest['version']}.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
        assert {"skills/", "skills/notes/", "assets/"} <= set(archive.namelist())
    written = {path for path in (folder / "cafe-mate").rglob("*") if path.is_file()}
    assert {str(path.relative_to(folder / "cafe-mate")): path.read_bytes() for path in written} == packed
    assert packed["assets/logo.png"] == logo.read_bytes()
    assert shown["logo"] == shown["composerIcon"] == "./assets/logo.png"


def test_it_keeps_to_the_limits_of_the_directory(run: Run, folder: Path) -> None:
    run(APP_NAME="x" * 30, COMPANY="y" * 80)
    shown = read(folder, f"{'x' * 30}/plugin.json")["extensions"]["com.openai"]["interface"]

    for name, most in (
        ("displayName", 30),
        ("shortDescription", 30),
        ("longDescription", 4_000),
        ("developerName", 80),
    ):
        assert 0 < len(shown[name]) <= most
    assert len(shown["defaultPrompt"]) == 3
    assert all(0 < len(prompt) <= 128 and "…" not in prompt for prompt in shown["defaultPrompt"])


def test_the_skill_is_the_instructions_of_the_gpt(run: Run, folder: Path) -> None:
    run()
    skill = (folder / "cafe-mate/skills/notes/SKILL.md").read_text(encoding="utf-8")
    head, _, body = skill.removeprefix("---\n").partition("\n---\n")
    name, described = head.splitlines()

    assert name == "name: notes"  # as its folder is called
    assert 0 < len(json.loads(described.removeprefix("description: "))) <= 1_024
    assert body == f"\n# Notes in Café Mate\n\n{INSTRUCTIONS.replace('ItsimpleAI', 'Café Mate')}"
    assert "ItsimpleAI" not in skill


def test_every_tool_is_there_as_the_service_shows_it_with_a_reason_for_each_hint(
    run: Run, folder: Path, world: World
) -> None:
    run()
    written = read(folder, "tools.json")["tools"]
    form = read(folder, "chatgpt-app-submission.json")

    shown = McpClient(world.service, HANDSHAKE).result("tools/list")["tools"]
    assert [{name: value for name, value in tool.items() if name != "justifications"} for tool in written] == shown
    for tool in written:
        assert tool["justifications"].keys() == set(tools.HINTS)
        assert all(sentence.endswith(".") and "\n" not in sentence for sentence in tool["justifications"].values())
        annotations = form["tools"][tool["name"]]["annotations"]
        assert annotations.items() <= tool["annotations"].items()
    assert form["tools"].keys() == {tool["name"] for tool in written}


def test_a_hint_that_no_sentence_fits_is_not_explained_away(monkeypatch: pytest.MonkeyPatch) -> None:
    (name, tool), *_ = mcp_tools.tools(Contract.load()).items()
    other = {**tool.shown, "annotations": {**tool.shown["annotations"], "destructiveHint": True}}
    monkeypatch.setattr(tools, "tools", lambda _contract: {name: replace(tool, shown=other)})

    with pytest.raises(Failed, match="saveNote"):
        tools.described()


def test_the_form_has_the_cases_and_names_tools_that_there_are(run: Run, folder: Path) -> None:
    run()
    form, text = read(folder, "chatgpt-app-submission.json"), (folder / "submission.md").read_text(encoding="utf-8")

    for made, cases in ((form["test_cases"], POSITIVE), (form["negative_test_cases"], NEGATIVE)):
        assert [one["user_prompt"] for one in made] == [case.prompt for case in cases]
        assert all(case.prompt in text and case.outcome in text for case in cases)
    named = {name for one in form["test_cases"] for name in one["tools_triggered"].split(", ")}
    assert named <= form["tools"].keys()
    assert {one["tools_triggered"] for one in form["negative_test_cases"]} == {None}
    assert len(form["app_info"]["subtitle"]) <= 30


def test_the_page_says_every_address_and_what_is_left(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run()
    text, printed = (folder / "submission.md").read_text(encoding="utf-8"), capsys.readouterr().out

    for path in ("", "/mcp", "/privacy", "/.well-known/openai-apps-challenge"):
        assert f"https://notes.example.org{path}" in text
    for missing in ("--terms-url", "--support-url", "--logo"):
        assert missing in text
        assert missing in printed
    shutil.rmtree(folder)
    assert run(*GIVEN, CONTACT="https://example.org/contact") == 0
    text = (folder / "submission.md").read_text(encoding="utf-8")
    assert "--terms-url" not in text
    assert "| Support | https://example.org/help |" in text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("CONTACT=", "CONTACT is missing"),
        ("PUBLIC_URL=http://localhost:8080", "PUBLIC_URL must be https"),
        (f"APP_NAME={'x' * 31}", "shorter APP_NAME"),
        (f"COMPANY={'x' * 81}", "shorter COMPANY"),
        ("APP_NAME=メモ", "--name"),
        ("--terms-url http://example.org/terms", "--terms-url must be an https address"),
        ("--logo nowhere.png", "nowhere.png"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_written(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str], typed: str, said: str
) -> None:
    words = typed.split()
    changed = dict(word.split("=") for word in words if "=" in word)

    assert run(*(word for word in words if "=" not in word), **changed) == 1

    assert said in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.parametrize(
    "logo",
    [b"GIF89a", png(512, 300), png(32, 32), png(512, 512)[:20]],
    ids=["no PNG", "no square", "too small", "cut off"],
)
def test_a_logo_that_the_directory_refuses_is_refused(run: Run, folder: Path, tmp_path: Path, logo: bytes) -> None:
    (tmp_path / "logo.png").write_bytes(logo)

    assert run("--logo", str(tmp_path / "logo.png")) == 1
    assert not folder.exists()


def test_a_folder_with_somebodys_files_is_left_alone(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.mkdir()
    (folder / "tools.json").write_text("mine")

    assert run() == 1
    assert "is not empty" in capsys.readouterr().err
    assert [path.read_text() for path in folder.iterdir()] == ["mine"]


def test_a_folder_is_named_from_where_one_stands(tmp_path: Path) -> None:
    command = [str(ROOT / "scripts/plugin"), "my plugin"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | ENV, capture_output=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "my plugin/submission.md").is_file()


def test_the_same_plugin_is_the_same_archive() -> None:
    made = {"a/b/c": b"1", "d": b"2"}
    first, again = package.pack(made), package.pack(dict(reversed(made.items())))

    assert first == again
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["a/", "a/b/", "a/b/c", "d"]


def test_it_is_a_command() -> None:
    done = subprocess.run(
        ["scripts/plugin", "--help"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0
    assert "FOLDER" in done.stdout
