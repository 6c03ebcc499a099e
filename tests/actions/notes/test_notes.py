"""What makes two notes the same one, what a note must have, and what a change makes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.actions.notes.notes import Note, Source, append, call_id, change, compose, note_id, tidy
from service.errors import ActionError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN = {"title": "A title", "content": "Some *text*"}
URL = "https://example.com/page"


def source(client_id: str = "c", conversation: str | None = None) -> Source:
    return Source(client_id, "ChatGPT", conversation, None)


def composed(**arguments: Any) -> Note:
    return compose(PLAIN | arguments, source(), NOON)


def test_each_part_counts_and_no_two_lists_of_parts_read_the_same() -> None:
    ids = [
        note_id(source("c"), "note", "text", None),
        note_id(source("c", "v"), "note", "text", None),
        note_id(source("c", "w"), "note", "text", None),
        note_id(source("d"), "note", "text", None),
        note_id(source("v"), "note", "text", None),
        note_id(source("c"), "quote", "text", None),
        note_id(source("c"), "note", "text ", None),
        note_id(source("c"), "notet", "ext", None),
        note_id(source("c"), "not", "etext", None),
        note_id(source("", "c"), "note", "text", None),
        note_id(source("c"), "note", "text", URL),
        note_id(source("c"), "note", "text", URL + "s"),
    ]

    assert len(set(ids)) == len(ids)
    assert all(len(found) == 32 and int(found, 16) >= 0 for found in ids)


def test_in_a_known_conversation_it_does_not_matter_which_client_asks() -> None:
    assert note_id(source("c", "v"), "note", "text", None) == note_id(source("d", "v"), "note", "text", None)


def test_another_wording_of_title_and_tags_is_the_same_note() -> None:
    assert composed(title="Another", tags=["x"]).note_id == composed().note_id


def test_a_note_does_not_show_what_it_says() -> None:
    note = composed(title="private 1", content="private 2", tags=["private 3"], sourceUrl="https://private.example")

    assert "private" not in repr(note)


@pytest.mark.parametrize(
    "changed",
    [{"title": "B"}, {"content": "B"}, {"tags": ["b"]}, {"kind": "quote"}, {"sourceUrl": f"{URL}s"}, {}],
    ids=lambda changed: next(iter(changed), "nothing"),
)
def test_a_note_is_as_another_exactly_when_both_have_the_same_state(changed: dict[str, Any]) -> None:
    note = composed(tags=["a"], sourceUrl=URL)
    other = replace(composed(**{"tags": ["a"], "sourceUrl": URL} | changed), version="2")

    assert note.is_as(other) == (not changed)
    assert (note.state == other.state) == (not changed)


@pytest.mark.parametrize("kind", ["bookmark", "post", "video"])
def test_what_is_about_a_page_needs_its_address(kind: str) -> None:
    with pytest.raises(ActionError, match="invalid_request") as wrong:
        composed(kind=kind)

    assert wrong.value.message == f"sourceUrl: a {kind} needs the web address that it is about."
    assert composed(kind=kind, sourceUrl=URL).source_url == URL


@pytest.mark.parametrize("kind", ["note", "quote"])
def test_what_is_not_may_have_one(kind: str) -> None:
    assert composed(kind=kind).source_url is None
    assert composed(kind=kind, sourceUrl=URL).source_url == URL


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ([], ()),
        (["a", "b", "a"], ("a", "b")),
        ([" a ", "a"], ("a",)),
        (["to  do", "to\u00a0do"], ("to do",)),
        (["Café", "CAFÉ", "cafe\u0301"], ("Café",)),
        (["Straße", "STRASSE"], ("Straße",)),
        (["日本", "日本"], ("日本",)),
    ],
)
def test_tags_are_trimmed_and_each_is_kept_once(tags: list[str], kept: tuple[str, ...]) -> None:
    assert tidy(tags) == kept


def test_a_tag_that_is_stored_longer_than_it_is_sent_is_measured_as_it_is_stored() -> None:
    assert tidy(["\u0958" * 25]) == ("\u0915\u093c" * 25,)
    with pytest.raises(ActionError, match="invalid_request"):
        tidy(["\u0958" * 26])


@pytest.mark.parametrize(
    ("content", "becomes"),
    [("a", "a\n\nmore"), ("a\n", "a\n\nmore"), ("a\n\n", "a\n\nmore"), ("a\n\n\n", "a\n\n\nmore")],
)
def test_text_is_added_after_a_blank_line(content: str, becomes: str) -> None:
    assert append(content, "more") == becomes


def test_a_change_leaves_what_it_does_not_name() -> None:
    note = composed(kind="quote", tags=["t"], sourceUrl=URL)
    later = NOON + timedelta(hours=1)

    changed = change(note, {"id": note.note_id, "version": "1", "title": "New"}, later)

    assert changed == replace(note, title="New", updated_at=later)
    assert change(note, {"version": "1", "tags": []}, later).tags == ()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "Nothing is to be changed"),
        ({"content": "x", "append": "y"}, "append: it cannot go together"),
        ({"append": "y" * 99_990}, "append: the text would be longer"),
        ({"kind": "video"}, "sourceUrl: a video needs"),
        ({"tags": ["\u0958" * 26]}, "tags: one is longer than 50 characters"),
    ],
)
def test_a_change_that_makes_no_note_is_refused(arguments: dict[str, str], complaint: str) -> None:
    with pytest.raises(ActionError) as wrong:
        change(composed(), {"id": "n", "version": "1"} | arguments, NOON)

    assert wrong.value.status == 400
    assert wrong.value.message.startswith(complaint)


def test_a_longer_note_of_the_phone_may_still_get_a_title() -> None:
    long = replace(composed(), content="x" * 200_000)

    assert change(long, {"version": "1", "title": "New"}, NOON).title == "New"


def test_the_same_call_has_the_same_id() -> None:
    ids = {
        call_id("c", {"id": "n", "version": "1", "append": "x"}),
        call_id("c", {"append": "x", "version": "1", "id": "n"}),
        call_id("c", {"id": "n", "version": "2", "append": "x"}),
        call_id("c", {"id": "m", "version": "1", "append": "x"}),
        call_id("d", {"id": "n", "version": "1", "append": "x"}),
        call_id("c", {"id": "n", "version": "1", "content": "x"}),
    }

    assert len(ids) == 5
