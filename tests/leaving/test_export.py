"""A note as files, whatever it holds: names that every system takes, front matter and JSON that every reader reads."""

import io
import json
import re
import struct
import unicodedata
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from service.leaving.export import (
    MOST_NOTES,
    StoredNote,
    as_json,
    markdown,
    parse_cursor,
    stem,
    write_cursor,
    write_part,
)
from service.leaving.front_matter import front_matter, quoted

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
# What readers of YAML and of zips stumble over.
ODD = st.text(
    st.sampled_from(
        "\x00\t\n\r\x1b\x7f\x85\xa0\u2028\u2029\ufeff\ufffe\uffff😀👩‍👧é\u0301\"'\\:#- {}[]&*!|>%@`\U000e0001"
    )
)
TIMES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001  # given a zone right there
FULL: dict[str, Any] = {
    "kind": "quote",
    "title": "A title",
    "content": "# Text\n",
    "tags": ["a", "b: c"],
    "sourceUrl": "https://example.com/?a=1#b",
    "createdAt": NOON,
    "updatedAt": NOON,
    "archived": True,
    "pinned": False,
    "source": {"clientId": "c-1", "clientName": "ChatGPT", "gptId": "g-1"},
    "lastChange": {"callId": "x"},
}


def note(note_id: str = "n1", **fields: Any) -> StoredNote:
    return StoredNote(note_id, fields)


def read_front_matter(text: str) -> dict[str, Any]:
    """As readers of front matter take it: what stands between the first two lines of three dashes."""
    found: dict[str, Any] = yaml.safe_load(text.split("---\n", 2)[1])
    return found


def test_all_that_is_known_is_in_the_front_matter_and_the_content_after_it() -> None:
    content = "---\nnot: front matter\n---\r\n\ttext \x00 \ufeff\n"

    text = markdown(note(**(FULL | {"content": content}))).decode()

    known = read_front_matter(text)
    assert known == {"id": "n1"} | {
        name: value for name, value in FULL.items() if name not in ("content", "lastChange")
    }
    assert text == front_matter("n1", FULL) + content


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=TEXT | ODD)
def test_any_text_reads_back_from_yaml_on_one_line(text: str) -> None:
    written = quoted(text)

    assert yaml.safe_load(f"a: {written}\nb: [{written}, {written}]\n") == {"a": text, "b": [text, text]}
    assert written.isprintable()  # so it is one line, and has no mark of an encoding


@settings(max_examples=150, deadline=None, derandomize=True)
@given(title=TEXT | ODD, tags=st.lists(ODD, max_size=4), name=ODD, when=TIMES, note_id=ODD)
def test_front_matter_reads_back_whatever_it_says(
    title: str, tags: list[str], name: str, when: datetime, note_id: str
) -> None:
    fields = {"title": title, "tags": tags, "createdAt": when, "source": {"clientName": name}}

    assert yaml.safe_load(front_matter(note_id, fields).removesuffix("---\n")) == {"id": note_id} | fields


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": None, "kind": 7, "content": ["x"], "tags": "a", "createdAt": "yesterday", "updatedAt": 1},
        {"title": {"a": 1}, "tags": {"a": 1}, "archived": "yes", "pinned": 1, "source": ["clientId"]},
        {"source": {"clientId": 7}, "content": b"\xff", "sourceUrl": False},
    ],
)
def test_what_is_of_another_type_is_left_out_of_the_front_matter_and_stands_in_the_json(fields: dict[str, Any]) -> None:
    assert markdown(note(**fields)) == b'---\nid: "n1"\n---\n'
    assert json.loads(as_json(note(**fields)))["fields"].keys() == fields.keys()


def test_of_tags_the_texts_are_kept() -> None:
    assert read_front_matter(markdown(note(tags=["a", 7, None, "b"])).decode())["tags"] == ["a", "b"]


def test_json_has_every_field_and_is_json_to_the_strictest_reader() -> None:
    odd: dict[str, Any] = {
        "when": datetime(1, 1, 1, tzinfo=UTC),
        "bytes": b"\x00\xff",
        "numbers": [float("nan"), float("inf"), float("-inf"), 2**63 - 1, -0.0, 1e300],
        "place": {"latitude": 1.5, "longitude": -2.0},
        "text": "\x00\u2028😀",
        "nothing": None,
        "deep": {"a": [{"b": {"c": True}}]},
        "": "a field without a name",
    }

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(as_json(note(**odd)), parse_constant=refuse) == {
        "id": "n1",
        "fields": odd
        | {
            "when": "0001-01-01T00:00:00Z",
            "bytes": "AP8=",
            "numbers": ["NaN", "Infinity", "-Infinity", 2**63 - 1, -0.0, 1e300],
        },
    }


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Three names for a café", "Three names for a café"),
        ("cafe\u0301", "café"),  # NFC
        ('a<b>c:d"e/f\\g|h?i*j', "a b c d e f g h i j"),
        ("../../etc/passwd", "etc passwd"),
        ("C:\\CON", "C CON"),
        ("line\nline\x00\x7f\u2028\u202eline", "line line line"),
        ("  dots and spaces . . ", "dots and spaces"),
        ("...", ""),
        ("", ""),
        ("x" * 300, "x" * 120),
        ("é" * 300, "é" * 60),
        ("x" + "😀" * 100, "x" + "😀" * 29),
        ("א" * 3 + " (1)", "א" * 3 + " (1)"),
        (7, ""),
        (None, ""),
    ],
)
def test_a_title_becomes_a_name_that_every_system_takes(title: Any, name: str) -> None:
    digits = stem(note())[-10:]

    assert stem(note(title=title, createdAt=NOON)) == " ".join(filter(None, ("2026-11-22", name, digits)))
    assert re.fullmatch("[0-9a-f]{10}", digits)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(title=TEXT | ODD, note_id=TEXT | ODD)
def test_no_title_makes_a_name_that_some_system_refuses(title: str, note_id: str) -> None:
    name = stem(note(note_id, title=title))

    assert len(name.encode()) <= 150
    assert not set(name) & set('<>:"/\\|?*')
    assert not [char for char in name if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"]
    assert name == unicodedata.normalize("NFC", name) == " ".join(name.split())
    assert re.match("undated ", name)  # so no CON, no leading dot
    assert re.search(" [0-9a-f]{10}$", name)  # so no trailing dot


def test_notes_of_one_title_and_day_have_names_of_their_own() -> None:
    names = [stem(note(f"n{n}", title="Same", createdAt=NOON)) for n in range(2_000)]

    assert len({name.casefold() for name in names}) == 2_000
    assert names[7] == stem(note("n7", title="Same", createdAt=NOON))  # the same in the next export


@pytest.mark.parametrize("note_id", ["a", "é", "a b?&=%", "__id7__", "x" * 1500, "\x01", "😀"])
def test_a_cursor_is_read_back(note_id: str) -> None:
    assert parse_cursor(write_cursor(note_id)) == note_id
    assert re.fullmatch("[A-Za-z0-9_-]+", write_cursor(note_id))


@pytest.mark.parametrize(
    "text", ["A", "YQ==", "YR", "Y Q", "_w", "é", *map(write_cursor, ("", ".", "..", "a/b", "__x__"))]
)
def test_what_is_no_cursor_is_not_read(text: str) -> None:
    assert parse_cursor(text) is None


def test_a_part_is_a_zip_with_two_files_for_each_note() -> None:
    part = write_part([note("a", **FULL), note("b", title="Zoë", content="b")], MOST_NOTES)

    with zipfile.ZipFile(io.BytesIO(part.content)) as archive:
        assert archive.testzip() is None
        assert [name.partition(".")[2] for name in archive.namelist()] == ["md", "json"] * 2
        first, _, second, _ = archive.infolist()
        assert archive.read(second).endswith(b"---\nb")
    assert (first.date_time, first.external_attr >> 16) == ((2026, 11, 22, 12, 0, 0), 0o644)
    assert second.flag_bits & 0x800  # its name is UTF-8
    assert "Zoë" in second.filename
    assert (part.count, part.last) == (2, None)


@pytest.mark.parametrize(
    ("most_notes", "most_bytes", "count", "last"),
    [(5, 1 << 20, 5, None), (4, 1 << 20, 4, "n3"), (1, 1 << 20, 1, "n0"), (9, 1, 1, "n0"), (9, 2_500, 2, "n1")],
)
def test_a_part_ends_when_it_is_full_and_says_after_which_note(
    most_notes: int, most_bytes: int, count: int, last: str | None
) -> None:
    notes = [note(f"n{n}", content="x" * 1_000) for n in range(5)]

    part = write_part(notes, most_notes, most_bytes)

    assert (part.count, part.last) == (count, last)
    assert len(zipfile.ZipFile(io.BytesIO(part.content)).namelist()) == 2 * count


def test_no_note_is_an_empty_zip() -> None:
    part = write_part([], MOST_NOTES)

    assert (part.count, part.last) == (0, None)
    assert part.content == struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0, 0, 0, 0, 0)


def test_a_note_of_a_mebibyte_that_grows_in_json_is_written() -> None:
    part = write_part([note(content="\x00" * (1 << 20), title="\x00" * 1_000)], MOST_NOTES)

    (markdown_file, json_file) = zipfile.ZipFile(io.BytesIO(part.content)).infolist()
    assert markdown_file.file_size > 1 << 20
    assert json_file.file_size > 6 << 20


def test_a_year_that_a_zip_cannot_say_is_left_out() -> None:
    for year in (1, 1979, 2108, 9999):
        part = write_part([note(updatedAt=datetime(year, 1, 1, tzinfo=UTC))], MOST_NOTES)
        assert zipfile.ZipFile(io.BytesIO(part.content)).infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)
