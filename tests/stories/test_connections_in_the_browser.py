"""/connections as a person lives it, in a real browser."""

import re
from collections.abc import Callable
from datetime import timedelta

import requests
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from scripts.verbs.emulators import PROJECT
from scripts.verbs.journey import Person
from tests.stories.conftest import photograph, press_sign_in, sign_in
from tests.world import AUTH, Tokens, World

Browsers = Callable[..., BrowserContext]
LONG = "The assistant of the municipal library of Llanfairpwllgwyngyllgogerychwyrndrobwl"


def connections_page(context: BrowserContext, world: World, person: Person) -> Page:
    """The page, with PERSON signed in and the list there."""
    page = context.new_page()
    page.goto(f"{world.service.url}/connections")
    sign_in(page, person)
    settled(page)
    return page


def settled(page: Page) -> None:
    expect(page.get_by_role("heading", name="Your connections")).to_be_visible()
    expect(page.get_by_text("Looking up")).to_be_hidden()


def names(page: Page) -> list[str]:
    return page.locator("#list h3").all_text_contents()


def row(page: Page, name: str) -> Locator:
    return page.locator("#list > li").filter(has=page.get_by_role("heading", name=name, exact=True))


def connect(world: World, person: Person, name: str = "ChatGPT", notes: int = 0) -> Tokens:
    tokens = world.connect(world.assistant(name), person)
    for n in range(notes):
        assert world.save(tokens, title=f"{name} {n}", content=f"{name} {n}").status_code == 201
    world.service.clock.move(timedelta(minutes=1))  # so that what comes next was used later
    return tokens


def is_alive(world: World, tokens: Tokens) -> bool:
    return world.save(tokens, content="is it alive?").status_code in (200, 201)


def end_session(person: Person) -> None:
    """As if PERSON's account was disabled meanwhile: the ID token in the browser looks as good as before."""
    url = f"http://{AUTH}/identitytoolkit.googleapis.com/v1/projects/{PROJECT}/accounts:update"
    change = {"localId": person.uid, "disableUser": True}
    requests.post(url, json=change, headers={"Authorization": "Bearer owner"}, timeout=20).raise_for_status()


def test_each_assistant_is_shown_with_what_it_may_do_and_did(browser_world: World, open_browser: Browsers) -> None:
    world, ada = browser_world, browser_world.person()
    connect(world, ada, "Claude", notes=2)
    connect(world, ada, "ChatGPT", notes=1)

    page = connections_page(open_browser(locale="de-DE", timezone_id="UTC"), world, ada)

    assert names(page) == ["ChatGPT", "Claude"]
    claude = row(page, "Claude")
    expect(claude.get_by_role("list", name="It may").get_by_role("listitem")).to_have_text(
        ["Save new notes, and change or delete notes"]
    )
    connected, used = claude.locator("time").all()
    expect(connected).to_have_attribute("datetime", re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z$"))
    expect(connected).to_have_text(re.compile(r"^\d\d\.\d\d\.\d{4}$"))  # as a German reads it
    expect(connected).to_have_attribute("lang", "de-DE")
    expect(used).to_have_text(re.compile(r"^\d\d\.\d\d\.\d{4}, \d\d:\d\d$"))
    expect(claude.locator("[data-of=notesSaved]")).to_have_text("2")
    expect(page.get_by_text("Nothing is connected")).to_be_hidden()


def test_disconnect_ends_it_with_one_click(browser_world: World, open_browser: Browsers) -> None:
    world, ada = browser_world, browser_world.person()
    claude, chatgpt = connect(world, ada, "Claude", notes=1), connect(world, ada, "ChatGPT", notes=1)
    page = connections_page(open_browser(), world, ada)

    page.get_by_role("button", name="Disconnect ChatGPT").click()

    expect(page.get_by_role("status")).to_contain_text("is disconnected. What it saved stays.")
    assert names(page) == ["Claude"]
    expect(page.get_by_role("heading", name="Claude")).to_be_focused()
    assert (is_alive(world, chatgpt), is_alive(world, claude)) == (False, True)
    assert "ChatGPT 0" in [note["title"] for note in world.notes(ada)]
    page.reload()
    settled(page)
    assert names(page) == ["Claude"]


def test_the_last_one_leaves_an_empty_list(browser_world: World, open_browser: Browsers) -> None:
    ada = browser_world.person()
    connect(browser_world, ada)
    page = connections_page(open_browser(), browser_world, ada)

    page.get_by_role("button", name="Disconnect ChatGPT").click()

    expect(page.get_by_text("Nothing is connected.")).to_be_visible()
    expect(page.get_by_role("heading", name="Your connections")).to_be_focused()


def test_deleting_asks_first_and_cancel_and_escape_change_nothing(browser_world: World, open_browser: Browsers) -> None:
    world, ada = browser_world, browser_world.person()
    tokens = connect(world, ada, notes=2)
    page = connections_page(open_browser(), world, ada)
    delete = page.get_by_role("button", name="Disconnect and delete what it saved: ChatGPT")
    question = page.get_by_role("dialog", name="Disconnect ChatGPT and delete what it saved?")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))

    delete.click()
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    expect(question).to_contain_text("This cannot be undone.")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    expect(delete).to_be_focused()
    delete.click()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    delete.click()
    page.keyboard.press("Enter")  # on Cancel
    expect(question).to_be_hidden()

    assert "DELETE" not in sent
    assert names(page) == ["ChatGPT"]
    assert is_alive(world, tokens)


def test_deleting_ends_it_and_takes_what_it_saved(browser_world: World, open_browser: Browsers) -> None:
    world, ada = browser_world, browser_world.person()
    connect(world, ada, "Claude", notes=1)
    tokens = connect(world, ada, "ChatGPT", notes=2)
    page = connections_page(open_browser(), world, ada)

    page.get_by_role("button", name="Disconnect and delete what it saved: ChatGPT").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(page.get_by_role("status")).to_contain_text("is disconnected. 2 notes deleted.")
    assert names(page) == ["Claude"]
    assert [note["title"] for note in world.notes(ada)] == ["Claude 0"]
    assert not is_alive(world, tokens)


def test_escape_after_a_confirmed_question_is_a_no(browser_world: World, open_browser: Browsers) -> None:
    world, ada = browser_world, browser_world.person()
    claude = connect(world, ada, "Claude")
    connect(world, ada, "ChatGPT")
    page = connections_page(open_browser(), world, ada)
    page.get_by_role("button", name="delete what it saved: ChatGPT").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("0 notes deleted")

    page.get_by_role("button", name="delete what it saved: Claude").click()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    page.evaluate("new Promise((done) => setTimeout(done))")  # what follows the question has begun
    expect(page.get_by_role("status")).to_contain_text("0 notes deleted")
    assert is_alive(world, claude)


def test_everything_can_be_done_from_the_keyboard(browser_world: World, open_browser: Browsers) -> None:
    world, ada = browser_world, browser_world.person()
    for name in ("Third", "Second", "First"):
        connect(world, ada, name, notes=1)
    page = open_browser().new_page()
    page.goto(f"{world.service.url}/connections")
    expect(page.get_by_label("E-mail")).to_be_visible()  # a hidden field does not take the focus, and does not say so
    page.get_by_label("E-mail").focus()

    page.keyboard.type(ada.email)
    page.keyboard.press("Tab")
    page.keyboard.type(ada.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your connections")).to_be_focused()
    settled(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Disconnect First")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Second")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Third")).to_be_focused()
    assert sorted(note["title"] for note in world.notes(ada)) == ["First 0", "Third 0"]


def test_a_name_with_markup_in_it_stays_text(browser_world: World, open_browser: Browsers) -> None:
    ada, name = browser_world.person(), '<img src=x onerror="document.title=1">&amp;'
    connect(browser_world, ada, name)
    page = connections_page(open_browser(), browser_world, ada)

    assert names(page) == [name]
    page.get_by_role("button", name=f"delete what it saved: {name}").click()
    expect(page.get_by_role("dialog").locator("bdi")).to_have_text(name)
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(page.get_by_role("status")).to_contain_text(name)
    assert page.locator("#connections img, #status img, dialog img").count() == 0


ENDED = "Your sign-in has ended, and nothing was changed. Sign in again."


def test_a_session_that_ended_meanwhile_is_told(browser_world: World, open_browser: Browsers) -> None:
    ada = browser_world.person()
    connect(browser_world, ada)
    page = connections_page(open_browser(), browser_world, ada)
    end_session(ada)

    page.get_by_role("button", name="Disconnect ChatGPT").click()

    expect(page.get_by_role("alert")).to_have_text(ENDED)
    expect(page.get_by_role("button", name="Continue with Google")).to_be_focused()
    expect(page.locator("#connections")).to_be_hidden()
    assert names(page) == []
    assert len(browser_world.service.backends.connections.find_grants(ada.uid)) == 1


def test_a_session_that_ends_while_the_list_is_fetched_is_told(browser_world: World, open_browser: Browsers) -> None:
    page = open_browser().new_page()
    page.route("**/me/connections", lambda route: route.fulfill(status=401, json={"error": {"message": "no"}}))
    page.goto(f"{browser_world.service.url}/connections")

    press_sign_in(page, browser_world.person())

    expect(page.get_by_role("alert")).to_have_text(ENDED)
    expect(page.get_by_role("button", name="Continue with Google")).to_be_focused()
    expect(page.locator("#connections")).to_be_hidden()


def test_an_outage_is_told_and_the_same_can_be_tried_again(browser_world: World, open_browser: Browsers) -> None:
    world, ada = browser_world, browser_world.person()
    tokens = connect(world, ada, notes=1)
    page = connections_page(open_browser(), world, ada)
    disconnect = page.get_by_role("button", name="Disconnect ChatGPT")
    answers: dict[str, Callable[[Route], None]] = {
        "Try the same again": lambda route: route.fulfill(
            status=503, json={"error": {"code": "temporarily_unavailable", "message": "Try the same again"}}
        ),
        "Something went wrong.": lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"),
        "cannot be reached": lambda route: route.abort(),
    }

    for told, answer in answers.items():
        page.route("**/me/connections/*", answer)
        disconnect.click()
        expect(page.get_by_role("alert")).to_contain_text(told)
        expect(disconnect).to_be_enabled()
        expect(disconnect).to_be_focused()
        page.unroute("**/me/connections/*")
    assert is_alive(world, tokens)
    disconnect.click()

    expect(page.get_by_role("status")).to_contain_text("is disconnected")
    expect(page.get_by_role("alert")).to_be_hidden()
    assert not is_alive(world, tokens)


def test_a_list_that_cannot_be_fetched_is_fetched_again(browser_world: World, open_browser: Browsers) -> None:
    ada, context = browser_world.person(), open_browser()
    connect(browser_world, ada)
    context.route("**/me/connections", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{browser_world.service.url}/connections")
    sign_in(page, ada)
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(page.get_by_text("Nothing is connected")).to_be_hidden()
    context.unroute("**/me/connections")

    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("heading", name="ChatGPT")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_who_comes_next_sees_only_their_own(browser_world: World, open_browser: Browsers) -> None:
    ada, bob = browser_world.person("ada"), browser_world.person("bob")
    connect(browser_world, ada, "Only Ada's")
    connect(browser_world, bob, "Only Bob's")
    page = connections_page(open_browser(), browser_world, ada)
    assert names(page) == ["Only Ada's"]

    page.get_by_role("button", name="Use another account").click()
    expect(page.locator("#connections")).to_be_hidden()
    assert names(page) == []
    sign_in(page, bob)
    expect(page.get_by_role("heading", name="Only Bob's")).to_be_visible()

    assert names(page) == ["Only Bob's"]


def test_a_list_that_arrives_after_its_person_has_left_is_not_shown(
    browser_world: World, open_browser: Browsers
) -> None:
    ada, bob, context = browser_world.person("ada"), browser_world.person("bob"), open_browser()
    connect(browser_world, ada, "Only Ada's")
    connect(browser_world, bob, "Only Bob's")
    held: list[Route] = []
    context.route("**/me/connections", lambda route: held.append(route), times=1)  # noqa: PLW0108  # not a built-in
    page = context.new_page()
    page.goto(f"{browser_world.service.url}/connections")
    with page.expect_request("**/me/connections"):
        sign_in(page, ada)
    page.get_by_role("button", name="Use another account").click()
    sign_in(page, bob)
    expect(page.get_by_role("heading", name="Only Bob's")).to_be_visible()

    with page.expect_response("**/me/connections"):
        held[0].continue_()
    page.evaluate("new Promise((done) => setTimeout(done))")  # what follows the answer has run

    assert names(page) == ["Only Bob's"]


def test_an_emailed_link_comes_back_to_the_list(browser_world: World, open_browser: Browsers) -> None:
    email = browser_world.person().email
    page = open_browser().new_page()
    page.goto(f"{browser_world.service.url}/connections")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="E-mail me a sign-in link").click()
    expect(page.get_by_role("status")).to_contain_text("on its way")
    codes = requests.get(f"http://{AUTH}/emulator/v1/projects/{PROJECT}/oobCodes", timeout=20).json()["oobCodes"]

    page.goto(next(code["oobLink"] for code in reversed(codes) if code["email"] == email))

    expect(page.get_by_text(email)).to_be_visible()
    expect(page.get_by_text("Nothing is connected.")).to_be_visible()
    assert page.url.rstrip("?") == f"{browser_world.service.url}/connections"


def test_without_javascript_it_says_so(browser_world: World, open_browser: Browsers) -> None:
    page = open_browser(java_script_enabled=False).new_page()
    page.goto(f"{browser_world.service.url}/connections")

    expect(page.locator("noscript .warning")).to_be_visible()
    expect(page.locator("#connections")).to_be_hidden()


def test_the_start_page_leads_there(browser_world: World, open_browser: Browsers) -> None:
    page = open_browser().new_page()
    page.goto(f"{browser_world.service.url}/")

    page.get_by_role("link", name="See what is connected").click()

    expect(page.get_by_role("heading", name="Assistants connected to your ItsimpleAI")).to_be_visible()


def test_connections_as_pictures(browser_world: World, open_browser: Browsers) -> None:
    world, ada, eve = browser_world, browser_world.person("ada"), browser_world.person("eve")
    connect(world, ada, "Claude", notes=1)
    connect(world, ada, "ChatGPT", notes=3)
    page = open_browser(locale="en-GB").new_page()
    page.goto(f"{world.service.url}/connections")
    page.get_by_label("E-mail").wait_for()
    photograph(page, "connections-signed-out")
    sign_in(page, ada)
    settled(page)
    page.mouse.click(1, 1)
    photograph(page, "connections")
    page.get_by_role("button", name="delete what it saved: ChatGPT").click()
    photograph(page, "connections-question")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("3 notes deleted")
    photograph(page, "connections-deleted")
    page.get_by_role("button", name="Use another account").click()
    sign_in(page, eve)
    settled(page)
    photograph(page, "connections-empty")

    for name in (LONG, "x" * 80, "מִסְפֶּרֶת 1 (בטא)", *(f"Assistant number {n}" for n in range(9))):
        connect(world, eve, name)
    page.reload()
    settled(page)
    assert len(names(page)) == 12
    photograph(page, "connections-many")
    page.get_by_role("button", name=f"delete what it saved: {'x' * 80}").click()
    photograph(page, "connections-question-long")
    page.keyboard.press("Escape")
    page.route("**/me/connections/*", lambda route: route.abort())
    page.get_by_role("button", name="Disconnect מִסְפֶּרֶת").click()
    expect(page.get_by_role("alert")).to_be_in_viewport()  # however far down the list
    photograph(page, "connections-problem")
