"""What scripts/check runs besides the Python tools: each refuses the fault that it is there for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.verbs.build_file import faults
from scripts.verbs.processes import ROOT

BIN = Path(sys.executable).parent
CLOUD_BUILD = (ROOT / "cloudbuild.yaml").read_text(encoding="utf-8")
STEP = 'steps: [{name: a, args: ["%s"]}]'


def test_cloud_build_would_take_our_build_file() -> None:
    assert faults(CLOUD_BUILD) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("steps: [", "is not YAML"),
        ("- a", "is not a mapping"),
        ("{}", "has no steps"),
        (CLOUD_BUILD + "\ntimeot: 3s\n", 'no field named "timeot"'),
        ("steps: [{name: a, args: [3, 4]}]", "steps"),
        ("steps: [{name: a, argz: []}]", 'no field named "argz"'),
        (STEP % "$_A", "$_A is used and not declared"),
        (STEP % "x-${_A}y", "$_A is used and not declared"),
        (STEP % "x" + "\nsubstitutions: {_A: b}", "_A is declared and not used"),
        (STEP % "$_A, $B" + "\nsubstitutions: {_A: b}", "$B is none that Cloud Build knows"),
        (STEP % "for i in a; do echo $i; done", "$i is none that Cloud Build knows"),
        (STEP % "$a_A" + "\nsubstitutions: {a_A: b}", "a_A: a name of ours"),
    ],
)
def test_a_build_file_that_cloud_build_would_refuse_is_refused(text: str, fault: str) -> None:
    assert [found for found in faults(text) if fault in found], faults(text)


@pytest.mark.parametrize(
    "text",
    [
        STEP % "$PROJECT_ID, $$_A, $${B}, $(date), a$" + "\ntimeout: 1200s",
        STEP % "$_A" + "\nsubstitutions: {_A: $_B-c, _B: d}",
    ],
)
def test_what_a_shell_is_to_see_and_what_a_substitution_uses_is_no_fault(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("tool", "text", "rule"),
    [
        ("shellcheck", "#!/usr/bin/env bash\nrm $1/x\n", "SC2086"),
        ("hadolint", "FROM docker.io/library/python\nCOPY . .\n", "DL3006"),
    ],
)
def test_a_bad_script_and_a_bad_dockerfile_are_refused(tool: str, text: str, rule: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_text(text)

    done = subprocess.run([BIN / tool, bad], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert rule in done.stdout


def test_every_shell_script_is_checked() -> None:
    """scripts/check finds them by their first line, in four folders."""
    folders = ("scripts", "bench", "bench/peers", ".ci")
    runnable = [path for folder in folders for path in (ROOT / folder).iterdir() if path.is_file() and not path.suffix]

    assert len(runnable) > len(folders)
    assert {path.read_text(encoding="utf-8").partition("\n")[0] for path in runnable} == {"#!/usr/bin/env bash"}


def test_what_starts_containers_can_be_left_out() -> None:
    """By its mark, which `scripts/test --without-containers` goes by."""
    there = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    uses = re.compile(r"^from tests\.cloud\.(containers|base_images) import", re.MULTILINE)
    starting = [path for path, text in there.items() if uses.search(text)]

    assert starting
    assert [path for path in starting if "\npytestmark = pytest.mark.containers\n" not in there[path]] == []
