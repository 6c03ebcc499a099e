"""What a person sees when there is nothing to allow yet: a wrong request, or an assistant that describes itself."""

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from scripts.verbs.journey import Assistant, authorization_url
from service.oauth.document_fetcher import DocumentFetcher
from tests.sites import Authority, site
from tests.stories.conftest import Callback, photograph, sign_in
from tests.stories.test_in_the_browser import arrive, ask_for_link
from tests.world import PKCE, VERIFIER, Tokens, World

Browsers = Callable[..., BrowserContext]


def wrong_request(page: Page, world: World, callback: Callback) -> None:
    assistant = world.assistant("ChatGPT", callback.uri)
    page.goto(authorization_url(world.service.url, assistant, "s").replace("notes%3Awrite", "everything"))


def test_a_wrong_request_goes_back_after_sign_in(
    browser_world: World, open_browser: Browsers, callback: Callback
) -> None:
    page = open_browser().new_page()
    wrong_request(page, browser_world, callback)
    expect(page.get_by_text("cannot be connected")).to_be_visible()
    expect(page.get_by_role("button", name="Deny")).to_have_count(0)
    expect(page.get_by_role("button", name="Return to ChatGPT")).to_be_hidden()

    sign_in(page, browser_world.person())
    photograph(page, "sign-in-wrong-request")
    page.get_by_role("button", name="Return to ChatGPT").click()

    answer = arrive(page, callback)
    assert (answer["error"], answer["state"]) == ("invalid_scope", "s")


def test_nobody_is_sent_anywhere_for_having_been_signed_in(
    browser_world: World, open_browser: Browsers, callback: Callback
) -> None:
    context = open_browser()
    page = context.new_page()
    page.goto(browser_world.authorization_url(browser_world.assistant()))
    sign_in(page, browser_world.person())

    wrong_request(page, browser_world, callback)

    expect(page.get_by_role("button", name="Return to ChatGPT")).to_be_enabled()
    assert callback.seen.empty()


@pytest.fixture
def claude(browser_world: World, callback: Callback, tmp_path: Path) -> Iterator[Assistant]:
    """A program on this computer that is known by its document at client.example, which the service can reach."""
    authority = Authority(tmp_path)

    def answer(connection: ssl.SSLSocket) -> None:
        redirect_uris = [callback.uri.replace(f":{callback.port}", "")]  # the port is free: RFC 8252 section 7.3
        document = {"client_id": url, "client_name": "Claude Code", "redirect_uris": redirect_uris}
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    with site(authority.serve_as("client.example"), answer) as served:
        url = f"https://client.example:{served.port}/client.json"
        browser_world.service.backends.client_documents = DocumentFetcher(
            lambda *_: ["127.0.0.1"], lambda _: True, authority.trust()
        )
        yield Assistant(url, "", callback.uri)


def link_of(world: World, assistant: Assistant) -> str:
    challenge = "".join(f"&{name}={value}" for name, value in PKCE.items())
    return authorization_url(world.service.url, assistant, "s") + challenge


def test_an_assistant_that_describes_itself_is_shown_once_one_has_signed_in(
    browser_world: World, open_browser: Browsers, callback: Callback, claude: Assistant
) -> None:
    world, context = browser_world, open_browser()
    page = context.new_page()
    page.goto(link_of(world, claude))
    expect(page.get_by_role("heading", name="to go on with client.example")).to_be_visible()
    page.get_by_label("E-mail").wait_for()
    photograph(page, "sign-in-document")

    sign_in(page, world.person())
    expect(page.get_by_role("button", name="Continue", exact=True)).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Claude Code asks to use")).to_be_visible()
    expect(page.get_by_text("nobody has checked it")).to_be_visible()
    expect(page.get_by_text("That address is this computer")).to_be_visible()
    photograph(page, "consent-document")
    page.reload()
    page.get_by_role("button", name="Allow").click()
    exchanged = world.exchange(claude, code=arrive(page, callback)["code"], code_verifier=VERIFIER)
    assert world.save(Tokens(**exchanged.json())).status_code == 201

    again = context.new_page()
    again.goto(link_of(world, claude))
    again.get_by_role("button", name="Deny").click()
    assert arrive(again, callback)["error"] == "access_denied"


def test_an_emailed_link_leads_on_to_an_assistant_that_describes_itself(
    browser_world: World, open_browser: Browsers, callback: Callback, claude: Assistant
) -> None:
    page = open_browser().new_page()
    page.goto(link_of(browser_world, claude))

    page.goto(ask_for_link(page, f"link-{callback.port}@example.com"))

    page.get_by_role("button", name="Continue", exact=True).click()
    page.get_by_role("button", name="Allow").click()
    assert "oobCode" not in page.url
    assert arrive(page, callback)["code"]
