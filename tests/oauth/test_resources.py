"""Which part of the service a path belongs to."""

import pytest

from service.oauth.resources import Resources

RESOURCES = Resources("https://mate.example", {"/notes": {"/notes", "/search"}, "/mcp": ()})


@pytest.mark.parametrize(
    ("path", "part"),
    [
        *(("/notes", "/notes"), ("/notes/1", "/notes"), ("/search", "/notes"), ("/mcp", "/mcp")),
        *(("/", ""), ("/notesx", ""), ("/searches/1", ""), ("/other", "")),
    ],
)
def test_a_path_belongs_to_the_part_that_it_lies_below(path: str, part: str) -> None:
    assert RESOURCES.of(path) == part


def test_a_token_for_a_part_is_good_for_all_that_belongs_to_it() -> None:
    assert RESOURCES.admits("https://mate.example/notes", "/search")
    assert RESOURCES.admits("https://mate.example", "/search")
    assert not RESOURCES.admits("https://mate.example/mcp", "/search")
    assert not RESOURCES.admits("https://mate.example/notes", "/mcp")


def test_only_parts_can_be_asked_for() -> None:
    assert RESOURCES.parse(["https://mate.example/notes"]) == "https://mate.example/notes"
    assert RESOURCES.parse(["https://mate.example/search"]) is None
