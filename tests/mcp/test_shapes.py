"""What the shapes that hosts lay down make of an operation's answers."""

from collections.abc import Mapping
from typing import Any

from service.actions.operation import Answer
from service.mcp import shapes

NOTE = {"id": "n", "title": "t", "kind": "note", "tags": [], "createdAt": "a", "updatedAt": "b", "url": "https://x/n"}


class Pages:
    """An operation that answers one of PAGES after the other."""

    def __init__(self, *pages: Answer) -> None:
        self._left, self.asked = list(pages), list[Mapping[str, Any]]()

    def __call__(self, arguments: Mapping[str, Any]) -> Answer:
        self.asked.append(arguments)
        return self._left.pop(0)


def page(content: str, version: str = "1", **more: Any) -> Answer:
    return Answer(200, NOTE | {"content": content, "version": version} | more)


def test_fetch_joins_the_pages_of_a_note() -> None:
    pages = Pages(page("one ", nextOffset=4), page("two"))

    fetched = shapes.fetch(pages, {"id": "n"})

    assert fetched.body["text"] == "one two"
    assert pages.asked == [{"id": "n"}, {"id": "n", "offset": 4}]


def test_fetch_says_so_when_the_note_was_changed_between_two_pages() -> None:
    fetched = shapes.fetch(Pages(page("one ", nextOffset=4), page("other", version="2")), {"id": "n"})

    assert (fetched.status, fetched.body["error"]["code"]) == (409, "changed")
