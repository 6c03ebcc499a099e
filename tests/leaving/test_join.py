"""The page joins the parts of an export into one zip that other programs read."""

import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from scripts.verbs.processes import ROOT
from service.leaving.export import StoredNote, write_part


def part(*names: str) -> bytes:
    return write_part([StoredNote(name, {"title": f"{name} é", "content": name * 400}) for name in names], 500).content


def join(folder: Path, *parts: bytes, limits: dict[str, int] | None = None) -> list[str]:
    """What tests/leaving/join.mjs prints."""
    for n, content in enumerate(parts):
        (folder / f"{n:03}").write_bytes(content)
    command = ["node", "tests/leaving/join.mjs", str(folder), *([json.dumps(limits)] if limits else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def contents(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def test_joined_parts_hold_what_they_held(tmp_path: Path) -> None:
    parts = [part("a", "b"), part(), part("c"), part("d", "e", "f")]

    (file,) = join(tmp_path, *parts)

    together = {name: content for one in parts for name, content in contents(one).items()}
    assert len(together) == 12
    assert contents(Path(file).read_bytes()) == together


@pytest.mark.parametrize(
    ("limits", "sizes"),
    [
        ({"entries": 4, "bytes": 1 << 30}, [4, 4, 4]),  # two files a note
        ({"entries": 6, "bytes": 1 << 30}, [6, 6]),
        ({"entries": 1, "bytes": 1 << 30}, [2, 2, 2, 2, 2, 2]),  # a part is never divided
        ({"entries": 99, "bytes": 1}, [2, 2, 2, 2, 2, 2]),
    ],
)
def test_what_is_too_much_for_one_zip_becomes_several(tmp_path: Path, limits: dict[str, int], sizes: list[int]) -> None:
    parts = [part(name) for name in "abcdef"]

    files = [contents(Path(file).read_bytes()) for file in join(tmp_path, *parts, limits=limits)]

    assert [len(file) for file in files] == sizes
    assert {name for file in files for name in file} == {name for one in parts for name in contents(one)}


def test_what_is_no_whole_zip_is_told_and_joins_nothing(tmp_path: Path) -> None:
    good = part("a")
    broken = [b"", b"<h1>Bad gateway</h1>", good[:-1], good[1:], good[: len(good) // 2]]

    *told, file = join(tmp_path, good, *broken)

    assert [line.partition(": ")[2] for line in told] == ["not a whole zip"] * len(broken)
    assert contents(Path(file).read_bytes()) == contents(good)


def test_no_note_at_all_is_an_empty_zip(tmp_path: Path) -> None:
    (file,) = join(tmp_path, part())

    assert contents(Path(file).read_bytes()) == {}
