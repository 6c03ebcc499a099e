"""What a person lives through, in a real browser, with a real phone listening."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from scripts.verbs.emulators import PROJECT
from scripts.verbs.journey import hidden_fields
from tests.stories.conftest import Callback, FakeHelper, Phone, photograph, sign_in
from tests.world import AUTH, Tokens, World, answer_of, world

Browsers = Callable[..., BrowserContext]


def arrive(page: Page, callback: Callback) -> dict[str, str]:
    """What the browser brought to the assistant's callback."""
    page.get_by_text("Connected").wait_for()
    query = parse_qs(urlsplit(callback.seen.get(timeout=30)).query)
    return {name: values[0] for name, values in query.items()}


def consent_page(context: BrowserContext, world: World, callback: Callback, name: str = "ChatGPT") -> tuple[Page, Any]:
    assistant = world.assistant(name, callback.uri)
    page = context.new_page()
    page.goto(world.authorization_url(assistant, state="state é&=+"))
    return page, assistant


def test_chatgpt_connects_and_the_note_arrives_on_the_phone(
    browser_world: World, open_browser: Browsers, callback: Callback, phone_of: Callable[..., Phone]
) -> None:
    world = browser_world
    ada, bob = world.person("ada"), world.person("bob")
    phone, nosy = phone_of(ada), phone_of(bob, owner=ada)
    assert nosy.next() == {"refused": "permission-denied"}
    assert phone.next() == {"notes": []}
    page, chatgpt = consent_page(open_browser(), world, callback)
    expect(page.get_by_role("heading", name="ChatGPT asks to use your ItsimpleAI")).to_be_visible()
    expect(page.get_by_role("button", name="Allow")).to_be_hidden()

    sign_in(page, ada)
    page.get_by_role("button", name="Allow").click()

    answer = arrive(page, callback)
    assert answer["state"] == "state é&=+"
    assert answer["iss"] == world.service.url
    exchanged = world.exchange(chatgpt, code=answer["code"])
    assert exchanged.status_code == 200
    saved = world.save(Tokens(**exchanged.json()), "A haiku", "> Autumn moonlight\n")
    assert saved.status_code == 201
    (note,) = phone.next()["notes"]
    assert (note["id"], note["title"], note["content"]) == (saved.json()["id"], "A haiku", "> Autumn moonlight\n")


def test_deny_sends_the_person_back_without_a_code(
    browser_world: World, open_browser: Browsers, callback: Callback
) -> None:
    page, _ = consent_page(open_browser(), browser_world, callback)

    page.get_by_role("button", name="Deny").click()

    answer = arrive(page, callback)
    assert (answer["error"], answer["state"]) == ("access_denied", "state é&=+")
    assert "code" not in answer


def test_deny_works_without_javascript(browser_world: World, open_browser: Browsers, callback: Callback) -> None:
    page, _ = consent_page(open_browser(java_script_enabled=False), browser_world, callback)

    expect(page.locator("noscript .warning")).to_be_visible()
    page.get_by_role("button", name="Deny").click()

    assert arrive(page, callback)["error"] == "access_denied"


def test_who_comes_back_only_has_to_press_allow(
    browser_world: World, open_browser: Browsers, callback: Callback
) -> None:
    ada, context = browser_world.person(), open_browser()
    page, _ = consent_page(context, browser_world, callback)
    sign_in(page, ada)
    page.get_by_role("button", name="Allow").click()
    arrive(page, callback)

    again, _ = consent_page(context, browser_world, callback, "Claude")
    expect(again.get_by_text(ada.email)).to_be_visible()
    expect(again.get_by_label("E-mail")).to_be_hidden()
    again.get_by_role("button", name="Allow").click()

    assert "code" in arrive(again, callback)


def test_who_comes_back_by_the_back_button_can_allow_again(
    browser_world: World, open_browser: Browsers, callback: Callback
) -> None:
    page, _ = consent_page(open_browser(), browser_world, callback)
    sign_in(page, browser_world.person())
    page.get_by_role("button", name="Allow").click()
    first = arrive(page, callback)["code"]

    page.go_back()
    page.get_by_role("button", name="Allow").click()

    assert arrive(page, callback)["code"] != first


def test_deny_after_allow_is_a_no(browser_world: World, open_browser: Browsers, callback: Callback) -> None:
    page, _ = consent_page(open_browser(), browser_world, callback)
    sign_in(page, browser_world.person())
    page.evaluate("HTMLFormElement.prototype.submit = () => {}")  # stopped on its way
    page.get_by_role("button", name="Allow").click()
    expect(page.locator("input[name=id_token]")).not_to_have_value("")

    page.get_by_role("button", name="Deny").click()

    assert arrive(page, callback)["error"] == "access_denied"


def test_nothing_of_who_leaves_stays_behind(browser_world: World, open_browser: Browsers, callback: Callback) -> None:
    page, _ = consent_page(open_browser(), browser_world, callback)
    sign_in(page, browser_world.person())

    page.get_by_role("button", name="Use another account").click()

    expect(page.get_by_label("E-mail")).to_have_value("")
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    expect(page.get_by_role("button", name="Continue with Google")).to_be_focused()


def test_another_account_can_be_used(browser_world: World, open_browser: Browsers, callback: Callback) -> None:
    ada, bob = browser_world.person("ada"), browser_world.person("bob")
    page, chatgpt = consent_page(open_browser(), browser_world, callback)
    sign_in(page, ada)

    page.get_by_role("button", name="Use another account").click()
    expect(page.get_by_role("button", name="Allow")).to_be_hidden()
    sign_in(page, bob)
    page.get_by_role("button", name="Allow").click()

    code = arrive(page, callback)["code"]
    tokens = Tokens(**browser_world.exchange(chatgpt, code=code).json())
    browser_world.save(tokens)
    assert (len(browser_world.notes(ada)), len(browser_world.notes(bob))) == (0, 1)


def choose_google_account(popup: Page, email: str) -> None:
    popup.get_by_text("Add new account").click()
    popup.locator("#email-input").fill(email)
    popup.locator("#display-name-input").fill("Ada")
    popup.locator("#sign-in").click()


def test_google_signs_in_through_its_popup(browser_world: World, open_browser: Browsers, callback: Callback) -> None:
    page, _ = consent_page(open_browser(), browser_world, callback)

    with page.expect_popup() as opened:
        page.get_by_role("button", name="Continue with Google").click()
    choose_google_account(opened.value, f"google-{urlsplit(callback.uri).port}@example.com")
    expect(page.get_by_text("Signed in as")).to_be_visible()
    page.get_by_role("button", name="Allow").click()

    assert "code" in arrive(page, callback)


def test_the_popup_of_our_own_host_stays_tied_to_the_page(
    open_browser: Browsers, callback: Callback, helper_origin: FakeHelper
) -> None:
    """As in production: our relayed helper page first, then a provider's page that has no opener policy."""
    with world(PROJECT, auth_helper_origin=helper_origin.url) as made:
        page, _ = consent_page(open_browser(), made, callback)
        with page.expect_popup() as opened:
            page.evaluate("window.popup = window.open('/__/auth/handler')")
        opened.value.wait_for_load_state()
        opened.value.evaluate("address => { location.href = address }", callback.uri)
        opened.value.get_by_text("Connected").wait_for()

        assert page.evaluate("window.popup.closed") is False
        assert opened.value.evaluate("window.opener === null") is False


@pytest.mark.parametrize("name", ["Google", "Apple"])
def test_where_popups_are_blocked_the_whole_page_goes_and_comes_back(
    browser_world: World, open_browser: Browsers, callback: Callback, name: str
) -> None:
    context = open_browser()
    context.add_init_script("window.open = () => null")
    page, _ = consent_page(context, browser_world, callback)

    page.get_by_role("button", name=f"Continue with {name}").click()
    page.wait_for_url(re.compile("/emulator/auth/handler"))
    choose_google_account(page, f"redirect-{name.lower()}-{urlsplit(callback.uri).port}@example.com")
    page.wait_for_url(re.compile("/authorization"))
    expect(page.get_by_text("Signed in as")).to_be_visible()
    page.get_by_role("button", name="Allow").click()

    assert arrive(page, callback)["state"] == "state é&=+"


def test_a_closed_popup_is_no_error(browser_world: World, open_browser: Browsers, callback: Callback) -> None:
    page, _ = consent_page(open_browser(), browser_world, callback)

    with page.expect_popup() as opened:
        page.get_by_role("button", name="Continue with Google").click()
    opened.value.get_by_text("Add new account").wait_for()
    opened.value.close()

    expect(page.get_by_role("button", name="Continue with Google")).to_be_enabled(timeout=20_000)
    expect(page.get_by_role("alert")).to_be_hidden()


def sent_link(email: str) -> str:
    codes = requests.get(f"http://{AUTH}/emulator/v1/projects/{PROJECT}/oobCodes", timeout=20).json()["oobCodes"]
    return next(str(code["oobLink"]) for code in reversed(codes) if code["email"] == email)


def ask_for_link(page: Page, email: str) -> str:
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="E-mail me a sign-in link").click()
    expect(page.get_by_role("status")).to_contain_text("on its way")
    return sent_link(email)


def test_an_emailed_link_signs_in(browser_world: World, open_browser: Browsers, callback: Callback) -> None:
    email = f"link-{urlsplit(callback.uri).port}@example.com"
    page, _ = consent_page(open_browser(), browser_world, callback)

    page.goto(ask_for_link(page, email))

    expect(page.get_by_text(email)).to_be_visible()
    assert "oobCode" not in page.url
    page.get_by_role("button", name="Allow").click()
    assert arrive(page, callback)["state"] == "state é&=+"


def test_an_emailed_link_opened_in_another_browser_asks_for_the_address(
    browser_world: World, open_browser: Browsers, callback: Callback
) -> None:
    email = f"elsewhere-{urlsplit(callback.uri).port}@example.com"
    page, _ = consent_page(open_browser(), browser_world, callback)
    link = ask_for_link(page, email)
    elsewhere = open_browser().new_page()

    elsewhere.goto(link)
    expect(elsewhere.get_by_role("status")).to_contain_text("Type the e-mail address")
    expect(elsewhere.get_by_label("Password", exact=True)).to_be_hidden()
    photograph(elsewhere, "consent-email-link")
    elsewhere.get_by_label("E-mail").fill(email)
    elsewhere.get_by_label("E-mail").press("Enter")

    expect(elsewhere.get_by_text(email)).to_be_visible()
    elsewhere.get_by_role("button", name="Allow").click()
    assert "code" in arrive(elsewhere, callback)


def test_a_used_link_says_so(browser_world: World, open_browser: Browsers, callback: Callback) -> None:
    email = f"used-{urlsplit(callback.uri).port}@example.com"
    context = open_browser()
    page, _ = consent_page(context, browser_world, callback)
    link = ask_for_link(page, email)
    page.goto(link)
    expect(page.get_by_text(email)).to_be_visible()
    page.get_by_role("button", name="Use another account").click()
    expect(page.get_by_label("E-mail")).to_be_visible()

    code = parse_qs(urlsplit(link).query)["oobCode"][0]
    again = context.new_page()
    again.goto(f"{page.url}&mode=signIn&apiKey=k&oobCode={code}")
    again.get_by_label("E-mail").fill(email)
    again.get_by_role("button", name="Finish signing in").click()

    expect(again.get_by_role("alert")).to_contain_text("Ask for a new one")


def test_a_wrong_password_is_said_and_can_be_reset(
    browser_world: World, open_browser: Browsers, callback: Callback
) -> None:
    ada = browser_world.person()
    page, _ = consent_page(open_browser(), browser_world, callback)
    page.get_by_label("E-mail").fill(ada.email)
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("That e-mail and password do not go together.")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_focused()
    photograph(page, "consent-wrong-password")

    page.get_by_role("button", name="Forgot the password?").click()

    expect(page.get_by_role("status")).to_contain_text("on its way")
    expect(page.get_by_role("alert")).to_be_hidden()
    assert "resetPassword" in sent_link(ada.email)


def test_everything_can_be_done_from_the_keyboard(
    browser_world: World, open_browser: Browsers, callback: Callback
) -> None:
    ada = browser_world.person()
    page, _ = consent_page(open_browser(), browser_world, callback)
    page.get_by_label("E-mail").wait_for()

    for key in ("Tab", "Tab", "Tab"):
        page.keyboard.press(key)
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(ada.email)
    page.keyboard.press("Tab")
    page.keyboard.type(ada.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Allow")).to_be_focused()
    page.keyboard.press("Enter")

    assert "code" in arrive(page, callback)


def test_the_pages_as_pictures(browser_world: World, open_browser: Browsers, callback: Callback) -> None:
    chatgpt = browser_world.assistant()
    page = open_browser().new_page()
    page.goto(browser_world.authorization_url(chatgpt))
    page.get_by_label("E-mail").wait_for()
    photograph(page, "consent-signed-out")
    sign_in(page, browser_world.person())
    photograph(page, "consent-signed-in")
    page.goto(f"{browser_world.service.url}/")
    photograph(page, "home")
    page.goto(
        f"{browser_world.service.url}/authorization?client_id={chatgpt.client_id}&redirect_uri=https://evil.example"
    )
    photograph(page, "refused")
    page.goto(f"{browser_world.service.url}/nothing-here")
    photograph(page, "not-found")
    long, _ = consent_page(page.context, browser_world, callback, "A" * 80)
    long.get_by_text("Signed in as").wait_for()
    photograph(long, "consent-long-name")


@pytest.mark.parametrize("methods", [("google",), ("email-link",), ("password",), ("apple", "email-link")])
def test_only_the_configured_ways_to_sign_in_are_offered(open_browser: Browsers, methods: tuple[str, ...]) -> None:
    with world(PROJECT, sign_in_methods=methods) as made:
        page = open_browser().new_page()
        page.goto(made.authorization_url(made.assistant()))
        page.locator("#signed-out").wait_for()

        offered = {
            "google": page.get_by_role("button", name="Continue with Google"),
            "apple": page.get_by_role("button", name="Continue with Apple"),
            "password": page.get_by_label("Password", exact=True),
            "email-link": page.get_by_role("button", name="E-mail me a sign-in link"),
        }
        assert tuple(name for name, control in offered.items() if control.is_visible()) == methods


def test_denying_needs_no_account(browser_world: World) -> None:
    form = hidden_fields(browser_world.ask(browser_world.assistant()).text)

    assert answer_of(browser_world.decide(form))["error"] == "access_denied"
