"""A long note is not copied more often than needed, through either door: counted, not timed."""

import itertools

import pytest

from bench.copies import Trace
from bench.long_notes import ALPHABETS, MCP, NOTES, copies

# Read from the connection (twice, as its buffer grows), decoded, parsed, hashed, serialized; and what is not ASCII once
# more, because Python keeps the UTF-8 that the schema was checked on.
_COPIES = 6
_ALIVE = 3.6


@pytest.fixture(scope="module")
def traced() -> dict[tuple[str, str, int], Trace]:
    return copies(100_000)


@pytest.mark.parametrize(("door", "alphabet"), list(itertools.product((NOTES, MCP), ALPHABETS)))
def test_a_save_of_a_hundred_thousand_characters_copies_them_no_more_than_it_must(
    traced: dict[tuple[str, str, int], Trace], door: str, alphabet: str
) -> None:
    found = traced[door, alphabet, 100_000]

    assert found.made <= _COPIES, found.copies
    assert found.most <= _ALIVE, found.copies
