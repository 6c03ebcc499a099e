"""/docs as a developer and an operator live it, in a real browser."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Route, expect

from scripts.verbs.emulators import PROJECT
from scripts.verbs.journey import Person
from service.contract import Contract
from tests import world as worlds
from tests.stories.conftest import photograph, press_sign_in, sign_in
from tests.world import AUTH, PKCE, VERIFIER, World

Browsers = Callable[..., BrowserContext]
DIGEST = Contract.load().digest
OLDER = "0123456789ab"
CLIENT_KEY = "mate:docs-client"


def docs_page(context: BrowserContext, world: World) -> Page:
    page = context.new_page()
    page.goto(f"{world.service.url}/docs")
    page.get_by_role("button", name="Authorize").wait_for()
    return page


def open_authorization(page: Page) -> Locator:
    page.get_by_role("button", name="Authorize", exact=True).click()
    dialog = page.locator(".dialog-ux")
    expect(dialog.get_by_role("heading", name="Available authorizations")).to_be_visible()
    return dialog


def authorize(page: Page, person: Person, decision: str = "Allow") -> Locator:
    """PERSON signs in in the popup and decides; the dialog that is left on PAGE."""
    dialog = open_authorization(page)
    with page.expect_popup() as opened:
        dialog.get_by_role("button", name="Apply given OAuth2 credentials").click()
    expect(opened.value.get_by_role("heading", name="asks to use your")).to_contain_text("Docs of Itsimple Mate")
    press_sign_in(opened.value, person)
    with opened.value.expect_event("close"):
        opened.value.get_by_role("button", name=decision).click()
    return dialog


def try_out(page: Page, operation_id: str) -> Locator:
    operation = page.locator(f"#operations-default-{operation_id}")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    return operation


def execute(page: Page, operation_id: str) -> Locator:
    """Try the operation as it stands; where its answer is shown."""
    operation = try_out(page, operation_id)
    operation.get_by_role("button", name="Execute").click()
    return operation.locator(".live-responses-table")


def kept_client(page: Page) -> dict[str, str]:
    found: dict[str, str] = json.loads(page.evaluate(f"localStorage.getItem({CLIENT_KEY!r})"))
    return found


def watch(context: BrowserContext) -> tuple[list[str], list[str]]:
    """What the console complains of, and the origins that are asked, from now on."""
    complaints: list[str] = []
    origins: list[str] = []
    context.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    context.on("request", lambda request: origins.append("{0.scheme}://{0.netloc}".format(urlsplit(request.url))))
    return complaints, origins


def test_who_signs_in_at_the_docs_calls_an_operation_for_their_own_account(
    browser_world: World, open_browser: Browsers
) -> None:
    world, ada, context = browser_world, browser_world.person(), open_browser()
    complaints, origins = watch(context)
    page = docs_page(context, world)
    titles = page.locator(".opblock-summary-description").all_text_contents()
    assert {"List notes", "Save a note", "Delete a note"} <= set(titles)
    assert len(titles) == len(Contract.load().operations)

    dialog = authorize(page, ada)
    expect(dialog.get_by_role("heading", name="Authorized")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    with page.expect_request("**/notes?**") as asked:
        answer = execute(page, "listNotes")

    expect(answer.locator(".response .response-col_status")).to_have_text("200")
    expect(answer.locator(".highlight-code").first).to_contain_text('"notes": []')
    assert asked.value.url.startswith(f"{world.service.url}/at/{DIGEST}/notes?")
    assert complaints == []
    assert {origin for origin in origins if origin != "data://"} == {world.service.url, f"http://{AUTH}"}


def test_what_the_docs_offer_to_save_is_saved_as_it_stands(browser_world: World, open_browser: Browsers) -> None:
    world, ada = browser_world, browser_world.person()
    page = docs_page(open_browser(), world)
    authorize(page, ada).get_by_role("button", name="Close").last.click()

    answer = execute(page, "saveNote")

    expect(answer.locator(".response .response-col_status")).to_have_text("201")
    (note,) = world.notes(ada)
    assert note["title"] == "Three names for a coffee bar"


def test_what_the_docs_offer_to_change_needs_only_an_id_and_its_version(
    browser_world: World, open_browser: Browsers
) -> None:
    page = docs_page(open_browser(), browser_world)

    offered = json.loads(try_out(page, "updateNote").locator(".body-param__text").input_value())

    assert offered.keys() == {"version", "append"}


def test_the_docs_register_anew_when_what_the_browser_kept_is_broken(
    browser_world: World, open_browser: Browsers
) -> None:
    page = docs_page(open_browser(), browser_world)
    page.evaluate(f"localStorage.setItem({CLIENT_KEY!r}, '{{')")

    dialog = open_authorization(page)

    expect(dialog.get_by_label("client_id")).to_have_value(kept_client(page)["clientId"])
    expect(dialog.get_by_role("alert")).to_be_hidden()


def test_the_docs_register_once_and_anew_when_they_are_not_known_any_more(
    browser_world: World, open_browser: Browsers
) -> None:
    context = open_browser()
    registrations: list[Request] = []
    context.on("request", lambda request: registrations.append(request) if "/register" in request.url else None)

    def client_of(page: Page) -> str:
        return open_authorization(page).get_by_label("client_id").input_value()

    first = client_of(docs_page(context, browser_world))
    page = docs_page(context, browser_world)
    again = client_of(page)
    page.evaluate(
        f"localStorage.setItem({CLIENT_KEY!r}, JSON.stringify({{...{json.dumps(kept_client(page))}, clientId: 'forgotten'}}))"
    )
    unknown = client_of(docs_page(context, browser_world))
    page.evaluate(
        f"localStorage.setItem({CLIENT_KEY!r}, JSON.stringify({{clientId: {unknown!r}, redirectUri: 'https://moved.example'}}))"
    )
    moved = client_of(docs_page(context, browser_world))

    assert first == again
    assert len({first, unknown, moved, "forgotten"}) == 4
    assert len(registrations) == 3
    assert kept_client(page) == {
        "clientId": moved,
        "redirectUri": f"{browser_world.service.url}/docs/oauth2-redirect.html",
    }


def test_who_says_no_is_told_so_in_the_docs(browser_world: World, open_browser: Browsers) -> None:
    page = docs_page(open_browser(), browser_world)

    dialog = authorize(page, browser_world.person(), "Deny")

    expect(dialog.get_by_text("[access_denied]")).to_be_visible()
    expect(dialog.get_by_role("heading", name="Authorized")).to_be_hidden()


def test_where_no_client_may_register_the_docs_say_what_to_do_and_take_a_client_id(open_browser: Browsers) -> None:
    with worlds.world(PROJECT, dynamic_registration=False) as world:
        redirect_uri = f"{world.service.url}/docs/oauth2-redirect.html"
        page = docs_page(open_browser(), world)
        dialog = open_authorization(page)
        expect(dialog.get_by_text("does not register clients by itself")).to_contain_text(redirect_uri)
        expect(dialog.get_by_label("client_secret")).to_be_hidden()
        photograph(page, "docs-no-registration")
        operators = world.public_client("Docs of Itsimple Mate", redirect_uri)

        dialog.get_by_label("client_id").fill(operators.client_id)
        with page.expect_popup() as opened:
            dialog.get_by_role("button", name="Apply given OAuth2 credentials").click()
        sign_in(opened.value, world.person())
        opened.value.get_by_role("button", name="Allow").click()

        expect(dialog.get_by_role("heading", name="Authorized")).to_be_visible()


def test_copy_takes_the_served_document(browser_world: World, open_browser: Browsers) -> None:
    context = open_browser(permissions=["clipboard-read", "clipboard-write"])
    page = docs_page(context, browser_world)

    page.get_by_role("button", name="Copy for ChatGPT").click()

    expect(page.get_by_role("status")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == browser_world.service.get("/openapi.yaml").text
    expect(page.get_by_label("The schema, to copy by hand")).to_be_hidden()


def test_where_copying_is_refused_the_document_is_there_to_copy_by_hand(
    browser_world: World, open_browser: Browsers
) -> None:
    context = open_browser()
    refuse = "() => Promise.reject(new DOMException('no'))"
    context.add_init_script(f"if (navigator.clipboard) navigator.clipboard.writeText = {refuse}")
    page = docs_page(context, browser_world)

    page.get_by_role("button", name="Copy for ChatGPT").click()

    text = page.get_by_label("The schema, to copy by hand")
    expect(text).to_be_focused()
    expect(text).to_have_value(browser_world.service.get("/openapi.yaml").text)
    assert page.evaluate("getSelection().toString().length") == len(text.input_value())
    expect(page.get_by_role("status")).to_contain_text("selected")
    photograph(page, "docs-copy-by-hand")


def test_copy_after_a_lost_answer_says_so_and_can_be_repeated(browser_world: World, open_browser: Browsers) -> None:
    context = open_browser(permissions=["clipboard-read", "clipboard-write"])
    context.route("**/openapi.yaml", lambda route: route.abort(), times=3)  # the page's, Swagger UI's and the button's
    page = context.new_page()
    page.goto(f"{browser_world.service.url}/docs")
    page.get_by_text("Failed to load API definition").wait_for()

    page.get_by_role("button", name="Copy for ChatGPT").click()
    expect(page.get_by_role("alert").filter(has_text="cannot be read")).to_be_visible()
    page.get_by_role("button", name="Copy for ChatGPT").click()

    expect(page.get_by_role("status")).to_contain_text("Copied")


def test_what_the_browser_has_kept_of_an_earlier_version_is_not_what_is_copied(
    browser_world: World, chromium: Browser
) -> None:
    context = chromium.new_context()  # routes would switch off the browser's cache
    page = docs_page(context, browser_world)
    page.goto("about:blank")

    page = docs_page(context, browser_world)

    sizes = (
        "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.yaml')).map(e => e.transferSize > 0)"
    )
    assert page.evaluate(sizes) == [True, False]  # asked for anew, and Swagger UI shows that same one
    context.close()


def test_at_another_address_the_docs_lead_to_their_own(browser_world: World, open_browser: Browsers) -> None:
    page = open_browser().new_page()
    page.goto(f"{browser_world.service.url.replace('localhost', '127.0.0.1')}/docs")

    page.get_by_role("link", name=f"{browser_world.service.url}/docs").click()

    page.wait_for_url(f"{browser_world.service.url}/docs")
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()
    expect(page.locator("#elsewhere")).to_be_hidden()


def test_the_docs_can_be_used_from_the_keyboard(browser_world: World, open_browser: Browsers) -> None:
    context = open_browser(permissions=["clipboard-read", "clipboard-write"])
    page = docs_page(context, browser_world)

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy for ChatGPT")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Copied")
    page.get_by_role("button", name="Authorize").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Available authorizations")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("heading", name="Available authorizations")).to_be_hidden()
    assert page.get_by_role("main").count() == 1


def test_without_javascript_the_docs_lead_to_the_document(browser_world: World, open_browser: Browsers) -> None:
    page = open_browser(java_script_enabled=False).new_page()
    page.goto(f"{browser_world.service.url}/docs")

    expect(page.locator("noscript .warning")).to_be_visible()
    expect(page.get_by_role("link", name="openapi.yaml")).to_have_attribute("href", "/openapi.yaml")
    expect(page.get_by_text(DIGEST).first).to_be_visible()


@pytest.fixture
def operated() -> Iterator[tuple[World, Person]]:
    """A world in the emulator's own project, and the person who is its operator."""
    with worlds.world(PROJECT) as first:
        ada = first.person("ada")
    with worlds.world(PROJECT, operators=frozenset((ada.uid,))) as made:
        yield made, ada


def save(world: World, person: Person, name: str, contract: str) -> None:
    """A new assistant with this NAME saves a note of PERSON's by this version of the contract."""
    client = world.assistant(name)
    code = world.code(client, person, scope="notes:write", **PKCE)
    tokens = world.exchange(client, code=code, code_verifier=VERIFIER).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    answer = world.service.post(f"/at/{contract}/notes", json={"title": "t", "content": name}, headers=headers)
    assert answer.status_code == 201, answer.text


def calls_page(context: BrowserContext, world: World, person: Person) -> Page:
    page = context.new_page()
    page.goto(f"{world.service.url}/docs")
    page.get_by_role("link", name="which versions are called").click()
    sign_in(page, person)
    return page


def test_an_operator_sees_what_still_has_an_earlier_import(
    operated: tuple[World, Person], open_browser: Browsers
) -> None:
    world, ada = operated
    name = ada.uid[:8]  # the project has other stories' calls
    save(world, ada, f"ChatGPT {name}", OLDER)
    save(world, ada, f"Claude {name}", DIGEST)
    complaints, _ = watch(context := open_browser(locale="de-DE", timezone_id="UTC"))

    page = calls_page(context, world, ada)

    expect(page.get_by_role("heading", name="Called lately")).to_be_visible()
    stale = page.get_by_role("row").filter(has_text=f"ChatGPT {name}")
    expect(stale).to_contain_text("saveNote")
    expect(stale).to_contain_text(OLDER)
    expect(stale).to_contain_text("not live")
    live = page.get_by_role("row").filter(has_text=f"Claude {name}")
    expect(live.locator("[data-of=isLive]")).to_have_text("live")
    expect(live.locator("time")).to_have_attribute("lang", "de-DE")
    expect(page.get_by_text("copy the contract again")).to_have_attribute("href", "/docs")
    assert complaints == []


def test_somebody_else_is_told_how_to_become_an_operator(
    operated: tuple[World, Person], open_browser: Browsers
) -> None:
    world, ada = operated
    eve = world.person("eve")
    save(world, ada, "ChatGPT", OLDER)

    page = calls_page(open_browser(), world, eve)

    expect(page.get_by_role("alert")).to_contain_text(eve.uid)
    expect(page.get_by_role("alert")).to_contain_text("OPERATORS")
    expect(page.get_by_role("table")).to_be_hidden()
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    photograph(page, "calls-not-an-operator")


def test_what_the_operator_saw_is_gone_when_somebody_else_signs_in(
    operated: tuple[World, Person], open_browser: Browsers
) -> None:
    world, ada = operated
    save(world, ada, "ChatGPT", OLDER)
    page = calls_page(open_browser(), world, ada)
    expect(page.get_by_role("table")).to_be_visible()

    page.get_by_role("button", name="Use another account").click()
    expect(page.get_by_role("table")).to_be_hidden()
    sign_in(page, world.person("eve"))

    expect(page.get_by_role("alert")).to_contain_text("Only operators")
    assert page.locator("#list tr").count() == 0


def answer_with(calls: list[dict[str, Any]]) -> Callable[[Route], None]:
    return lambda route: route.fulfill(json={"live": {"version": "1", "digest": DIGEST}, "calls": calls})


def test_an_empty_list_and_a_lost_answer_are_said(operated: tuple[World, Person], open_browser: Browsers) -> None:
    world, ada = operated
    context = open_browser()
    context.route("**/operator/calls", answer_with([]))
    context.route("**/operator/calls", lambda route: route.abort(), times=1)

    page = calls_page(context, world, ada)
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_text("No call of the last 30 days")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_role("heading", name="Called lately")).to_be_focused()


def test_what_a_client_calls_itself_is_shown_as_text(operated: tuple[World, Person], open_browser: Browsers) -> None:
    world, ada = operated
    name = "<img src=x onerror=alert(1)>"
    context = open_browser()
    common = {"clientId": "c", "operationId": "listNotes", "contract": OLDER, "isLive": False}
    context.route(
        "**/operator/calls", answer_with([common | {"clientName": name, "calledAt": "2026-11-22T12:00:00.000Z"}])
    )

    page = calls_page(context, world, ada)

    expect(page.get_by_role("rowheader")).to_contain_text(name)


def test_the_docs_as_pictures(operated: tuple[World, Person], open_browser: Browsers) -> None:
    world, ada = operated
    page = docs_page(open_browser(locale="en-GB", timezone_id="UTC"), world)
    photograph(page, "docs")
    dialog = open_authorization(page)
    photograph(page, "docs-authorize")
    dialog.get_by_role("button", name="Close").last.click()
    authorize(page, ada).get_by_role("button", name="Close").last.click()
    execute(page, "listNotes").wait_for()
    photograph(page, "docs-executed")
    operation = try_out(page, "saveNote")
    operation.locator(".body-param__text").fill("{}")
    expect(operation.get_by_role("button", name="Reset")).to_be_visible()  # beside Cancel, once the body is edited
    photograph(page, "docs-try-out")

    common = {"clientId": "a" * 22, "calledAt": "2026-11-22T12:00:00.000Z", "contract": DIGEST, "isLive": True}
    calls = [
        common | {"clientName": "ChatGPT", "operationId": "listNotes"},
        common | {"clientName": "ChatGPT", "operationId": "saveNote", "contract": OLDER, "isLive": False},
        common | {"clientName": "x" * 80, "clientId": f"https://{'y' * 80}.example", "operationId": "searchNotes"},
    ]
    page.goto(f"{world.service.url}/docs/calls")
    page.route("**/operator/calls", answer_with(calls), times=1)
    page.get_by_role("table").wait_for()
    photograph(page, "calls")
    page.route("**/operator/calls", answer_with([]), times=1)
    page.reload()
    page.get_by_text("No call of the last 30 days").wait_for()
    photograph(page, "calls-empty")
