"""Words in any language, and which note fits best."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.actions.notes.notes import Note
from service.actions.notes.search import MOST_EXCERPT, _best, cut, excerpt, fold, has_all, look, rank, words

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def note(title: str = "", content: str = "", tags: Sequence[str] = (), minutes: int = 0) -> Note:
    when = NOON + timedelta(minutes=minutes)
    return Note(title or content[:20], "note", title, content, tuple(tags), None, when, when)


def best(query: str, *notes: Note) -> list[str]:
    wanted = words(query)
    hits = [hit for one in notes if (hit := look(one, wanted))]
    return [found.note_id for found in rank(hits, len(notes))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café", "CAFE"),
        ("Cafe\u0301", "café"),
        ("Straße", "STRASSE"),
        ("Øl", "øl"),
        ("Øl", "ol"),
        ("Łódź", "lodz"),
        ("Đặng", "dang"),
        ("İSTANBUL", "istanbul"),
        ("ısı", "isi"),  # noqa: RUF001  # a Turkish letter
        ("ΌΔΟΣ", "οδος"),
        ("ὁδός", "οδοσ"),
        ("Ёлка", "елка"),
        ("Œuvre", "oeuvre"),
        ("ﬁle", "file"),
        ("ＷＩＤＥ", "wide"),  # noqa: RUF001  # wide letters
        ("ｶﾀｶﾅ", "カタカナ"),
        ("شَمْس", "شمس"),
        ("كتـــاب", "كتاب"),
        ("שָׁלוֹם", "שלום"),
        ("2²", "22"),
        ("Donau\u00addampf", "donaudampf"),
        ("نم\u200cک", "نمک"),
    ],
)
def test_case_accents_and_width_make_no_difference(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("कि", "की"), ("은", "는"), ("a", "b"), ("ิ", "ี")])
def test_marks_that_make_another_letter_stay(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Three names, for a CAFÉ!", ("three", "names", "for", "a", "cafe")),
        ("again and AGAIN", ("again", "and")),
        ("snake_case x2", ("snake_case", "x2")),
        ("東京の天気", ("東京", "京の", "の天", "天気")),
        ("東京", ("東京",)),
        ("猫", ("猫",)),
        ("iPhone写真", ("iphone", "写真")),
        ("สวัสดี", ("สว", "วั", "ัส", "สด", "ดี")),
        ("हिन्दी किताब", ("हिन्दी", "किताब")),
        ("한국어 문법", ("한국어", "문법")),
        ("🎉", ("🎉",)),
        ("C++", ("c",)),
        ("...", ("...",)),
        ("", ()),
        ("a " * 500, ("a",)),
    ],
)
def test_a_query_is_words(query: str, found: tuple[str, ...]) -> None:
    assert words(query) == found


def test_a_query_has_a_limit() -> None:
    assert len(words(" ".join(map(str, range(500))))) == 30


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("café", "Three CAFES"),
        ("uber", "Über uns"),
        ("天気", "明日の東京の天気は晴れ"),
        ("Notiz", "Mein Notizbuch"),
        ("buch", "Mein Notizbuch"),
        ("בית", "הבית שלי"),
        ("كتاب", "الكِتاب"),
        ("погода", "Погоду? Погода!"),
        ("कि", "किताब"),
        ("สวัสดี", "บอกสวัสดีครับ"),
        ("문법", "한국어 문법을"),
        ("🎉", "Party 🎉"),
        ("2024", "in 2024."),
    ],
)
@pytest.mark.parametrize("place", ["title", "content", "tags"])
def test_words_are_found_in_title_content_and_tags_in_any_language(query: str, text: str, place: str) -> None:
    one = note(**{place: [text] if place == "tags" else text})  # type: ignore[arg-type]  # one of three fields

    assert look(one, words(query)) is not None
    assert has_all(one, words(query))


def test_what_is_not_there_is_not_found() -> None:
    assert look(note("Café", "text", ["tag"]), words("tea house")) is None
    assert look(note("", ""), words("x")) is None
    assert not has_all(note("tea", "text"), words("tea house"))


@pytest.mark.parametrize(
    ("query", "notes"),
    [
        ("tea", [note("tea"), note("x", "tea"), note("y", "steak")]),  # a title, the text, a part of a word
        ("tea", [note("a", tags=["tea"]), note("b", "tea " * 50)]),
        ("tea", [note("c", "tea tea tea tea"), note("d", "tea and more")]),
        ("tea", [note("the tea"), note("teapot"), note("steamer")]),
        ("green tea", [note("e", "green and tea"), note("green"), note("tea house")]),  # all words before some
        ("the saffron", [note("f", "saffron"), *(note(f"the {i}") for i in range(8))]),  # the rare word
    ],
)
def test_the_better_match_comes_first(query: str, notes: list[Note]) -> None:
    assert best(query, *reversed(notes))[0] == notes[0].note_id
    if len(notes) <= 3:
        first_two = best(query, *reversed(notes))[:2]
        assert first_two[0] == notes[0].note_id


def test_among_equals_the_newer_one_comes_first() -> None:
    assert best("tea", note("tea a", minutes=1), note("tea b", minutes=3), note("tea c", minutes=2)) == [
        *("tea b", "tea c", "tea a"),
    ]


def test_nothing_found_is_an_empty_list() -> None:
    assert rank([], 7) == []


@pytest.mark.parametrize("before", [0, 50, 5_000])
@pytest.mark.parametrize("filling", ["word ", "né ", "İßﬁ "])
def test_the_passage_shows_what_was_found(before: int, filling: str) -> None:
    content = filling * before + "the needle is here " + filling * 500

    hit = look(note("t", content), words("needle"))

    assert hit is not None
    assert "needle" in hit.note.content
    assert len(hit.note.content) <= MOST_EXCERPT
    assert hit.note.content.endswith("…")
    assert hit.note.content.startswith("…") == (len(filling) * before > MOST_EXCERPT // 3)


@pytest.mark.parametrize(
    "content", ["שָׁלוֹם " * 900 + "plain text, the needle " + "x " * 900, "… " * 3_000 + "needle " + "x " * 999]
)
def test_the_passage_is_found_where_folding_changes_lengths(content: str) -> None:
    hit = look(note("t", content), words("needle"))

    assert hit is not None
    assert "needle" in hit.note.content


@pytest.mark.parametrize(
    "bomb",
    [
        "\u0301" * 30_000 + "\u0316" * 30_000,
        "\u0f73" * 50_000,
        ("\u0f71\u0f72" * 15 + "\u0640") * 3_000,
        "a" + "\u0327\u0301" * 30_000,
        "\u0344" * 50_000,
    ],
)
def test_marks_without_end_are_left_out(bomb: str) -> None:
    """Putting them in order would take minutes, during which the process does nothing else."""
    assert len(fold(bomb)) < 200


def test_what_was_found_in_the_title_is_shown_by_the_beginning_of_the_text() -> None:
    hit = look(note("needle", "The beginning. " * 100), words("needle"))

    assert hit is not None
    assert hit.note.content.startswith("The beginning.")


@given(st.text(max_size=2_000), st.integers(0, 100))
def test_a_preview_is_one_short_line(content: str, start: int) -> None:
    shown = cut(content, start)

    assert len(shown) <= MOST_EXCERPT
    assert len(shown.splitlines()) <= 1


def test_in_a_note_of_one_letter_a_word_is_looked_at_a_few_times_only() -> None:
    looks: list[object] = []

    class Text(str):
        __slots__ = ()

        def find(self, *arguments: Any) -> int:
            looks.append(arguments)
            return super().find(*arguments)

    text = Text("a" * 100_000)

    assert _best(text, "a") == pytest.approx(0.7)
    assert len(looks) < 50


@given(st.text(max_size=300), st.text(min_size=1, max_size=5))
def test_no_text_breaks_a_search(content: str, query: str) -> None:
    wanted = words(query)

    hit = look(note("t", content), wanted)

    assert (hit is not None) == any(word in fold(content) or word == "t" for word in wanted)
    assert len(excerpt(content, fold(content), wanted)) <= MOST_EXCERPT
