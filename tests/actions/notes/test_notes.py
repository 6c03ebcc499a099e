"""What makes two notes the same one."""

from datetime import UTC, datetime

from service.actions.notes.notes import compose, note_id

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_each_part_counts_and_no_two_lists_of_parts_read_the_same() -> None:
    ids = [
        note_id("c", None, "note", "text"),
        note_id("c", "v", "note", "text"),
        note_id("c", "w", "note", "text"),
        note_id("d", None, "note", "text"),
        note_id("v", None, "note", "text"),
        note_id("c", None, "quote", "text"),
        note_id("c", None, "note", "text "),
        note_id("c", None, "notet", "ext"),
        note_id("c", None, "not", "etext"),
        note_id("", "c", "note", "text"),
    ]

    assert len(set(ids)) == len(ids)
    assert all(len(found) == 32 and int(found, 16) >= 0 for found in ids)


def test_in_a_known_conversation_it_does_not_matter_which_client_asks() -> None:
    assert note_id("c", "v", "note", "text") == note_id("d", "v", "note", "text")


def test_a_note_does_not_show_what_it_says() -> None:
    note = compose("a private title", "a private thought", "c", None, NOON)

    assert "private" not in repr(note)
