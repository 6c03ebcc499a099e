"""Sections and tables of our own documents, which tests compare with what they are about."""

import re
from itertools import takewhile

from scripts.verbs.processes import ROOT


def section(document: str, heading: str) -> str:
    """What DOCUMENT has between this heading of the second level and the next one."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.split(r"^## ", text.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def table(text: str, *columns: str) -> list[list[str]]:
    """The rows of the table in TEXT that has these COLUMNS."""
    head = f"| {' | '.join(columns)} |\n"
    lines = text.partition(head)[2].splitlines()[1:]
    rows = takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def stored_fields() -> dict[str, dict[str, str]]:
    """By collection, the type of each field that docs/storage.md lists."""
    text = (ROOT / "docs/storage.md").read_text(encoding="utf-8")
    found = re.findall(r"^## `(?:[\w{}]+/)*(\w+)/{\w+}`\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    return {name: dict(re.findall(r"^\| `(\w+)` \| ([\w ]+) \|", body, re.MULTILINE)) for name, body in found}
