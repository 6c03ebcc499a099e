"""/notes as a person lives it, in a real browser."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from scripts.verbs.emulators import PROJECT
from scripts.verbs.journey import Person
from service.firestore import Documents
from service.firestore_write import delete, put
from service.google_backends import open_documents
from tests import world as worlds
from tests.stories.conftest import photograph, sign_in
from tests.stories.test_connections_in_the_browser import end_session
from tests.world import FIRESTORE, World

Browsers = Callable[..., BrowserContext]
DAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with worlds.world(PROJECT) as made:
        yield made


@cache
def documents() -> Documents:
    return open_documents(PROJECT, "(default)", FIRESTORE)


def store(person: Person, *notes: dict[str, Any]) -> list[str]:
    """NOTES as they stand into PERSON's collection, past every rule; their ids."""
    ids = [note.pop("_id", uuid.uuid4().hex) for note in notes]
    writes = [put(f"users/{person.uid}/notes/{name}", note) for name, note in zip(ids, notes, strict=True)]
    for start in range(0, len(writes), 500):
        documents().commit(*writes[start : start + 500])
    return ids


def end_sessions(person: Person, since: datetime) -> None:
    documents().commit(put(f"endedSessions/{person.uid}", {"validSince": since}))


def note(title: str, content: str = "Some *text*", minute: int = 0, **fields: Any) -> dict[str, Any]:
    """As the service writes it, made at this MINUTE."""
    made = DAY + timedelta(minutes=minute)
    source = {"clientId": "c", "clientName": "ChatGPT"}
    about = {"kind": "note", "tags": [], "source": source, "createdAt": made, "updatedAt": made}
    return {"title": title, "content": content} | about | fields


def reader(context: BrowserContext, world: World, person: Person, path: str = "") -> Page:
    """The page, with PERSON signed in."""
    page = context.new_page()
    page.goto(f"{world.service.url}/notes{path}")
    sign_in(page, person)
    return page


def titles(page: Page) -> list[str]:
    return page.locator("#list h3").all_text_contents()


def shows(page: Page, *expected: str) -> None:
    expect(page.locator("#list h3")).to_have_text(list(expected))


def text_of(page: Page, text: str = "Some text") -> Locator:
    """TEXT in the note that is open."""
    return page.locator("#content").get_by_text(text)


def place(locator: Locator) -> int:
    """How far down the window it is."""
    box = locator.bounding_box()
    assert box is not None
    return round(box["y"])


def told(page: Page, text: str) -> None:
    expect(page.locator("#status")).to_have_text(text)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


MARKDOWN = """Intro with **bold**, `code`, ~~gone~~ and a [link](https://example.com/a?b=c).

## Shopping

1. Milk
2. Bread
   - rye

| Name | Price |
|:-----|------:|
| Tea  |  4.50 |

> quoted

```python
print("a < b")
```

![a cat](https://evil.example/cat.png) and \\(a_1*b*c_2\\)

שלום עולם

0. zeroth

Autumn moonlight —
a worm digs silently

https://example.com/plain
"""


def test_a_note_arrives_while_one_reads_and_moves_nothing(world: World, open_browser: Browsers) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)
    store(ada, *(note(f"Old {n}", MARKDOWN, n) for n in range(9)))
    page = reader(open_browser(), world, ada)
    shows(page, *(f"Old {n}" for n in reversed(range(9))))
    link = page.get_by_role("link", name="Old 2")
    link.focus()
    where = place(link)

    assert world.save(tokens, title="Fresh from the assistant").status_code == 201

    told(page, "New note: \u2068Fresh from the assistant\u2069")
    assert titles(page)[:2] == ["Fresh from the assistant", "Old 8"]
    expect(link).to_be_focused()
    assert place(link) == where
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Old 2")).to_be_focused()
    heading = page.get_by_role("heading", name="Old 2")
    where = place(heading)
    assert world.save(tokens, title="Another", content="Another").status_code == 201
    told(page, "New note: \u2068Another\u2069")
    assert place(heading) == where
    expect(heading).to_be_focused()


def test_markdown_is_shown_as_it_is_meant(world: World, open_browser: Browsers) -> None:
    ada = world.person()
    page_of = "https://example.com/recipe?a=1"
    (one,) = store(ada, note("Tea", MARKDOWN, kind="bookmark", tags=["drinks", "été"], sourceUrl=page_of))
    page = reader(open_browser(locale="en-GB", timezone_id="UTC"), world, ada, f"/{one}")

    expect(page.locator("#origin")).to_have_text("Bookmark, saved by ChatGPT, 20 Nov 2026, 00:00 · #drinks · #été")
    source = page.get_by_role("link", name=page_of)
    for name, value in (("href", page_of), ("rel", "noopener noreferrer"), ("target", "_blank")):
        expect(source).to_have_attribute(name, value)
    content = page.locator("#content")
    for selector, words in (
        ("strong", "bold"),
        ("p > code", "code"),
        ("h4", "Shopping"),
        ("ol > li > ul > li", "rye"),
        ("ol[start='0'] > li", "zeroth"),
        ("td.to-right", "4.50"),
        ("blockquote", "quoted"),
        ("pre > code", 'print("a < b")'),
        ("a[href='https://example.com/a?b=c']", "link"),
        ("a[href='https://evil.example/cat.png']", "Image: a cat"),
        ("a[href='https://example.com/plain']", "https://example.com/plain"),
    ):
        expect(content.locator(selector)).to_have_text(words)
    expect(content.get_by_text("(a_1")).to_contain_text("\\(a_1*b*c_2\\)")
    expect(content.locator("img")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.querySelector('td.to-right')).textAlign") == "right"
    lines = content.get_by_text("Autumn moonlight").evaluate("(element) => element.innerText")
    assert lines == "Autumn moonlight —\na worm digs silently"  # as the assistant had shown it
    hebrew = content.get_by_text("שלום")
    assert hebrew.evaluate("(element) => getComputedStyle(element).direction") == "rtl"
    assert page.title() == "Tea · Your notes · ItsimpleAI"


HOSTILE = [
    "<script>hit()</script>",
    "<img src=x-evil onerror=hit()>",
    "<svg onload=hit()><script>hit()</script></svg>",
    "<iframe src='javascript:parent.hit()' srcdoc='<script>parent.hit()</script>'></iframe>",
    "<style>@import 'http://localhost:1/evil.css'; * { display: none }</style>",
    "<link rel=stylesheet href=http://localhost:1/evil.css><base href=http://localhost:1/evil/>",
    "<meta http-equiv=refresh content='0;url=http://localhost:1/evil'>",
    "<form action=http://localhost:1/evil><button autofocus onfocus=hit()>x</button></form>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=hit()&gt;'>",
    "<details open ontoggle=hit()>x</details><video src=http://localhost:1/evil onerror=hit()></video>",
    "<template><script>hit()</script></template><noscript><p title='</noscript><img src=x onerror=hit()>'>",
    "[a](javascript:hit())",
    "[a](JaVaScRiPt:hit()) [b](&#106;avascript:hit()) [c](java\tscript:hit()) [d](<java\nscript:hit()>)",
    "[a](data:text/html,<script>hit()</script>) [b](vbscript:hit()) [c](blob:http://localhost/evil)",
    "<javascript:hit()> <data:text/html;base64,PHNjcmlwdD4=> javascript:hit() //evil.example/ [x](//evil.example)",
    "![a](http://localhost:1/evil.png) ![b](javascript:hit()) ![c](data:image/svg+xml,<svg/onload=hit()>)",
    '[![a](http://localhost:1/evil.png)](javascript:hit()) [![b](x "onerror=hit()")](https://evil.example)',
    '[a](https://evil.example "\' onmouseover=\'hit()") [b](https://evil.example/"onclick=hit()//)',
    "[a][1]\n\n[1]: javascript:hit() 'x'\n\n[b][2]\n\n[2]: <https://evil.example/' onclick='hit()>",
    "```html onload=hit() class='\"><script>hit()</script>\n<script>hit()</script>\n```",
    "<!--\n<script>hit()</script>\n-->\n<?php hit() ?>\n<![CDATA[<script>hit()</script>]]>",
    "| <script>hit()</script> |\n|:-:|\n| <b onclick=hit()>x</b> |",
    "# <a name=status id=status>x</a> {#status onclick=hit()}",
    "constructor __proto__ [a]: x\n\n[__proto__][__proto__] [constructor][constructor]",
    "\u202etxt.exe\u0000\u2028<script>hit()</script>\ud7ff",
    "{{ config }} {% raw %} ${hit()} `${hit()}` <%= hit() %>",
    "\\<script>hit()\\</script> &lt;script&gt;hit()&lt;/script&gt; &#60;script&#62;hit()",
    "$$<script>hit()</script>$$ \\(<img src=x onerror=hit()>\\)",
]
# What is there beside words, and each attribute of it.
INSIDE = """() => [...document.querySelectorAll("#note, #note *")].flatMap((element) =>
  [element.localName, ...[...element.attributes].map(({name, value}) => name === "href" ? value.split(":")[0] : name)])"""
ELEMENTS = "article p a span h2 h3 h4 div button bdi time ul ol li pre code table thead tbody tr th td blockquote em strong s br hr"
ATTRIBUTES = "id class dir tabindex hidden aria-labelledby datetime lang type target rel start https http /notes"


def test_what_a_note_says_is_text_and_never_code(world: World, open_browser: Browsers) -> None:
    ada, bad = world.person(), list[str]()
    store(ada, *({
        "title": text, "content": text, "tags": [text[:50]], "kind": text, "sourceUrl": text if n % 2 else "javascript:hit()",
        "source": {"clientName": text}, "createdAt": DAY + timedelta(seconds=n)
    } for n, text in enumerate(HOSTILE)))  # fmt: skip
    context = open_browser()
    context.on("dialog", lambda dialog: bad.append(f"dialog {dialog.message}"))
    context.on("console", lambda line: bad.append(line.text))
    context.on("request", lambda request: bad.append(request.url) if "evil" in request.url else None)
    context.add_init_script("globalThis.hit = () => console.log('hit')")
    page = reader(context, world, ada)
    expect(page.locator("#list h3")).to_have_count(len(HOSTILE))
    allowed = {*ELEMENTS.split(), *ATTRIBUTES.split()}

    for n, text in enumerate(reversed(HOSTILE)):
        page.locator("#list a").nth(n).click()
        expect(page.locator("#title")).to_be_focused()
        expect(page.locator("#content > *").first).to_be_attached()
        assert set(page.evaluate(INSIDE)) <= allowed, text
        page.get_by_role("link", name="All notes").click()
        expect(page.locator("#list a").nth(n)).to_be_focused()

    for name in ("kind", "tag"):
        assert page.locator(f"#{name} option").count() >= len(HOSTILE)
    assert page.locator("#list :is(script, img, svg, iframe, style), #filter :is(script, img)").count() == 0
    assert bad == []


ODD: list[dict[str, Any]] = [
    {},
    {"title": {"de": "Ein Titel"}},
    {"title": "Tags are a number", "tags": 5},
    {"title": "A time is a text", "createdAt": "2026-11-20T00:00:00Z", "updatedAt": "yesterday"},
    {"title": "A time is a number", "createdAt": 1732104000},
    {"title": "Text is a list", "content": ["a", {"b": 1}]},
    {"title": "Kind is a map", "kind": {"a": 1}, "source": "me", "sourceUrl": 7, "archived": "no", "pinned": 1},
    {"title": "Everything is null"} | dict.fromkeys(("content", "kind", "tags", "source", "sourceUrl", "createdAt")),
    {"title": "", "content": "Its first words are its title"},
    {"title": "A mebibyte", "content": "0123456789abcde\n" * 65_500, "createdAt": DAY},
    {"title": "Many tags", "tags": [f"tag {n}" for n in range(5_000)]},
    {"_id": "an id: 100% / not".replace("/", "÷"), "title": "An odd id"},
    {"title": "x" * 2_000, "content": "y" * 5_000, "createdAt": DAY, "unknown": {"a": [1]}},
]


def test_documents_that_nobody_meant_are_shown_as_far_as_they_can_be(world: World, open_browser: Browsers) -> None:
    ada = world.person()
    store(ada, *(dict(document) for document in ODD), note("As it should be", minute=1))
    page = reader(open_browser(), world, ada)

    expect(page.locator("#list h3")).to_have_count(len(ODD) + 1)
    found = titles(page)
    for told in ("As it should be", "Untitled", '{ "de": "Ein Titel" }', "Its first words are its title"):
        assert told in found
    for n in range(len(found)):
        page.locator("#list a").nth(n).click()
        expect(page.locator("#of")).to_be_visible()
        expect(page.locator("#title")).to_have_text(found[n])
        page.get_by_role("link", name="All notes").click()
        expect(page.locator("#list a").nth(n)).to_be_focused()
    page.get_by_role("link", name="A mebibyte").click()
    expect(page.locator("#content")).to_contain_text("0123456789abcde")
    page.go_back()
    page.get_by_role("link", name="An odd id").click()
    page.reload()
    expect(page.get_by_role("heading", name="An odd id")).to_be_visible()


def test_notes_are_found_by_words_kind_and_tag(world: World, open_browser: Browsers) -> None:
    ada = world.person()
    store(
        ada,
        note("Café crème", "one", 1, tags=["Été"]),
        note("Second", "a cafe in the text", 2, kind="quote"),
        note("Third", "nothing", 3, kind="quote", tags=["été", "CAFE"]),
        note("Put away", "café", 4, archived=True),
    )
    page = reader(open_browser(), world, ada)
    shows(page, "Third", "Second", "Café crème")
    search = page.get_by_role("searchbox", name="Search")

    search.fill("CAFE")
    shows(page, "Third", "Second", "Café crème")
    expect(page.get_by_text("3 notes found")).to_be_visible()
    search.fill("cafe text")
    shows(page, "Second")
    expect(page.get_by_text("1 note found")).to_be_visible()
    search.fill("tea")
    shows(page)
    expect(page.get_by_text("Try other words, or fewer.")).to_be_visible()
    search.fill("")
    page.get_by_label("Kind").select_option("Quote")
    shows(page, "Third", "Second")
    page.get_by_label("Tag").select_option("ete")
    shows(page, "Third")
    page.get_by_label("Kind").select_option("All")
    shows(page, "Third", "Café crème")
    page.get_by_label("Tag").select_option("All")
    page.get_by_label("Show").select_option("Archive")
    shows(page, "Put away")


def test_a_note_is_pinned_archived_and_deleted(world: World, open_browser: Browsers) -> None:
    ada = world.person()
    first, second = store(ada, note("First", minute=1), note("Second", minute=2))
    page = reader(open_browser(), world, ada)
    before = {kept["title"]: kept for kept in world.notes(ada)}

    page.get_by_role("link", name="First").click()
    press(page, "Pin")
    expect(page.get_by_role("button", name="Unpin")).to_be_focused()
    told(page, "Pinned: it comes first in the list.")
    page.go_back()
    shows(page, "First", "Second")
    expect(page.locator("#list li").first).to_contain_text("Pinned")
    expect(page.get_by_role("link", name="First")).to_be_focused()
    page.get_by_role("link", name="Second").click()
    press(page, "Archive")
    expect(page.get_by_role("button", name="Unarchive")).to_be_focused()
    told(page, "Archived.")
    page.get_by_role("link", name="All notes").click()
    shows(page, "First")
    expect(page.get_by_role("heading", name="Notes", exact=True)).to_be_focused()
    page.reload()
    shows(page, "First")
    after = {kept["title"]: kept for kept in world.notes(ada)}
    assert after == {"First": before["First"] | {"pinned": True}, "Second": before["Second"] | {"archived": True}}

    page.goto(f"{world.service.url}/notes/{second}")
    press(page, "Unarchive")
    told(page, "It is back among your notes.")
    press(page, "Delete")
    question = page.get_by_role("dialog", name="Delete Second?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    press(page, "Delete")
    question.get_by_role("button", name="Delete").click()
    told(page, "\u2068Second\u2069 is deleted.")
    expect(page).to_have_url(f"{world.service.url}/notes")
    shows(page, "First")
    page.goto(f"{world.service.url}/notes/{first}")
    press(page, "Unpin")
    told(page, "It is not pinned any more.")
    page.goto(f"{world.service.url}/notes")
    shows(page, "First")
    assert world.notes(ada) == [before["First"] | {"pinned": False}]


def test_an_address_opens_its_note_and_back_returns(world: World, open_browser: Browsers) -> None:
    ada = world.person()
    one, two = store(ada, note("One", minute=1), note("Two", minute=2))
    page = reader(open_browser(), world, ada, f"/{one}")

    expect(page.get_by_role("heading", name="One")).to_be_focused()
    page.get_by_role("link", name="All notes").click()
    expect(page).to_have_url(f"{world.service.url}/notes")
    page.get_by_role("link", name="Two").click()
    expect(page).to_have_url(f"{world.service.url}/notes/{two}")
    expect(text_of(page)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="Two")).to_be_focused()
    page.go_forward()
    expect(page.get_by_role("heading", name="Two")).to_be_focused()
    documents().commit(delete(f"users/{ada.uid}/notes/{two}"))
    expect(page.get_by_role("heading", name="This note was deleted.")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_be_hidden()
    page.goto(f"{world.service.url}/notes/nothing")
    expect(page.get_by_role("heading", name="There is no such note, or not any more.")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="All notes").click(modifiers=["ControlOrMeta"])
    shows(opened.value, "One")


KEPT = """async () => [Object.keys(localStorage).filter((key) => /firestore|mate:notes/.test(key)),
  (await indexedDB.databases()).map(({name}) => name).filter((name) => name.startsWith("firestore"))].flat()"""

LEFT = f"""async () => {{ const end = Date.now() + 20_000;
  while ((await ({KEPT})()).length && Date.now() < end) await new Promise((done) => setTimeout(done, 20)); }}"""


# Cookies are blocked: what would keep something throws, or refuses.
BLOCKED = """
const denied = () => { throw new DOMException("denied", "SecurityError"); };
for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, name, { get: denied });
for (const name of ["request", "query"]) if (globalThis.LockManager) LockManager.prototype[name] = async () => denied();
IDBFactory.prototype.open = IDBFactory.prototype.databases = denied;
"""


def keeps_nothing(page: Page) -> None:
    page.evaluate(LEFT)
    assert page.evaluate(KEPT) == []
    assert page.evaluate("navigator.locks.query().then(({ held }) => held)") == []


def test_who_comes_next_sees_nothing_of_who_was_there(world: World, open_browser: Browsers) -> None:
    ada, bob = world.person("ada"), world.person("bob")
    (hers,) = store(ada, note("Only Ada's"))
    store(bob, note("Only Bob's"))
    page = reader(open_browser(), world, ada)
    shows(page, "Only Ada's")
    assert len(page.evaluate(KEPT)) > 1
    page.get_by_role("link", name="Only Ada's").click()
    expect(text_of(page)).to_be_visible()

    press(page, "Use another account")
    expect(page.locator("#notes")).to_be_hidden()
    assert "Only Ada's" not in page.content()
    keeps_nothing(page)
    sign_in(page, bob)
    expect(page.get_by_role("heading", name="There is no such note, or not any more.")).to_be_visible()
    assert page.url.endswith(hers)
    page.get_by_role("link", name="All notes").click()
    shows(page, "Only Bob's")
    page.goto(f"{world.service.url}/connections")
    press(page, "Use another account")
    keeps_nothing(page)


def test_two_tabs_live_together_and_leave_together(world: World, open_browser: Browsers) -> None:
    ada, context = world.person(), open_browser()
    store(ada, note("First", minute=1))
    first = reader(context, world, ada)
    shows(first, "First")
    second = context.new_page()
    second.goto(f"{world.service.url}/notes")
    shows(second, "First")

    store(ada, note("Second", minute=2))
    for page in (first, second):
        shows(page, "Second", "First")
    press(second, "Use another account")

    for page in (second, first):
        expect(page.get_by_label("E-mail")).to_be_visible()
        assert "Second" not in page.content()
        keeps_nothing(page)


def test_an_id_that_none_can_have_is_no_note(world: World, open_browser: Browsers) -> None:
    page = reader(open_browser(), world, world.person(), "/__x__")

    expect(page.get_by_role("heading", name="There is no such note, or not any more.")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_what_was_here_last_is_there_without_a_connection(world: World, open_browser: Browsers) -> None:
    ada, context = world.person(), open_browser()
    (one,) = store(ada, note("One", minute=1))
    page = reader(context, world, ada)
    shows(page, "One")
    offline = page.get_by_text("There is no connection.")

    context.set_offline(True)
    expect(offline).to_be_visible()
    page.get_by_role("link", name="One").click()
    expect(text_of(page)).to_be_visible()
    press(page, "Archive")
    told(page, "Archived. It is sent when there is a connection.")
    context.set_offline(False)
    told(page, "Archived.")
    assert [kept["archived"] for kept in world.notes(ada)] == [True]
    context.set_offline(True)
    expect(offline).to_be_visible()
    store(ada, note("Meanwhile", minute=2))
    context.set_offline(False)
    told(page, "New note: \u2068Meanwhile\u2069")
    expect(offline).to_be_hidden()

    context.route(f"http://{FIRESTORE}/**", lambda route: route.abort())
    page.goto(f"{world.service.url}/notes")
    shows(page, "Meanwhile")
    expect(offline).to_be_visible()
    page.goto(f"{world.service.url}/notes/{one}")
    expect(text_of(page)).to_be_visible()


@pytest.mark.parametrize(
    "script",
    ["Object.defineProperty(globalThis, 'indexedDB', {get() { return undefined }})", BLOCKED],
    ids=["no", "blocked"],
)
def test_where_nothing_can_be_kept_notes_are_shown_all_the_same(
    world: World, open_browser: Browsers, script: str
) -> None:
    ada, context = world.person(), open_browser()
    store(ada, note("One"))
    context.add_init_script(script)

    page = reader(context, world, ada)

    shows(page, "One")
    expect(page.get_by_role("alert")).to_be_hidden()


def forgetting(context: BrowserContext, world: World) -> Page:
    """A page of nobody's that has the functions of forget.js, and a database of Firestore's."""
    page = context.new_page()
    page.goto(f"{world.service.url}/notes")
    page.get_by_label("E-mail").wait_for()
    page.evaluate("""async () => {
      const scripts = performance.getEntriesByType("resource").map(({name}) => name);
      Object.assign(globalThis, await import(scripts.find((name) => name.endsWith("/forget.js"))));
      globalThis.kept = async () => (await indexedDB.databases()).length;
      globalThis.keep = (uid) => new Promise((done) => {
        localStorage.setItem("mate:notes-of", uid);
        const request = indexedDB.open("firestore/x");
        request.onsuccess = () => done(request.result.close());
      });
    }""")
    return page


def test_what_was_kept_goes_with_whom_it_was_of(world: World, open_browser: Browsers) -> None:
    page = forgetting(open_browser(), world)
    before = page.evaluate("kept()")

    for act, left in (
        ("keep('ada')", 1),
        ("forget('bob')", 1),
        ("keepOnly('ada')", 1),
        ("keepOnly('bob')", 0),
        ("keep('bob')", 1),
        ("forgetUnlessOpen('bob')", 0),
        ("keep('bob')", 1),
        ("forget('bob')", 0),
    ):
        page.evaluate(act)
        assert page.evaluate("kept()") - before == left, act


def test_what_was_kept_goes_once_every_tab_has_closed_it(world: World, open_browser: Browsers) -> None:
    context = open_browser()
    page, other = (forgetting(context, world) for _ in range(2))
    before = page.evaluate("kept()")
    other.evaluate("async () => { globalThis.release = await hold(); }")
    page.evaluate(
        "async () => { await keep('ada'); globalThis.forgotten = forget('ada').then(() => performance.now()); }"
    )

    page.evaluate("forgetUnlessOpen('ada')")  # does not wait
    assert page.evaluate("kept()") - before == 1
    released = page.evaluate("performance.now()")
    other.evaluate("release()")

    assert page.evaluate("forgotten") > released
    assert page.evaluate("kept()") == before


def test_a_tab_that_sleeps_keeps_nobody_from_leaving(world: World, open_browser: Browsers) -> None:
    context = open_browser()
    page, sleeping = (forgetting(context, world) for _ in range(2))
    before = page.evaluate("kept()")
    sleeping.evaluate("async () => { await hold(); }")

    page.evaluate("keep('ada').then(() => forget('ada'))")

    assert page.evaluate("kept()") == before


def test_thousands_of_notes_are_shown_a_page_at_a_time(world: World, open_browser: Browsers) -> None:
    ada = world.person()
    store(ada, *(note(f"Note {n}", f"word{n} " * 9, n % 1440, tags=[f"t{n % 40}"]) for n in range(2_000)))
    page = reader(open_browser(), world, ada)
    expect(page.locator("#list li")).to_have_count(50)

    search = page.get_by_role("searchbox", name="Search")
    search.fill("word")
    expect(page.get_by_text("60 notes found so far")).to_be_visible()
    press(page, "Show more")
    expect(page.locator("#list li")).to_have_count(100)
    expect(page.locator("#list a").nth(50)).to_be_focused()
    search.fill("word1999")
    shows(page, "Note 1999")
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    search.fill("")
    expect(page.locator("#list li")).to_have_count(50)
    search.fill("word")
    expect(page.get_by_text("2,000 notes found")).to_be_visible()


def test_everything_can_be_done_from_the_keyboard(world: World, open_browser: Browsers) -> None:
    ada = world.person()
    store(ada, note("First", minute=1), note("Second", "[link](https://example.com)\n\n    code", minute=2))
    page = open_browser().new_page()
    page.goto(f"{world.service.url}/notes")
    expect(page.get_by_label("E-mail")).to_be_visible()
    page.get_by_label("E-mail").focus()

    page.keyboard.type(ada.email)
    page.keyboard.press("Tab")
    page.keyboard.type(ada.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Notes", exact=True)).to_be_focused()
    shows(page, "Second", "First")
    for name in ("Search", "Kind", "Tag", "Show"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(name, exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Second")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Second")).to_be_focused()
    expect(text_of(page, "link")).to_be_visible()
    for name in ("Pin", "Archive", "Delete"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="link")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("pre")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Notes", exact=True)).to_be_focused()
    shows(page, "First")


def test_a_sign_in_that_has_ended_is_left(world: World, open_browser: Browsers) -> None:
    ada = world.person()
    store(ada, note("One"))
    page = reader(open_browser(), world, ada)
    shows(page, "One")
    page.get_by_role("link", name="One").click()
    expect(text_of(page)).to_be_visible()
    end_session(ada)
    end_sessions(ada, DAY + timedelta(days=9_999))

    with suppress(PlaywrightTimeout):  # the page may have noticed first: then there is nothing left to press
        page.get_by_role("button", name="Pin", exact=True).click(timeout=3_000)

    expect(page.get_by_role("alert")).to_have_text("Your sign-in has ended. Sign in again.")
    expect(page.get_by_role("button", name="Continue with Google")).to_be_focused()
    assert "One" not in page.locator("#notes").inner_text()
    keeps_nothing(page)


def test_a_refusal_says_what_to_do(world: World, open_browser: Browsers) -> None:
    ada = world.person()
    store(ada, note("One"))
    end_sessions(ada, DAY + timedelta(days=9_999))
    page = reader(open_browser(), world, ada)
    expect(page.get_by_role("alert")).to_have_text(
        "Your notes cannot be fetched (it is not open to this account). Try again; if it stays so, tell who runs this service."
    )
    end_sessions(ada, DAY - timedelta(days=999))

    press(page, "Try again")

    shows(page, "One")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()


def test_other_pages_lead_there(world: World, open_browser: Browsers) -> None:
    page = open_browser().new_page()
    for path, link in (("/", "Read your notes"), ("/connections", "Read your notes")):
        page.goto(world.service.url + path)
        page.get_by_role("link", name=link).click()
        expect(page.get_by_role("heading", name="Your notes in ItsimpleAI")).to_be_visible()


def test_the_reader_as_pictures(world: World, open_browser: Browsers) -> None:
    ada, eve = world.person("ada"), world.person("eve")
    names = "1. **Crema**\n2. *Half Past Ten*\n3. `Grounds` ☕\n"
    vaccines = "They show the **immune system** what to look for, so that it knows it when it comes."
    store(
        ada,
        note("Three names for a café", names, 700, tags=["names"], pinned=True),
        note("How vaccines work", vaccines, 600, kind="bookmark", tags=["health"], sourceUrl="https://example.com/v"),
        note("רשימת קניות", "חלב, לחם, *eggs*", 500, source=None, kind="quote", tags=["קניות"]),
        note("A haiku", "> Autumn moonlight\n> a worm digs silently\n> into the chestnut.\n", 400),
    )
    page = open_browser(locale="en-GB", timezone_id="UTC").new_page()
    page.goto(f"{world.service.url}/notes")
    page.get_by_label("E-mail").wait_for()
    photograph(page, "notes-signed-out")
    sign_in(page, ada)
    expect(page.locator("#list li")).to_have_count(4)
    page.mouse.click(1, 1)
    photograph(page, "notes")
    wide = "\n".join((MARKDOWN, "x" * 300, "\n```", "y" * 300, "```\n", "|a" * 30, "|-" * 30, "|1" * 30))
    address = "https://example.com/" + "z" * 200
    (long,) = store(
        ada, note("L" + "o" * 90 + "ng", wide, 650, tags=["t" * 50, "ענבים"], sourceUrl=address, kind="post")
    )
    expect(page.locator("#list li")).to_have_count(5)
    photograph(page, "notes-long")
    page.get_by_role("searchbox").fill("nowhere")
    photograph(page, "notes-none-found")
    page.goto(f"{world.service.url}/notes/{long}")
    text_of(page, "Intro with").wait_for()
    page.mouse.click(1, 1)
    photograph(page, "notes-one")
    press(page, "Delete")
    photograph(page, "notes-question")
    page.keyboard.press("Escape")
    press(page, "Use another account")
    sign_in(page, eve)
    expect(page.get_by_role("heading", name="There is no such note")).to_be_visible()
    photograph(page, "notes-nothing-there")
    page.get_by_role("link", name="All notes").click()
    expect(page.get_by_text("There is nothing yet.")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_text("There is no connection.")).to_be_visible()
    photograph(page, "notes-offline")
