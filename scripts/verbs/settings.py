"""scripts/settings: write the table of docs/operating.md anew from service/variables.py."""

import sys
from pathlib import Path

from service.variables import SET_BY, VARIABLES, Variable

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating.md"
BEGIN, END = "<!-- scripts/settings writes from here -->\n", "<!-- to here -->\n"


def table() -> str:
    """All variables that the service knows, in Markdown."""
    rows = [f"| `{each.name}` | {_default(each)} | {_allowed(each)} | {each.meaning} |" for each in VARIABLES]
    return "\n".join(["| variable | default | may be | meaning |", "|---|---|---|---|", *rows]) + "\n"


def page(text: str) -> str:
    """TEXT with the table between its two marks."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def _default(variable: Variable) -> str:
    if variable.default is None:
        return "must be set"
    if variable.name in SET_BY:
        return (f"`{variable.default}`; " if variable.default else "") + f"set by {SET_BY[variable.name]}"
    there = f"; `{variable.on_cloud_run}` on Cloud Run" if variable.on_cloud_run else ""
    return (f"`{variable.default}`" if variable.default else "none") + there


def _allowed(variable: Variable) -> str:
    if variable.most:
        return f"{variable.least} to {variable.most}"
    if variable.choices == ("on", "off"):
        return "`on` or `off`"
    if variable.choices:
        return f"{', '.join(f'`{each}`' for each in variable.choices)}; commas between"
    return variable.must_be


def main() -> int:
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
