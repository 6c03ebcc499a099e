"""What a person waits for before they can sign in, by what the browser itself says that it loaded."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext

from bench.visit import SIGN_IN, visit
from tests.world import World

MOST_BEFORE_SIGN_IN = 90_000
_GOOD = 0.1  # cumulative layout shift, by web.dev/articles/cls
Browsers = Callable[..., BrowserContext]


def test_connecting_asks_for_little_before_sign_in_and_for_nothing_again(
    browser_world: World, chromium: Browser
) -> None:
    asked = browser_world.authorization_url(browser_world.assistant())
    context = chromium.new_context()  # not one that looks at each request: it keeps nothing

    first = visit(context, asked, SIGN_IN)
    again = visit(context, asked, SIGN_IN)
    context.close()

    assert set(first.encoded) == {"page", "scripts", "style", "pictures"}
    assert first.decoded["scripts"] > 200_000  # it is all there
    assert sum(first.encoded.values()) <= MOST_BEFORE_SIGN_IN
    assert (again.requests, set(again.encoded)) == (1, {"page"})
    assert again.urls == first.urls


def test_also_a_browser_without_brotli_gets_little(browser_world: World) -> None:
    page = browser_world.ask(browser_world.assistant())
    weight = len(page.content)
    for address in set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)):
        answer = browser_world.service.get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        weight += int(answer.headers["Content-Length"])

    assert 50_000 < weight <= MOST_BEFORE_SIGN_IN


@pytest.mark.parametrize("path", ["/authorization", "/connections", "/notes", "/account"])
def test_all_that_a_page_needs_is_named_in_it_and_what_is_read_stays_where_it_is(
    browser_world: World, open_browser: Browsers, path: str
) -> None:
    url = browser_world.service.url + path
    if path == "/authorization":
        url = browser_world.authorization_url(browser_world.assistant())
    page = browser_world.service.get(url.removeprefix(browser_world.service.url), headers={"Accept": "text/html"}).text
    named = {browser_world.service.url + address for address in re.findall(r'"(/assets/[^"]+)"', page)}

    seen = visit(open_browser(), url, SIGN_IN)

    assert any(each.endswith("firebase-auth.js") for each in seen.urls)
    assert seen.urls - {url} == named  # no file tells only when it is there which one comes next
    assert seen.shifted < _GOOD
