"""The README's first command, as a stranger types it."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import BrowserContext

from scripts.verbs.journey import Person
from scripts.verbs.processes import ROOT, free_port, listens
from tests.stories.conftest import sign_in


def serve(*arguments: str, port: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["scripts/serve", *arguments],
        cwd=ROOT,
        env=os.environ | {"PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509  # as in a script's background
    )


def descendants(pid: int) -> set[int]:
    """The processes that PID started, and those that they started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def gone(pids: set[int]) -> bool:
    """Whether they have all ended; a zombie that nobody has waited for has ended too."""

    def ended(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    return all(ended(pid) for pid in pids)


@contextmanager
def served(until: str = "Ctrl-C") -> Iterator[tuple["subprocess.Popen[str]", int, str]]:
    """scripts/serve when it has said UNTIL, by itself that it is ready: its process, its port and what it printed."""
    port, printed = free_port(), ""
    process = serve(port=port)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            printed += line
            if until in line:
                break
        yield process, port, printed
    finally:
        process.stdout.close()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_gone(pids: set[int]) -> bool:
    end = time.monotonic() + 20
    while not gone(pids) and time.monotonic() < end:
        time.sleep(0.1)  # another program's end is not ours to signal
    return gone(pids)


def test_once_does_the_main_job_and_exits() -> None:
    process = serve("--once", port=free_port())
    printed, _ = process.communicate(timeout=120)

    assert process.returncode == 0, printed
    assert [line[0] for line in printed.splitlines() if re.match(r"[1-6] ", line)] == list("123456")
    assert re.search(r"The note is in Firestore: users/\w+/notes/[0-9a-f]{32}", printed)
    assert not re.search(r"[A-Za-z0-9_-]{43}", printed), "a secret was printed whole"


def test_it_keeps_running_until_ctrl_c_which_leaves_nothing_behind() -> None:
    with served() as (process, port, _):
        children = descendants(process.pid)
        assert len(children) >= 4, "two emulators, gunicorn and its worker"
        assert requests.get(f"http://localhost:{port}/health", timeout=10).ok

        process.send_signal(signal.SIGINT)

        assert process.wait(30) == 0
        assert wait_until_gone(children)
        assert not listens(port)


def test_a_person_can_try_what_it_offers_until_a_part_of_it_dies_and_it_says_which(
    open_browser: Callable[..., BrowserContext],
) -> None:
    with served() as (process, _, printed):
        addresses = re.findall(r"^  (http://localhost:\d+\S*)", printed, re.MULTILINE)
        browser = {"Accept": "text/html"}
        assert all(requests.get(address, headers=browser, timeout=10).ok for address in addresses)
        assert len(addresses) == 7
        (door,) = re.findall(r"http://localhost:\d+/mcp$", printed, re.MULTILINE)
        assert requests.post(door, json={"jsonrpc": "2.0", "id": 1, "method": "ping"}, timeout=10).ok

        offered = re.search(r"(http://localhost:\d+/) .*sign in as (\S+) with (\S+)", printed)
        assert offered is not None
        address, email, password = offered.groups()
        phone = open_browser().new_page()
        phone.goto(addresses[0])
        sign_in(phone, Person(email, password, ""))
        phone.get_by_role("link", name="Three names for a café").wait_for()
        page = open_browser().new_page()
        page.goto(address)
        page.get_by_role("link", name="Save it").click()

        sign_in(page, Person(email, password, ""))
        page.get_by_role("button", name="Allow").click()

        page.get_by_text("Saved. The receipt:").wait_for()
        phone.get_by_role("link", name="A haiku").wait_for()
        page.get_by_role("link", name="Again").click()
        page.get_by_role("link", name="Save it").click()
        page.get_by_role("button", name="Deny").click()
        page.get_by_text("Not connected: access_denied").wait_for()
        page = open_browser().new_page()
        page.goto(re.findall(r"http://localhost:\d+/docs/calls", printed)[0])
        sign_in(page, Person(email, password, ""))
        page.get_by_role("heading", name="Called lately").wait_for()

        java = next(
            pid for pid in descendants(process.pid) if b"java" in Path(f"/proc/{pid}/cmdline").read_bytes()[:20]
        )
        assert process.stdout is not None

        os.kill(java, signal.SIGKILL)

        assert "firestore-emulator has ended" in process.stdout.read()
        assert process.wait(30) == 1


def test_killing_it_leaves_nothing_behind() -> None:
    with served(until="The emulators and the service") as (process, _, _):  # all that it starts has started
        children = descendants(process.pid)
        assert len(children) >= 4, "two emulators, gunicorn and its worker"

        process.kill()

        assert wait_until_gone(children)


def test_a_taken_port_is_said_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        printed, _ = serve("--once", port=port).communicate(timeout=60)

    assert f"Port {port} is taken" in printed
    assert "PORT=" in printed


def test_a_port_that_is_none_is_said() -> None:
    process = subprocess.Popen(
        ["scripts/serve"],
        cwd=ROOT,
        env=os.environ | {"PORT": "http"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    _, complaint = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "PORT must be a number" in complaint


def test_a_wrong_configuration_does_not_start() -> None:
    command = [".venv/bin/python", "-m", "service.start"]
    env = {"PATH": os.environ["PATH"], "K_SERVICE": "mate", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode != 0
    required = "PUBLIC_URL GOOGLE_CLOUD_PROJECT APP_NAME NOTE_URL COMPANY CONTACT FIREBASE_API_KEY KEY_SECRET"
    for name in required.split():
        assert f"{name} is missing" in done.stderr
    assert "must not be set on Cloud Run" in done.stderr
