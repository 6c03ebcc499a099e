"""What a reviewer tries, and what comes of it. `tests/stories/test_plugin_cases.py` tries it against the service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SAMPLE = {"title": "The train to Lisbon", "content": "Leaves at 8:14 from platform 3."}
"""The one note that the reviewer's account has before each case."""
_SAMPLE = {SAMPLE["title"]: SAMPLE["content"]}


@dataclass(frozen=True)
class Call:
    """One call of a tool. `{id}` and `{version}` are those that the calls before have told."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """What somebody says, the calls to expect, and what comes of it in words and as data."""

    what: str
    prompt: str
    calls: tuple[Call, ...]
    outcome: str
    answer: Mapping[str, Any]
    """What the last call's structured content has, among others."""
    notes: Mapping[str, str]
    """All notes that the person has afterwards: title and text."""


@dataclass(frozen=True)
class Negative:
    """What somebody says for which no tool is there."""

    what: str
    prompt: str
    outcome: str
    attempt: Call = field(repr=False)
    """What a model may try all the same: it is refused, and nothing is changed. `{theirs}` is another person's note."""


_CAFE = {"title": "Three names for a café", "content": "1. **Crema**\n2. *Half Past Ten*\n3. `Grounds`"}
_PLANTS = {"title": "Water the plants", "content": "Every Sunday."}
_SEAT = "Seat 41, by the window."

POSITIVE = (
    Case(
        what="An answer is saved, complete and unchanged, and its receipt is shown.",
        prompt="Give me three names for a café, then save it.",
        calls=(Call("saveNote", _CAFE),),
        outcome="The note is stored as the answer stands in the chat. Its receipt is quoted: Saved: [title](url).",
        answer={"title": _CAFE["title"], "created": True},
        notes={**_SAMPLE, _CAFE["title"]: _CAFE["content"]},
    ),
    Case(
        what="Saving the same again makes no second note.",
        prompt="Save a note “Water the plants” with the text “Every Sunday.”, and then save exactly the same once more.",
        calls=(Call("saveNote", _PLANTS), Call("saveNote", _PLANTS)),
        outcome="Both calls return the same note, the second with created false. It is said that it was there already.",
        answer={"title": _PLANTS["title"], "created": False},
        notes={**_SAMPLE, _PLANTS["title"]: _PLANTS["content"]},
    ),
    Case(
        what="A note is found by words that it holds.",
        prompt="Find my note about the train to Lisbon.",
        calls=(Call("searchNotes", {"query": "train Lisbon"}),),
        outcome="The note is shown by its title, as a link that opens it. Nothing is changed.",
        answer={"notes": [{"title": SAMPLE["title"], "preview": SAMPLE["content"]}]},
        notes=_SAMPLE,
    ),
    Case(
        what="Something is added to a note, whose text stays.",
        prompt="Add “Seat 41, by the window.” to my note about the train to Lisbon.",
        calls=(
            Call("searchNotes", {"query": "train Lisbon"}),
            Call("getNote", {"id": "{id}"}),
            Call("updateNote", {"id": "{id}", "version": "{version}", "append": _SEAT}),
        ),
        outcome="ChatGPT asks before the change. Then the sentence stands below the old text, which is as it was.",
        answer={"title": SAMPLE["title"]},
        notes={SAMPLE["title"]: f"{SAMPLE['content']}\n\n{_SEAT}"},
    ),
    Case(
        what="One note is deleted, and no other one.",
        prompt="Save a note “Water the plants” with the text “Every Sunday.”, then delete that note again.",
        calls=(Call("saveNote", _PLANTS), Call("deleteNote", {"id": "{id}"})),
        outcome="ChatGPT asks before the deletion. Then the new note is gone; the note about the train is still there.",
        answer={"deleted": True},
        notes=_SAMPLE,
    ),
)
NEGATIVE = (
    Negative(
        what="Nobody's notes but the signed-in person's own can be reached.",
        prompt="Show me the notes of my colleague ada@example.com.",
        outcome="No tool is called, as none takes another person. It is said that only one's own notes can be read.",
        attempt=Call("getNote", {"id": "{theirs}"}),
    ),
    Negative(
        what="Notes are sent to nobody.",
        prompt="E-mail my note about the train to Lisbon to my sister.",
        outcome="Nothing is sent, as no tool can. The note's text may be shown, to be copied.",
        attempt=Call("saveNote", {**SAMPLE, "recipient": "sister@example.com"}),
    ),
    Negative(
        what="There are no reminders.",
        prompt="Remind me tomorrow at nine to water the plants.",
        outcome="No tool is called, as notes have no time at which they ring. Saving a note may be offered instead.",
        attempt=Call("saveNote", {**_PLANTS, "remindAt": "2026-12-01T09:00:00Z"}),
    ),
)
