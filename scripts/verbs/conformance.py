"""scripts/conformance: write docs/conformance.md from the docstrings of tests/conformance."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "conformance"
PAGE = ROOT / "docs" / "conformance.md"
_COUNTS = {"A": 26, "B": 35, "C": 6, "D": 7, "E": 3, "F": 5, "FC": 12, "G": 1, "W": 5}
IDS = tuple(f"{letter}{number:02}" for letter, count in _COUNTS.items() for number in range(1, count + 1))
"""Every row there is, in the order of the table."""
_OPENING = re.compile(r"(?P<id>[A-Z]{1,2}[0-9]{2}) · (?P<sections>[^:|]+): (?P<outcome>[^|]+)\.")
_INTRODUCTION = """\
# Conformance

What this server promises to those who connect to it, and against those who attack it, row by row. One test holds each
row, from outside: over HTTP, against the real emulators, and by reading the database, the log or the code where HTTP
shows nothing. The row's words are the first line of the test's docstring; `scripts/conformance` writes this page from
them, and a test fails when it is not what that would write, or when a row has no test.

| rows | about |
|---|---|
| A | the authorization endpoint, `/authorization` |
| B | the token endpoint, `/token`: the request, the code, the refresh |
| C | the revocation endpoint, `/revoke` |
| D, E | what a client meets at the API, and the metadata documents |
| F, FC | clients that register themselves, and clients that are a document of their own |
| G | limits |
| W | what no single answer shows: the database, the log, comparisons, cookies, expiry |

A row has its id, the sections that ask for it, what happens, and the test. Where a specification leaves room, what
happens is the answer that we chose; "policy" marks what we do though none asks for it.

The specifications: RFC 6749 OAuth 2.0 · RFC 6750 bearer tokens · RFC 7009 revocation · RFC 7591 dynamic registration
· RFC 7636 PKCE · RFC 8252 native apps · RFC 8414 and RFC 9728 metadata · RFC 8707 `resource` · RFC 9207 `iss` ·
RFC 9700 security practice · OAuth 2.1, the draft of May 2026 · MCP, its authorization specification of 2026-07-28 ·
CIMD, the draft on client-id metadata documents.

| row | section | what happens | test |
|---|---|---|---|
"""


class Wrong(Exception):
    """A test that says neither clearly that it is a row's nor that it is none; the text names it."""


@dataclass(frozen=True)
class Row:
    """One row, as the docstring of its test has it."""

    id: str
    sections: str
    outcome: str
    test: str
    file: str

    @property
    def line(self) -> str:
        link = f"[{self.test}](../tests/conformance/{self.file})"
        return f"| {self.id} | {self.sections} | {self.outcome} | {link} |"


def read(folder: Path = TESTS) -> list[Row]:
    """The rows of all tests in FOLDER, in the order of `IDS`. Raises `Wrong`; a test without a row's id is none."""
    rows = [row for file in sorted(folder.glob("test_*.py")) for row in _rows(file)]
    return sorted(rows, key=lambda row: IDS.index(row.id))


def page(rows: Iterable[Row]) -> str:
    """The text of docs/conformance.md."""
    return _INTRODUCTION + "".join(f"{row.line}\n" for row in rows)


def _rows(file: Path) -> Iterator[Row]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        named = re.match(r"test_([a-z]{1,2}[0-9]{2})_", node.name)
        opening = (ast.get_docstring(node) or "").partition("\n")[0]
        said = _OPENING.fullmatch(opening)
        if (named and named[1].upper()) != (said and said["id"]) or (said and said["id"] not in IDS):
            raise Wrong(
                f'{file.name}: {node.name} wants a name and a docstring as test_b01_… """B01 · RFC 6749 5.1: ….'
            )
        if said:
            yield Row(said["id"], said["sections"], said["outcome"], node.name, file.name)


def main() -> int:
    try:
        PAGE.write_text(page(read()), encoding="utf-8")
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
