"""What is a person's browser, and what is a program."""

import pytest
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from service.reader.navigation import is_navigation

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
SAFARI = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept", [CHROMIUM, SAFARI, "text/html", "Text/HTML", "text/html;level=1", "application/json;q=0.5, text/html"]
)
def test_whoever_names_html_and_shows_no_credentials_is_a_person(accept: str) -> None:
    assert is_navigation(parse_accept_header(accept, MIMEAccept), None)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/*",
        "application/json",
        "application/json, text/plain, */*",
        "text/html;q=0",
        "application/json, text/html;q=0.1",
        "text/htmlx",
        ";,=",
    ],
)
def test_whoever_takes_anything_is_a_program(accept: str) -> None:
    assert not is_navigation(parse_accept_header(accept, MIMEAccept), None)


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Basic eDp5"])
def test_whoever_shows_credentials_is_a_program(authorization: str) -> None:
    assert not is_navigation(parse_accept_header(CHROMIUM, MIMEAccept), authorization)
