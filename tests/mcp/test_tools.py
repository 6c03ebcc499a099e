"""How an operation of the contract is shown as a tool."""

import pytest

from service.contract import PATH, Contract
from service.mcp.tools import tools

CONTRACT = PATH.read_text(encoding="utf-8")
FLAG = "      x-openai-isConsequential: false\n"


def hints(flags: str, operation_id: str = "saveNote") -> dict[str, bool]:
    """The hints of the tool where the contract has FLAGS for its operation."""
    before, found, after = CONTRACT.partition(f"operationId: {operation_id}\n")
    contract = Contract(before + found + after.replace(FLAG, flags, 1))
    return {
        name: value
        for name, value in tools(contract)[operation_id].shown["annotations"].items()
        if name.endswith("Hint")
    }


def test_what_the_contract_does_not_say_is_as_careful_as_the_method() -> None:
    careful = {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": True, "openWorldHint": False}

    assert hints("") == careful
    assert hints("", "listNotes") == careful | {"readOnlyHint": True, "destructiveHint": False}


@pytest.mark.parametrize(
    ("flag", "hint", "value"),
    [("x-idempotent: false", "idempotentHint", False), ("x-openWorld: true", "openWorldHint", True)],
)
def test_an_operation_may_say_otherwise(flag: str, hint: str, value: bool) -> None:  # noqa: FBT001  # a column of the table
    assert hints(f"{FLAG}      {flag}\n")[hint] is value
    assert hints(FLAG)[hint] is not value


def test_no_tool_refers_to_what_is_elsewhere() -> None:
    """Not every client follows references: usememos/memos issue 6022 has strict ones."""
    assert "$ref" not in str([tool.shown for tool in tools(Contract.load()).values()])
