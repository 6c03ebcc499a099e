"""docs/chatgpt.md: what it tells to type works, and what it says one sees is what is shown."""

import re
import shlex

from scripts.verbs.client_arguments import parse
from service.actions.registry import OPERATIONS
from service.contract import Contract
from service.firestore_write import update
from tests.assistant import connected
from tests.house.test_docs import ROOT
from tests.world import World
from tests.world import world as new_world

TEXT = (ROOT / "docs/chatgpt.md").read_text(encoding="utf-8")
INSTRUCTIONS = TEXT.partition("```text\n")[2].partition("```")[0]
_MOST_INSTRUCTIONS = 8_000  # of the editor, by reports


def test_every_command_is_one() -> None:
    commands = re.findall(r"^    scripts/client (.+)$", TEXT, re.MULTILINE)
    commands += [f"{verb} CLIENT_ID" for verb in re.findall(r"`scripts/client (rotate-secret|enable)`", TEXT)]

    verbs = [parse(shlex.split(command)).verb for command in commands]

    assert verbs == ["add", "add-redirect", "enable", "rotate-secret"]


def test_the_instructions_name_operations_that_there_are() -> None:
    named = set(re.findall(r"\b(?:save|list|search|get|update|delete)[A-Z]\w+", INSTRUCTIONS))

    assert named <= {operation.operation_id for operation in OPERATIONS}
    assert {"saveNote", "listNotes", "searchNotes", "getNote"} <= named
    assert len(INSTRUCTIONS) < _MOST_INSTRUCTIONS


def test_the_scopes_are_those_of_the_contract() -> None:
    assert "`notes:read notes:write`" in TEXT
    assert set(Contract.load().scopes) == {"notes:read", "notes:write"}


def test_what_one_sees_when_it_does_not_work_is_what_is_shown(world: World) -> None:
    ada = world.person()
    writer = connected(world, ada, "notes:write")
    receipt = writer.save().json()
    world.service.backends.documents.commit(update(f"users/{ada.uid}/notes/{receipt['id']}", {"title": "Phone"}))
    chatgpt = world.assistant()
    seen = {
        "This needs the scope notes:read. Connect again.": writer.get("/notes"),
        "The note was changed meanwhile, perhaps on the phone.": writer.change(receipt, title="New"),
    }
    pages = [
        ("redirect_uri", world.ask(chatgpt, redirect_uri="https://chatgpt.com/aip/g-other/oauth/callback")),
        ("client_id", world.ask(chatgpt, client_id="nobody")),
    ]

    for sentence, answer in seen.items():
        assert f"*{sentence}*" in TEXT
        assert answer.json()["error"]["message"].startswith(sentence)
    for name, page in pages:
        assert "*This link does not work*" in TEXT
        assert "This link does not work" in page.text
        assert name in page.text


def test_too_many_calls_say_so() -> None:
    with new_world(calls_per_minute=1) as world:
        chatgpt = connected(world)
        message = [chatgpt.get("/notes") for _ in range(2)][1].json()["error"]["message"]

    assert message.startswith("Too many calls within a minute.")
    assert "*Too many calls within a minute.*" in TEXT
