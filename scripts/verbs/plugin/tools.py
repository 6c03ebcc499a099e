"""Each tool as `tools/list` shows it, and one sentence for each of its hints: why it is as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.verbs.processes import Failed
from service.contract import Contract
from service.mcp.tools import Tool, tools

HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
_OWN = "Reaches only this person's own data in this service; nothing is published or sent to anybody else."


@dataclass(frozen=True)
class _Behaviour:
    """What an operation of one HTTP method does to what is stored, and the hints that fit it."""

    hints: tuple[bool, bool, bool, bool]
    read_only: str
    destructive: str
    idempotent: str


_BEHAVIOURS = {
    "GET": _Behaviour(
        (True, False, True, False),
        "Only returns what it finds; it creates, changes and deletes nothing.",
        "Overwrites and deletes nothing.",
        "Asking again changes nothing.",
    ),
    "POST": _Behaviour(
        (False, False, True, False),
        "Creates one private note in the person's own app.",
        "Only adds: it overwrites and deletes nothing that is there.",
        "The same call again meets the note that the first one made, and returns its receipt; there is no second note.",
    ),
    "PATCH": _Behaviour(
        (False, True, True, False),
        "Changes one private note in the person's own app.",
        "Replaces what the note said before; a note that was changed since the version that is sent is left as it is.",
        "The same call again finds its change made and returns it; nothing is added twice.",
    ),
    "DELETE": _Behaviour(
        (False, True, True, False),
        "Deletes one private note from the person's own app.",
        "Deletes the note for good.",
        "The same call again finds no such note and changes nothing.",
    ),
}


def described() -> list[dict[str, Any]]:
    """Every tool as it is shown, with its `justifications`. Raises `Failed` where a sentence would not be true."""
    return [{**tool.shown, "justifications": _justify(tool)} for tool in tools(Contract.load()).values()]


def _justify(tool: Tool) -> Mapping[str, str]:
    behaviour = _BEHAVIOURS.get(tool.contract.method)
    if behaviour is None or tuple(tool.shown["annotations"][hint] for hint in HINTS) != behaviour.hints:
        raise Failed(f"{tool.name}: no sentence fits its hints; write one in scripts/verbs/plugin/tools.py.")
    world = _OWN if tool.contract.scopes else "Computes its answer from its arguments; it reaches nothing else."
    return dict(zip(HINTS, (behaviour.read_only, behaviour.destructive, behaviour.idempotent, world), strict=True))
