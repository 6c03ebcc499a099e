"""A browser, a phone, and the assistant's callback page, for the stories that a person lives through."""

import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from scripts.verbs.emulators import PROJECT
from scripts.verbs.journey import Person
from tests import world as worlds
from tests.chromium import launched
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / ".local" / "screenshots"
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark") if "SCREENSHOTS" in os.environ else ()
_GAPI = ROOT / "tests" / "browser" / "gapi.js"
_ALLOWED = (
    *("http://localhost:", "http://127.0.0.1:", "data:"),
    "https://apis.google.com/js/api.js",  # tests/browser/gapi.js answers
    # The emulator's own account chooser asks for its style from there; it works without.
    *("https://unpkg.com/material-", "https://fonts.googleapis.com/", "https://fonts.gstatic.com/"),
)
expect.set_options(timeout=20_000)  # as patient as a test may be: a busy machine is no failure
VIEWPORTS = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 800}}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def open_browser(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make a browser profile of its own, which never leaves this machine; a page's wish to do so fails the test."""
    strayed: list[str] = []
    complaints: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(_ALLOWED):
            strayed.append(request.url)

    with ExitStack() as stack:

        def make(**options: Any) -> BrowserContext:
            context = chromium.new_context(viewport=options.pop("viewport", VIEWPORTS["phone"]), **options)
            stack.callback(context.close)
            context.on("request", note)
            context.route("https://apis.google.com/js/api.js*", lambda route: route.fulfill(path=_GAPI))
            context.on("weberror", lambda error: complaints.append(str(error.error)))
            context.on(
                "console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None
            )
            return context

        yield make
    assert strayed == []
    assert complaints == []


@pytest.fixture
def browser_world() -> Iterator[World]:
    """A world in the emulator's own project: calls with an API key, so every browser's, land there."""
    with worlds.world(PROJECT) as made:
        yield made


class Callback:
    """The assistant's callback, on a port of its own: remembers where each browser was sent."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.uri = f"http://localhost:{port}/oauth/callback"
        self.seen: queue.Queue[str] = queue.Queue()


@pytest.fixture
def callback() -> Iterator[Callback]:
    with _callback() as made:
        yield made


@contextmanager
def _callback() -> Iterator[Callback]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/oauth/callback"):
                made.seen.put(self.path)
                # As chat.openai.com does: on to another origin, which a form-action policy would have to know.
                self.send_response(302)
                self.send_header("Location", f"http://127.0.0.1:{made.port}/done")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>ChatGPT</title>Connected")

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Callback(server.server_port)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


class FakeHelper:
    """Answers as firebaseapp.com would: with its own headers, a cookie among them. Echoes what it was asked."""

    def __init__(self) -> None:
        self.cookies: list[str | None] = []
        helper = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                helper.cookies.append(self.headers["Cookie"])
                if self.path.startswith("/__/auth/links"):
                    self.send_response(302)
                    self.send_header("Location", f"{helper.url}/__/auth/handler?next")
                    self.end_headers()
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(200)
                self.send_header("Content-Type", "text/javascript")
                self.send_header("Cache-Control", "max-age=60")
                self.send_header("Set-Cookie", "a=b")
                self.end_headers()
                self.wfile.write(f"{self.command} {self.path} ".encode() + body)

            do_POST = do_GET  # noqa: N815  # the base class's name

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class's name
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def helper_origin() -> Iterator[FakeHelper]:
    made = FakeHelper()
    threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Phone:
    """The app on a person's phone: the real Firebase SDK, signed in, listening under the security rules."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._lines: queue.Queue[str] = queue.Queue()
        stdout = process.stdout
        assert stdout is not None
        threading.Thread(target=self._read, args=(stdout,), daemon=True).start()

    def _read(self, stdout: IO[str]) -> None:
        for line in stdout:
            self._lines.put(line)

    def next(self) -> dict[str, Any]:
        """What the listener says next: `notes`, all of them, or `refused`."""
        said: dict[str, Any] = json.loads(self._lines.get(timeout=30))
        return said


@pytest.fixture
def phone_of() -> Iterator[Callable[..., Phone]]:
    """Switch on a phone of PERSON that listens to the notes of OWNER (their own, if not given)."""
    with ExitStack() as stack:

        def switch_on(person: Person, owner: Person | None = None) -> Phone:
            process = stack.enter_context(
                subprocess.Popen(
                    ["node", "tests/mobile/phone.mjs", person.email, person.password, (owner or person).uid],
                    cwd=ROOT,
                    env=os.environ | {"GOOGLE_CLOUD_PROJECT": PROJECT},
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.terminate)
            return Phone(process)

        yield switch_on


def sign_in(page: Page, person: Person) -> None:
    press_sign_in(page, person)
    page.get_by_text(person.email).wait_for()


def press_sign_in(page: Page, person: Person) -> None:
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def photograph(page: Page, name: str) -> None:
    """Fails when PAGE scrolls sideways at phone or desktop width; pictures, light and dark, are for scripts/screenshots."""
    before = page.viewport_size
    for width, viewport in VIEWPORTS.items():
        page.set_viewport_size(viewport)  # type: ignore[arg-type]  # a dict with the two keys it wants
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name} is {overflow} px too wide on a {width}"
        for scheme in _SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if before:
        page.set_viewport_size(before)
