"""MCP Inspector without its proxy: its page, which this computer serves, is the client, in a real browser."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import requests
from playwright.sync_api import BrowserContext

from tests.hosts.programs import Inspector
from tests.stories.conftest import Callback
from tests.world import World

_FETCH = """async ([url, options]) => {
    const answer = await fetch(url, options);
    return [answer.status, [...answer.headers], await answer.text()];
}"""
_OF_THE_BROWSER = ("Origin", "User-Agent")


class InThePage(Inspector):
    """The same client, whose requests a page makes: CORS decides which it can make, and what it sees of the answers."""

    def __init__(self, world: World, context: BrowserContext, home: str) -> None:
        super().__init__(world)
        self._page = context.new_page()
        self._page.goto(home)

    def http(self, method: str, url: str, **options: Any) -> requests.Response:
        headers = {name: value for name, value in options.get("headers", {}).items() if name not in _OF_THE_BROWSER}
        asked: dict[str, Any] = {"method": method, "headers": headers}
        if "json" in options:
            asked["headers"] |= {"Content-Type": "application/json"}
            asked["body"] = json.dumps(options["json"])
        if "data" in options:
            asked["headers"] |= {"Content-Type": "application/x-www-form-urlencoded"}
            asked["body"] = urlencode(options["data"])
        answer = requests.Response()
        answer.status_code, seen, text = self._page.evaluate(_FETCH, [url, asked])
        answer.headers.update(dict(seen))
        answer._content = text.encode()
        return answer


def test_a_page_signs_in_and_calls(
    world: World, open_browser: Callable[..., BrowserContext], callback: Callback
) -> None:
    """At each step: discovery with MCP-Protocol-Version, registration, tokens, calls, and the GET that is not there."""
    ada, host = world.person(), InThePage(world, open_browser(), f"http://localhost:{callback.port}/")

    host.connect(ada)
    receipt = host.save("Café names", "1. **Crema** ☕\n")

    assert receipt["created"] is True
    assert len(world.notes(ada)) == 1
    stream = host.http("GET", host.url, headers=host.headers() | {"Accept": "text/event-stream"})
    assert stream.status_code == 405  # the SDK asks, and goes on without one
