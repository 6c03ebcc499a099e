"""A record is a frozen dataclass from its first instance on, whoever makes that."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, field, fields, is_dataclass, replace
from threading import Barrier

import pytest

from service.record import record


@record
class Book:
    title: str
    price: int = field(default=3, repr=False)
    seen: object = field(default=None, compare=False)
    tags: list[str] = field(default_factory=list)


def test_it_is_a_frozen_dataclass() -> None:
    book = Book("Waves", seen=1)

    assert repr(book) == "Book(title='Waves', seen=1, tags=[])"
    assert book == Book("Waves", 3, seen=2)
    assert book != Book("Waves", 4)
    assert replace(book, price=5) == Book("Waves", 5)
    assert [each.name for each in fields(book)] == ["title", "price", "seen", "tags"]
    assert book.tags is not Book("Waves").tags
    with pytest.raises(FrozenInstanceError):
        book.title = "Orlando"  # type: ignore[misc]  # that is the point
    with pytest.raises(FrozenInstanceError):
        del book.title
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        Book()  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        Book("Waves", year=1931)  # type: ignore[call-arg]  # that is the point


def test_equal_ones_have_one_hash() -> None:
    @record
    class Point:
        x: int
        y: int = 0

    assert not is_dataclass(Point)
    assert len({Point(1), Point(1, 0), Point(2)}) == 2
    assert is_dataclass(Point)


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns all the time."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("restless")
def test_a_crowd_that_makes_the_first_ones_gets_whole_ones() -> None:
    for _ in range(20):

        @record
        class Hidden:
            secret: str = field(repr=False)
            number: int

        barrier = Barrier(8)

        def make(number: int, made: type[Hidden] = Hidden, barrier: Barrier = barrier) -> Hidden:
            barrier.wait()
            return made("s", number)

        with ThreadPoolExecutor(8) as crowd:
            found = list(crowd.map(make, range(8)))

        assert [each.number for each in found] == list(range(8))
        assert not [each for each in found if "secret" in repr(each)]
