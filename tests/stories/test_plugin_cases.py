"""The test cases of the plugin's submission: each call is made at the MCP door, and what comes of it is as it says."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from scripts.verbs.plugin.cases import NEGATIVE, POSITIVE, SAMPLE, Call, Case, Negative
from tests import world as worlds
from tests.mcp_client import McpClient, connected
from tests.world import World


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with worlds.world() as made:
        yield made


def call(client: McpClient, wanted: Call, told: Mapping[str, str]) -> dict[str, Any]:
    """The result of WANTED, with what was TOLD before in its place."""
    arguments = {
        name: told.get(value.strip("{}"), value) if isinstance(value, str) and value.startswith("{") else value
        for name, value in wanted.arguments.items()
    }
    return client.call(wanted.tool, **arguments)


def has(found: Any, wanted: Any) -> bool:
    """Whether FOUND has all that is WANTED, at any depth."""
    match wanted:
        case dict():
            return all(name in found and has(found[name], value) for name, value in wanted.items())
        case list():
            return len(found) == len(wanted) and all(map(has, found, wanted))
        case _:
            return bool(found == wanted)


@pytest.mark.parametrize("case", POSITIVE, ids=lambda case: case.what)
def test_what_is_expected_of_a_prompt_is_what_comes_of_its_calls(shared: World, case: Case) -> None:
    client, reviewer = connected(shared)
    client.call("saveNote", **SAMPLE)
    told: dict[str, str] = {}

    for wanted in case.calls:
        result = call(client, wanted, told)
        assert result["isError"] is False, result
        answer = result["structuredContent"]
        note = next(iter(answer.get("notes", [])), answer)
        told |= {name: note[name] for name in ("id", "version") if name in note}

    assert has(answer, case.answer), answer
    assert {note["title"]: note["content"] for note in shared.notes(reviewer)} == case.notes
    assert len(shared.notes(reviewer)) == len(case.notes)


@pytest.mark.parametrize("negative", NEGATIVE, ids=lambda negative: negative.what)
def test_what_no_tool_is_there_for_is_refused_to_who_tries(shared: World, negative: Negative) -> None:
    client, reviewer = connected(shared)
    client.call("saveNote", **SAMPLE)
    other, _ = connected(shared)
    theirs = other.call("saveNote", title="Another's", content="Nobody else's business.")["structuredContent"]["id"]

    refused = call(client, negative.attempt, {"theirs": theirs})

    assert refused["isError"] is True
    assert "structuredContent" not in refused
    assert "business" not in str(refused)
    assert [note["title"] for note in shared.notes(reviewer)] == [SAMPLE["title"]]


def test_there_are_as_many_as_a_submission_wants() -> None:
    assert (len(POSITIVE), len(NEGATIVE)) == (5, 3)
    assert len({case.prompt for case in (*POSITIVE, *NEGATIVE)}) == 8
