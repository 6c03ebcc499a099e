"""The browser that the stories and bench/pages are lived through in."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


@contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium that finds no host but this machine."""
    with sync_playwright() as playwright:
        # The same browser without windows and their interface: a story takes two thirds of the time.
        program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=[_NO_NETWORK])
        yield browser
        browser.close()
