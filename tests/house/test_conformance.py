"""docs/conformance.md is the table of the rows that the tests hold: every row, once, as its test says it."""

from collections import Counter
from pathlib import Path

import pytest

from scripts.verbs.conformance import IDS, PAGE, Wrong, page, read

_RIGHT = 'def test_b01_it_works():\n    """B01 · RFC 6749 5.1: it works."""\n'


def test_every_row_has_exactly_one_test() -> None:
    tests = Counter(row.id for row in read())

    assert [row for row in IDS if tests[row] == 0] == [], "rows without a test"
    assert [row for row in IDS if tests[row] > 1] == [], "rows with more than one test"


def test_the_numbered_rows_are_83() -> None:
    assert len([row for row in IDS if not row.startswith(("FC", "W"))]) == 83
    assert len(IDS) == len(set(IDS)) == 100


def test_the_page_is_what_the_tests_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read()), "write it anew: scripts/conformance"


def test_a_row_is_read_from_its_test(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(_RIGHT + "def test_something_else():\n    assert True\n", encoding="utf-8")

    (row,) = read(tmp_path)

    assert row.line == "| B01 | RFC 6749 5.1 | it works | [test_b01_it_works](../tests/conformance/test_x.py) |"


@pytest.mark.parametrize(
    "wrong",
    [
        _RIGHT.replace("test_b01", "test_b02"),
        _RIGHT.replace("test_b01", "test"),
        _RIGHT.replace("B01 ·", "B01"),
        _RIGHT.replace("B01 · RFC 6749 5.1: ", ""),
        _RIGHT.replace("works.", "works"),
        _RIGHT.replace("b01", "b36").replace("B01", "B36"),
        _RIGHT.replace("works.", "works | breaks."),
    ],
)
def test_a_test_that_is_half_a_row_is_refused(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "test_x.py").write_text(wrong, encoding="utf-8")

    with pytest.raises(Wrong, match=r"test_x\.py"):
        read(tmp_path)
