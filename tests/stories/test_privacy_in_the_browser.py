"""/privacy as a person reads it, in a real browser."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.stories.conftest import photograph, sign_in
from tests.world import World

Browsers = Callable[..., BrowserContext]


def test_it_is_found_on_the_start_page_and_wherever_one_signs_in(world: World, open_browser: Browsers) -> None:
    page = open_browser().new_page()
    page.goto(world.service.url)
    page.get_by_role("link", name="Privacy").click()
    expect(page.get_by_role("heading", name="Privacy", level=1)).to_be_visible()

    for url in (f"{world.service.url}/connections", world.authorization_url(world.assistant())):
        page.goto(url)
        with page.expect_popup() as opened:  # so that what has begun stays as it is
            page.get_by_role("link", name="Privacy").click()
        expect(opened.value.get_by_role("heading", name="Privacy", level=1)).to_be_visible()
        assert page.url == url


def test_it_needs_no_script_and_loads_nothing_from_elsewhere(world: World, open_browser: Browsers) -> None:
    page, asked = open_browser(java_script_enabled=False).new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{world.service.url}/privacy")

    expect(page.get_by_text("sets no cookies")).to_be_visible()
    assert len(asked) >= 2
    assert [url for url in asked if not url.startswith(f"{world.service.url}/")] == []


def test_the_keyboard_reaches_each_link_in_order(world: World, open_browser: Browsers) -> None:
    page = open_browser().new_page()
    page.goto(f"{world.service.url}/privacy")

    links = page.get_by_role("link").all()
    for link in links:
        page.keyboard.press("Tab")
        expect(link).to_be_focused()
    expect(links[-1]).to_have_text("See what is connected, and end it")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{world.service.url}/connections")


def test_each_link_of_the_overview_leads_to_its_section(world: World, open_browser: Browsers) -> None:
    page = open_browser().new_page()
    page.goto(f"{world.service.url}/privacy")
    links = page.get_by_role("navigation", name="On this page").get_by_role("link").all()

    for link in links:
        link.click()
        expect(page.get_by_role("heading", level=2, name=link.inner_text(), exact=True)).to_be_in_viewport()
    assert len(links) == page.get_by_role("heading", level=2).count()


def test_who_signs_in_has_no_cookie(browser_world: World, open_browser: Browsers) -> None:
    context = open_browser()
    page = context.new_page()
    for url in (
        browser_world.service.url,
        f"{browser_world.service.url}/privacy",
        browser_world.authorization_url(browser_world.assistant()),
    ):
        page.goto(url)
    sign_in(page, browser_world.person())
    page.goto(f"{browser_world.service.url}/connections")
    expect(page.get_by_text("Nothing is connected.")).to_be_visible()

    assert context.cookies() == []


def test_privacy_as_pictures(world: World, open_browser: Browsers) -> None:
    page = open_browser().new_page()
    page.goto(f"{world.service.url}/privacy")
    photograph(page, "privacy")
