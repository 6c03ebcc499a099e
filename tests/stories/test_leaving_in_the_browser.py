"""/account as a person lives it, in a real browser."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from scripts.verbs.emulators import PROJECT
from scripts.verbs.journey import Person
from scripts.verbs.processes import free_port
from tests.assistant import connected
from tests.deployed import deployed
from tests.leaver import fill, leaver, make_small, unzip
from tests.stories.conftest import photograph, sign_in
from tests.stories.test_connections_in_the_browser import end_session
from tests.stories.test_reader_in_the_browser import BLOCKED
from tests.world import World

Browsers = Callable[..., BrowserContext]
DATABASES = (
    "async () => (await indexedDB.databases()).map(({name}) => name).filter((name) => name.startsWith('firestore/'))"
)
KEPT_NAME = f"firestore/[DEFAULT]/{PROJECT}/main"
UNAVAILABLE = {"error": {"code": "temporarily_unavailable", "message": "Try the same again"}}


def account_page(context: BrowserContext, world: World, person: Person) -> Page:
    """The page, with PERSON signed in."""
    page = context.new_page()
    page.goto(f"{world.service.url}/account")
    with page.expect_response("**/me/deletion"):
        sign_in(page, person)
    expect(page.get_by_role("heading", name="Download your notes")).to_be_visible()
    return page


def reading(context: BrowserContext, world: World, person: Person) -> Page:
    """PERSON's reader, open, with one note."""
    connected(world, person).save(title="To be deleted")
    page = context.new_page()
    page.goto(f"{world.service.url}/notes")
    sign_in(page, person)
    expect(page.get_by_role("link", name="To be deleted")).to_be_visible()
    return page


def save(page: Page) -> bytes:
    """What the person gets who presses the link."""
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Save notes-").click()
    return Path(downloading.value.path()).read_bytes()


def ids(files: dict[str, bytes]) -> set[str]:
    return {json.loads(text)["id"] for name, text in files.items() if name.endswith(".json")}


def begin_deleting(page: Page) -> Locator:
    """Answer the first question; the second one."""
    page.get_by_role("button", name="Delete everything…").click()
    page.get_by_role("dialog", name="Delete everything?").get_by_role("button", name="Go on to delete").click()
    last = page.get_by_role("dialog", name="Really delete everything?")
    expect(last).to_be_visible()
    return last


def hurry(page: Page) -> None:
    """What the page waits for passes at once."""
    page.evaluate("() => { const real = setTimeout; window.setTimeout = (work) => real(work); }")


def test_all_notes_come_in_one_zip(
    browser_world: World, open_browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_small(monkeypatch)
    ada = browser_world.person()
    fill(browser_world, ada.uid, 12)
    page = account_page(open_browser(), browser_world, ada)

    page.get_by_role("button", name="Download all notes").click()

    expect(page.get_by_role("status")).to_contain_text("All 12 notes are here.")
    expect(page.get_by_text("12 of 12")).to_be_visible()
    assert page.get_by_role("progressbar", name="Notes downloaded").evaluate("bar => bar.value / bar.max") == 1
    link = page.get_by_role("link", name="Save notes-")
    expect(link).to_be_focused()
    files = unzip(save(page))
    assert files == leaver(browser_world, ada).export()
    assert len(ids(files)) == 12


def test_without_notes_it_says_so(browser_world: World, open_browser: Browsers) -> None:
    page = account_page(open_browser(), browser_world, browser_world.person())

    page.get_by_role("button", name="Download all notes").click()

    expect(page.get_by_text("There are no notes.")).to_be_visible()
    expect(page.get_by_role("link", name="Save notes-")).to_be_hidden()


def test_a_download_survives_a_killed_server(open_browser: Browsers) -> None:
    port = free_port()
    context = open_browser()
    with deployed(project=PROJECT, port=port, SIGN_IN_METHODS="password") as first:
        ada = first.world.person()
        fill(first.world, ada.uid, 501)
        page = context.new_page()
        page.goto(f"{first.world.service.url}/account")
        sign_in(page, ada)
        hurry(page)

        def kill(route: Route) -> None:
            first.kill()
            route.continue_()

        page.route("**/me/export?cursor=*", kill, times=1)
        page.get_by_role("button", name="Download all notes").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
        expect(page.get_by_text("500 of 501")).to_be_visible()
        expect(page.get_by_role("button", name="Go on", exact=True)).to_be_focused()
    with deployed(project=PROJECT, port=port, SIGN_IN_METHODS="password"):
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("All 501 notes are here.")
        assert len(ids(unzip(save(page)))) == 501


def test_a_part_that_fails_is_asked_for_again(browser_world: World, open_browser: Browsers) -> None:
    ada = browser_world.person()
    fill(browser_world, ada.uid, 3)
    page = open_browser().new_page()
    page.goto(f"{browser_world.service.url}/account")
    sign_in(page, ada)
    hurry(page)
    answers: list[Callable[[Route], None]] = [
        lambda route: route.fulfill(status=503, json=UNAVAILABLE),
        lambda route: route.fulfill(status=200, body=leaver(browser_world, ada).part().content[:-5]),
        lambda route: route.abort(),
    ]
    page.route("**/me/export", lambda route: answers.pop()(route), times=3)  # noqa: PLW0108  # another one each time

    page.get_by_role("button", name="Download all notes").click()

    expect(page.get_by_role("status")).to_contain_text("All 3 notes are here.")
    assert answers == []
    expect(page.get_by_role("alert")).to_be_hidden()
    assert unzip(save(page)) == leaver(browser_world, ada).export()


def test_deleting_asks_twice_and_every_no_changes_nothing(browser_world: World, open_browser: Browsers) -> None:
    ada = browser_world.person()
    fill(browser_world, ada.uid, 2)
    page = account_page(open_browser(), browser_world, ada)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    delete, question = page.get_by_role("button", name="Delete everything…"), page.get_by_role("dialog")

    delete.click()
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    for told in (
        "also from your phone",
        "cannot be undone",
        "Your account itself stays",
        "Every assistant is disconnected",
    ):
        expect(question).to_contain_text(told)
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    expect(delete).to_be_focused()
    delete.click()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    last = begin_deleting(page)
    expect(last.get_by_role("button", name="No, keep it")).to_be_focused()
    expect(last).to_contain_text(ada.email)
    page.keyboard.press("Enter")
    expect(last).to_be_hidden()
    begin_deleting(page)
    page.keyboard.press("Escape")
    expect(last).to_be_hidden()

    assert "POST" not in sent
    assert len(browser_world.notes(ada)) == 2


def test_the_question_offers_the_download_first(browser_world: World, open_browser: Browsers) -> None:
    ada = browser_world.person()
    fill(browser_world, ada.uid, 2)
    page = account_page(open_browser(), browser_world, ada)

    page.get_by_role("button", name="Delete everything…").click()
    page.get_by_role("dialog").get_by_role("button", name="Download my notes first").click()

    expect(page.get_by_role("status")).to_contain_text("All 2 notes are here.")
    assert len(ids(unzip(save(page)))) == 2
    assert len(browser_world.notes(ada)) == 2


def test_deleting_everything_leaves_a_receipt_that_can_be_kept(
    browser_world: World, open_browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_small(monkeypatch)
    ada = browser_world.person()
    chatgpt = connected(browser_world, ada)
    fill(browser_world, ada.uid, 12)
    page = account_page(open_browser(), browser_world, ada)

    begin_deleting(page).get_by_role("button", name="Yes, delete everything").click()

    expect(page.get_by_role("status")).to_have_text("Everything is deleted.")
    expect(page.get_by_role("heading", name="Receipt")).to_be_focused()
    expect(page.locator("#receipt [data-of=notes]")).to_have_text("12")
    expect(page.locator("#receipt [data-of=connections]")).to_have_text("1")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Save the receipt").click()
    receipt = json.loads(Path(downloading.value.path()).read_text())
    assert receipt == leaver(browser_world, ada).receipt().json()
    assert receipt["deleted"]["notes"] == 12
    assert chatgpt.save("more").status_code == 401
    assert browser_world.notes(ada) == []
    page.reload()
    expect(page.locator("#receipt [data-of=notes]")).to_have_text("12")


def test_a_deletion_that_fails_is_gone_on_with_now_or_later(
    browser_world: World, open_browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_small(monkeypatch)
    ada, context = browser_world.person(), open_browser()
    fill(browser_world, ada.uid, 12)
    page = context.new_page()
    page.goto(f"{browser_world.service.url}/account")
    sign_in(page, ada)
    hurry(page)
    page.route("**/me/deletion", lambda route: route.abort())
    page.route("**/me/deletion", lambda route: route.continue_(), times=1)  # the last one that fits is asked first
    begin_deleting(page).get_by_role("button", name="Yes, delete everything").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(page.get_by_text("5 of 12 notes")).to_be_visible()
    expect(page.get_by_role("button", name="Go on deleting")).to_be_focused()

    later = context.new_page()  # the browser was closed, and opened again
    later.goto(f"{browser_world.service.url}/account")
    expect(later.get_by_text("A deletion was begun on")).to_be_visible()
    later.get_by_role("button", name="Go on deleting").click()

    expect(later.locator("#receipt [data-of=notes]")).to_have_text("12")
    assert browser_world.notes(ada) == []


def test_a_session_that_ends_in_the_middle_is_told(browser_world: World, open_browser: Browsers) -> None:
    ada = browser_world.person()
    fill(browser_world, ada.uid, 2)
    page = account_page(open_browser(), browser_world, ada)
    last = begin_deleting(page)
    end_session(ada)

    last.get_by_role("button", name="Yes, delete everything").click()

    expect(page.get_by_role("alert")).to_contain_text("Your sign-in has ended.")
    expect(page.locator("#account")).to_be_hidden()
    assert len(browser_world.notes(ada)) == 2


def test_who_comes_next_sees_nothing_of_who_was_there(browser_world: World, open_browser: Browsers) -> None:
    ada, bob = browser_world.person("ada"), browser_world.person("bob")
    fill(browser_world, ada.uid, 2)
    leaver(browser_world, bob).delete()
    page = account_page(open_browser(), browser_world, ada)
    page.get_by_role("button", name="Download all notes").click()
    expect(page.get_by_role("link", name="Save notes-")).to_be_visible()

    page.get_by_role("button", name="Use another account").click()
    expect(page.locator("#account")).to_be_hidden()
    sign_in(page, bob)

    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()  # Bob's
    expect(page.get_by_role("link", name="Save notes-")).to_be_hidden()
    assert page.locator("#files a").count() == 0


def test_it_is_found_from_the_start_page_the_connections_and_the_policy(
    browser_world: World, open_browser: Browsers
) -> None:
    page = open_browser().new_page()
    for path in ("/", "/privacy"):
        page.goto(browser_world.service.url + path)
        page.get_by_role("link", name="Download your notes, or delete everything").click()
        expect(page.get_by_role("heading", name="Your data in ItsimpleAI")).to_be_visible()
    page.goto(f"{browser_world.service.url}/connections")
    sign_in(page, browser_world.person())
    for path in ("/connections", "/notes"):
        page.goto(browser_world.service.url + path)
        page.get_by_role("link", name="Download your notes, or delete everything").click()
        expect(page.get_by_role("heading", name="Download your notes")).to_be_visible()


def test_everything_can_be_done_from_the_keyboard(browser_world: World, open_browser: Browsers) -> None:
    ada = browser_world.person()
    fill(browser_world, ada.uid, 1)
    page = account_page(open_browser(), browser_world, ada)
    page.locator("#go").focus()

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Download all notes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Save notes-")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Delete everything…")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Really delete everything?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")

    expect(page.get_by_role("heading", name="Receipt")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Save the receipt")).to_be_focused()


def test_account_as_pictures(browser_world: World, open_browser: Browsers, monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)
    ada = browser_world.person()
    connected(browser_world, ada)
    fill(browser_world, ada.uid, 12)
    page = open_browser(locale="en-GB").new_page()
    page.goto(f"{browser_world.service.url}/account")
    sign_in(page, ada)
    hurry(page)
    photograph(page, "account")
    page.route("**/me/export?cursor=*", lambda route: route.abort())
    page.get_by_role("button", name="Download all notes").click()
    expect(page.get_by_role("alert")).to_be_visible()
    photograph(page, "account-broken-off")
    page.unroute("**/me/export?cursor=*")
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_role("link", name="Save notes-")).to_be_visible()
    photograph(page, "account-downloaded")
    page.get_by_role("button", name="Delete everything…").click()
    photograph(page, "account-question")
    page.keyboard.press("Escape")
    last = begin_deleting(page)
    photograph(page, "account-last-question")
    page.route("**/me/deletion", lambda route: route.abort())
    page.route("**/me/deletion", lambda route: route.continue_(), times=1)  # the last one that fits is asked first
    last.get_by_role("button", name="Yes, delete everything").click()
    expect(page.get_by_role("alert")).to_be_visible()
    photograph(page, "account-deleting")
    page.unroute("**/me/deletion")
    page.reload()
    expect(page.get_by_text("A deletion was begun on")).to_be_visible()
    photograph(page, "account-begun")
    page.get_by_role("button", name="Go on deleting").click()
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    photograph(page, "account-receipt")


def test_what_the_browser_kept_goes_with_everything(browser_world: World, open_browser: Browsers) -> None:
    ada, context = browser_world.person(), open_browser()
    reader = reading(context, browser_world, ada)
    assert KEPT_NAME in reader.evaluate(DATABASES)
    reader.goto("about:blank")
    page = context.new_page()
    page.goto(f"{browser_world.service.url}/account")

    begin_deleting(page).get_by_role("button", name="Yes, delete everything").click()

    expect(page.get_by_role("heading", name="Receipt")).to_be_focused()
    assert page.evaluate(DATABASES) == []


def test_where_nothing_can_be_kept_the_receipt_is_shown_all_the_same(
    browser_world: World, open_browser: Browsers
) -> None:
    ada, context = browser_world.person(), open_browser()
    context.add_init_script(BLOCKED)
    fill(browser_world, ada.uid, 1)
    page = account_page(context, browser_world, ada)

    begin_deleting(page).get_by_role("button", name="Yes, delete everything").click()

    expect(page.get_by_role("heading", name="Receipt")).to_be_focused()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_reader_that_is_open_meanwhile_is_emptied_and_goes_on(browser_world: World, open_browser: Browsers) -> None:
    ada, context = browser_world.person(), open_browser()
    reader = reading(context, browser_world, ada)
    page = context.new_page()
    page.goto(f"{browser_world.service.url}/account")

    begin_deleting(page).get_by_role("button", name="Yes, delete everything").click()

    expect(page.get_by_role("heading", name="Receipt")).to_be_focused()
    assert KEPT_NAME in reader.evaluate(DATABASES)
    expect(reader.get_by_role("link", name="To be deleted")).to_have_count(0)
    connected(browser_world, ada).save(title="A new beginning")
    expect(reader.get_by_role("link", name="A new beginning")).to_be_visible()
