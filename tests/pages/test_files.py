"""What the pages load: kept forever under an address that names it, and compressed before anybody asks."""

import gzip
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.verbs.processes import ROOT
from service.pages import files
from tests.web.test_answers import client

PAGES = ("/", "/connections", "/notes", "/account", "/docs", "/docs/calls", "/privacy", "/nothing", "/authorization")
_FIRST_PACKETS = 14_000  # ten of 1460 bytes, without the headers (RFC 6928)
_DECOMPRESS = """
const [folder] = process.argv.slice(1);
const { readdirSync, readFileSync } = require("fs");
const sum = (name) => require("crypto").createHash("sha256").update(content(name)).digest("hex");
const content = (name) => require("zlib").brotliDecompressSync(readFileSync(`${folder}/${name}`));
console.log(JSON.stringify(readdirSync(folder).filter((name) => name.endsWith(".br")).map((name) => [name, sum(name)])));
"""


def addresses(page: str) -> list[str]:
    return re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)


@pytest.fixture
def changeable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of static files of this test's own; what was compressed is that of the tree."""
    remembered = files.names, files._digests, files.digest, files.modules
    for name in ("sign-in.js", "forget.js", "consent.js", *files.VENDOR):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((files.STATIC / name).read_bytes())
    monkeypatch.setattr(files, "STATIC", tmp_path)
    for each in remembered:
        each.cache_clear()
    yield tmp_path
    for each in remembered:
        each.cache_clear()


def test_what_is_compressed_is_what_it_was_made_of() -> None:
    done = subprocess.run(["node", "-e", _DECOMPRESS, files.COMPRESSED], capture_output=True, check=True, text=True)
    sums = dict(json.loads(done.stdout))
    sums |= {
        each.name: hashlib.sha256(gzip.decompress(each.read_bytes())).hexdigest()
        for each in files.COMPRESSED.glob("*.gz")
    }

    assert {name: name.partition(".")[0] for name in sums} == sums
    assert set(sums) == {each.name for each in files.COMPRESSED.iterdir()}
    for name in files.names():
        plain = (files.STATIC / name).read_bytes()
        for encoding, suffix in files.ENCODINGS.items():
            served = files.read(name, [encoding])
            if len(plain) > 100:  # below that nothing may be won
                assert served.encoding == encoding, f"{name} is not compressed: run scripts/setup"
                assert len(served.content) < len(plain)
            if served.encoding:
                digest = hashlib.sha256(plain).hexdigest()
                assert sums[digest + suffix] == digest
                assert served.content == (files.COMPRESSED / f"{digest}{suffix}").read_bytes()
            else:
                assert served.content == plain


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_a_browser_gets_the_best_that_it_takes(accepted: str, encoding: str | None) -> None:
    here = client()
    address = next(each for each in addresses(here.get("/connections").text) if each.endswith("firebase-auth.js"))

    answer = here.get(address, headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert (len(answer.data) < 50_000) == (encoding is not None)


@pytest.mark.parametrize("path", PAGES)
def test_all_that_a_page_loads_may_be_kept_forever(path: str) -> None:
    here = client()
    page = here.get(path, headers={"Accept": "text/html"})

    assert page.headers["Cache-Control"] == "no-store"
    loaded = addresses(page.text)
    assert loaded
    assert re.findall(r'<(?:script|link|img)\b[^>]*(?:src|href)="(?!/assets/)', page.text) == []
    for address in loaded:
        answer = here.get(address)
        assert re.fullmatch(r"/assets/[0-9a-f]{16}/[a-z/.-]+", address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_page_of_another_revision_gets_its_files_and_nobody_keeps_them() -> None:
    here = client()
    address = next(each for each in addresses(here.get("/connections").text) if each.endswith("sign-in.js"))
    other = here.get(address.replace(files.digest(), "0123456789abcdef"))

    assert (other.status_code, other.headers["Cache-Control"]) == (200, "no-store")
    assert other.data == here.get(address).data
    assert here.get(f"/assets/{files.digest()}/nothing.js").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_into_the_first_packets_and_is_not_compressed(path: str) -> None:
    page = client().get(path, headers={"Accept": "text/html", "Accept-Encoding": "gzip, br"})

    assert "Content-Encoding" not in page.headers
    assert len(page.data) + len(str(page.headers)) < _FIRST_PACKETS


def test_a_page_names_all_modules_that_its_script_needs() -> None:
    page = client().get("/notes", headers={"Accept": "text/html"}).text
    hinted = {each.split("/", 3)[3] for each in re.findall(r'<link rel="modulepreload" href="([^"]+)"', page)}

    assert {"sign-in.js", "forget.js", "vendor/firebase-app.js", "vendor/markdown-it.js"} < hinted
    assert (
        not {"notes.js", "notes-firestore.js", "vendor/firebase-firestore.js"} & hinted
    )  # itself; fetched when needed


def test_a_file_that_was_changed_has_another_address_and_is_not_taken_for_the_old_one(changeable: Path) -> None:
    before, was = files.digest(), files.read("sign-in.js", ["br", "gzip"])
    (changeable / "sign-in.js").write_text("export const changed = true;\n" * 20, encoding="utf-8")
    files._digests.cache_clear()
    files.digest.cache_clear()

    now = files.read("sign-in.js", ["br", "gzip"])

    assert was.encoding == "br"
    assert (now.encoding, now.content) == (None, (changeable / "sign-in.js").read_bytes())
    assert files.digest() != before


def test_a_file_that_has_moved_has_another_address(changeable: Path) -> None:
    before: Any = files.digest()
    (changeable / "forget.js").rename(changeable / "forgotten.js")
    for each in (files.names, files._digests, files.digest):
        each.cache_clear()

    assert files.digest() != before


def test_compressing_again_makes_only_what_is_missing_and_takes_away_what_is_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    made, first, second = tmp_path / "to", tmp_path / "from/a.js", tmp_path / "from/b.js"
    compress = ["node", "scripts/verbs/compress.mjs", str(tmp_path / "from"), str(made)]
    first.write_text("one and the same\n" * 99, encoding="utf-8")
    second.write_text("x", encoding="utf-8")  # nothing is won
    subprocess.run(compress, cwd=ROOT, check=True)
    one = {each.name: each.stat().st_mtime_ns for each in made.iterdir()}
    second.write_text("another\n" * 99, encoding="utf-8")
    subprocess.run(compress, cwd=ROOT, check=True)
    two = {each.name: each.stat().st_mtime_ns for each in made.iterdir()}
    first.unlink()
    subprocess.run(compress, cwd=ROOT, check=True)
    three = {each.name: each.stat().st_mtime_ns for each in made.iterdir()}

    assert sorted(Path(name).suffix for name in one) == [".br", ".gz"]
    assert two == one | three
    assert not set(one) & set(three)
    assert len(three) == 2


@pytest.mark.parametrize("name", ["vendor/firebase-auth.js", "vendor/firebase-firestore.js"])
def test_a_part_of_firebase_loads_the_others_from_here(name: str) -> None:
    script = (files.STATIC / name).read_text(encoding="utf-8")

    assert "./firebase-app.js" in script
    assert "gstatic.com/firebasejs" not in script
