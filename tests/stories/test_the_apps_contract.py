"""docs/mobile.md, lived through: its JavaScript runs as it is printed, in a browser, with the SDK that the app has."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from scripts.verbs.emulators import PROJECT
from scripts.verbs.journey import Person
from scripts.verbs.processes import ROOT
from service.firestore_write import create
from service.pages.files import STATIC
from tests.assistant import Caller, connected
from tests.house.test_mobile_contract import IS_NOTE
from tests.stories.conftest import Phone
from tests.world import AUTH, FIRESTORE, World

(SNIPPET,) = re.findall(r"^```js\n(.*?)^```", (ROOT / "docs/mobile.md").read_text(), re.MULTILINE | re.DOTALL)
IMPORTS = {f"firebase/{name}": f"/app/firebase-{name}.js" for name in ("app", "auth", "firestore")}
PAGE = f"""<!doctype html><title>The app</title>
<script type="importmap">{json.dumps({"imports": IMPORTS})}</script>
<script type="module">
import {{ initializeApp }} from "firebase/app";
import {{ connectAuthEmulator, getAuth, signInWithEmailAndPassword }} from "firebase/auth";
import {{ connectFirestoreEmulator, setLogLevel }} from "firebase/firestore";
import * as contract from "/app/contract.js";
const app = initializeApp({{ projectId: "{PROJECT}", apiKey: "emulator-takes-any-key" }});
const auth = getAuth(app);
connectAuthEmulator(auth, "http://{AUTH}", {{ disableWarnings: true }});
setLogLevel("silent");
const firestore = contract.open(app);
connectFirestoreEmulator(firestore, {", ".join(map(json.dumps, FIRESTORE.split(":")))});
window.begin = async (email, password) => {{
  const {{ user }} = await signInWithEmailAndPassword(auth, email, password);
  window.app = {{ contract, firestore, uid: user.uid, seen: [] }};
  contract.listen(firestore, user.uid, (notes, last) => Object.assign(window.app, {{ notes, last }}), (error) => {{ window.app.failed = error.code; }});
}};
window.ready = true;
</script>"""


class App:
    """The app in a browser's page, with the functions of docs/mobile.md; PERSON is signed in and it listens."""

    def __init__(self, page: Page, url: str, world: World, person: Person) -> None:
        self.page, self.world, self.person = page, world, person
        page.goto(url)
        page.wait_for_function("window.ready")
        page.evaluate("([email, password]) => window.begin(email, password)", [person.email, person.password])
        page.wait_for_function("window.app.notes")

    def call(self, what: str, *arguments: Any) -> Any:
        """The answer of `contract.WHAT(firestore, uid, *ARGUMENTS)`."""
        script = "([what, given]) => { const { contract, firestore, uid } = window.app; return contract[what](firestore, uid, ...given); }"
        return self.page.evaluate(script, [what, arguments])

    def wait_for(self, condition: str, argument: Any = None) -> None:
        """Until CONDITION, an expression of `notes` and `argument`, is true of what the listener showed last."""
        self.page.wait_for_function(f"(argument) => ((notes) => {condition})(window.app.notes)", arg=argument)


class Files(BaseHTTPRequestHandler):
    """The app's page, the snippet as it is printed, and the SDK: from a real server, or Chromium asks before it may call the emulators."""

    def do_GET(self) -> None:
        name = self.path.removeprefix("/app/")
        body = (
            SNIPPET.encode()
            if name == "contract.js"
            else (STATIC / "vendor" / name).read_bytes()
            if name
            else PAGE.encode()
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if name else "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/app/"
        server.shutdown()


@pytest.fixture
def app(files: str, browser_world: World, chromium: Browser) -> Iterator[App]:
    context = chromium.new_context()  # not one of our pages': the SDK asks Google whether there is a network
    yield App(context.new_page(), files, browser_world, browser_world.person())
    context.close()


def stored(app: App, note_id: str) -> dict[str, Any]:
    (snapshot,) = app.world.service.backends.documents.get(f"users/{app.person.uid}/notes/{note_id}")
    assert snapshot is not None
    return dict(snapshot.fields)


def test_the_app_does_all_that_the_page_says(app: App) -> None:
    chatgpt = connected(app.world, app.person)
    receipt = chatgpt.save("From the assistant").json()
    app.wait_for("notes.some((note) => note.id === argument)", receipt["id"])

    made = app.page.evaluate(
        """async () => {
          const { contract, firestore, uid } = window.app;
          const { id, arrived } = contract.create(firestore, uid, { title: "Mine", content: "On the phone 😀", tags: ["a"] });
          await arrived;
          return id;
        }"""
    )
    (note,) = [note for note in app.world.notes(app.person) if note["title"] == "Mine"]
    assert IS_NOTE.is_valid(note)
    assert [found["id"] for found in app.call("tagged", "a")] == [made]
    app.call("archive", made, True)
    assert stored(app, made)["archived"] is True

    edit = """async ([id, title]) => {
      const { contract, firestore, uid, notes } = window.app;
      const seen = notes.find((note) => note.id === id).updatedAt;
      return [await contract.edit(firestore, uid, id, seen, { title }), await contract.edit(firestore, uid, id, seen, { title: "Twice" })];
    }"""
    assert app.page.evaluate(edit, [receipt["id"], "Renamed on the phone"]) == [True, False]
    assert stored(app, receipt["id"])["title"] == "Renamed on the phone"
    refused = chatgpt.change(receipt, append="what I did not see")
    assert refused.status_code == 409
    assert chatgpt.get(f"/notes/{receipt['id']}").json()["title"] == "Renamed on the phone"

    app.call("remove", made)
    app.wait_for("!notes.some((note) => note.id === argument)", made)


def test_what_is_older_than_a_page_comes_page_by_page(app: App) -> None:
    documents = app.world.service.backends.documents
    times = [app.world.service.backends.now() for _ in range(60)]
    fields = {"kind": "note", "content": "c", "tags": []}
    writes = [
        create(f"users/{app.person.uid}/notes/n{n:02}", fields | {"title": f"{n}", "createdAt": at, "updatedAt": at})
        for n, at in enumerate(times)
    ]
    documents.commit(*writes)
    app.wait_for("notes.length === 50")

    older = """async () => {
      const { contract, firestore, uid, notes, last } = window.app;
      const page = await contract.older(firestore, uid, last);
      return [notes, page.notes].map((some) => some.map(({ id }) => id));
    }"""
    newest, rest = app.page.evaluate(older)

    assert [*newest, *rest] == [f"n{n:02}" for n in reversed(range(60))]


def test_offline_the_app_writes_and_shows_and_later_everything_meets(app: App) -> None:
    chatgpt = connected(app.world, app.person)
    app.page.context.set_offline(True)
    made = app.page.evaluate(
        "() => { const { contract, firestore, uid } = window.app; return contract.create(firestore, uid, { title: 'Offline', content: 'c' }).id; }"
    )
    app.wait_for("notes.some((note) => note.id === argument && note.createdAt)", made)
    saved = chatgpt.save("meanwhile").json()["id"]
    assert len(app.world.notes(app.person)) == 1

    app.page.context.set_offline(False)

    app.wait_for("argument.every((id) => notes.some((note) => note.id === id))", [made, saved])
    app.page.evaluate("async () => (await import('firebase/firestore')).waitForPendingWrites(window.app.firestore)")
    assert IS_NOTE.is_valid(next(note for note in app.world.notes(app.person) if note["title"] == "Offline"))


def test_who_signs_out_leaves_nothing_on_the_device(app: App) -> None:
    connected(app.world, app.person).save("private")
    app.wait_for("notes.length === 1")
    databases = "() => indexedDB.databases().then((all) => all.map(({ name }) => name).filter((name) => name.includes('firestore')))"
    assert app.page.evaluate(databases)

    app.page.evaluate("() => window.app.contract.forget(window.app.firestore)")

    assert app.page.evaluate(databases) == []


@pytest.fixture
def listener(browser_world: World) -> Iterator[tuple[Caller, "subprocess.Popen[str]", Phone]]:
    """An assistant of a person, and their phone: it listens to the newest notes, and its network can be switched."""
    person = browser_world.person()
    command = ["node", "tests/mobile/listener.mjs", person.email, person.password, person.uid]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield connected(browser_world, person), process, Phone(process)
        process.terminate()


def test_a_phone_that_was_offline_for_a_hundred_saves_gets_each_once_and_in_order(
    listener: tuple[Caller, "subprocess.Popen[str]", Phone],
) -> None:
    chatgpt, process, phone = listener
    assert phone.next()["added"] == []

    def switch(network: str) -> None:
        assert process.stdin is not None
        process.stdin.write(f"{network}\n")
        process.stdin.flush()
        assert_said(phone, network)

    switch("offline")
    saved = [chatgpt.save(f"{n}").json()["id"] for n in range(100)]
    switch("online")

    arrived: list[str] = []
    while len(arrived) < 100:
        arrived += reversed(phone.next().get("added", []))
    assert arrived == saved


def assert_said(phone: Phone, network: str) -> None:
    while (said := phone.next()).get("is") != network:
        assert said["added"] == []
