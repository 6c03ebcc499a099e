"""What an answer says: a page to the person who looks at it, a redirect to the client."""

from html.parser import HTMLParser
from urllib.parse import parse_qsl

import requests

from tests.world import CALLBACK, World


class Page(HTMLParser):
    """A page as a browser reads it: the text that is seen, and the tags with their attributes."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        self.feed(answer.text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def refusal(answer: requests.Response) -> str:
    """The text of a page that sends nobody anywhere (RFC 6749 section 4.1.2.1)."""
    assert (answer.status_code, answer.headers.get("Location")) == (400, None), answer.headers.get("Location")
    page = Page(answer)
    assert not [attributes for _, attributes in page.tags if "action" in attributes or "http-equiv" in attributes]
    return page.text


def sent_back(answer: requests.Response, to: str = CALLBACK) -> dict[str, str]:
    """The parameters of a redirect to the client at TO, each of which is there once; a query of TO is kept."""
    assert answer.status_code == 303, answer.text
    before = to + ("&" if "?" in to else "?")
    location = answer.headers["Location"]
    assert location.startswith(before), location
    pairs = parse_qsl(location.removeprefix(before), keep_blank_values=True, strict_parsing=True, errors="strict")
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def error_sent_back(world: World, answer: requests.Response, state: str | None = "s-1", to: str = CALLBACK) -> str:
    """The error that a redirect takes to the client at TO, with the exact STATE and `iss`."""
    parameters = sent_back(answer, to)
    assert {chr(code) for code in range(0x20, 0x7F)} - {'"', "\\"} >= set(parameters.pop("error_description"))
    error = parameters.pop("error")
    assert parameters == {"iss": world.service.url} | ({} if state is None else {"state": state})
    return error
