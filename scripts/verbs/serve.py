"""scripts/serve [--once]: everything on this machine, with the main job done once before your eyes."""

import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import requests

from scripts.verbs import client, emulators
from scripts.verbs.assistant import AssistantPage
from scripts.verbs.journey import Assistant, Firebase, save_it
from scripts.verbs.processes import ROOT, Failed, Processes, end_on_sigterm, listens
from service.google_backends import open_documents
from service.oauth.firestore import FirestoreOAuthStore

# The shape of a GPT's callback. Nothing is ever sent there from here.
_CHATGPT = "https://chatgpt.com/aip/g-0000000000000000000000000000000000000000/oauth/callback"


def main(arguments: Sequence[str]) -> int:
    if unknown := [argument for argument in arguments if argument != "--once"]:
        return _fail(f"scripts/serve does not know {unknown[0]}; it takes --once, and PORT from the environment.")
    end_on_sigterm()
    try:
        with Processes() as processes:
            return _serve(processes, once="--once" in arguments)
    except Failed as failed:
        return _fail(str(failed))
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


def _serve(processes: Processes, *, once: bool) -> int:
    port, began = _port(), time.monotonic()
    base = f"http://localhost:{port}"
    operator = secrets.token_hex(14)  # chosen here: the service reads OPERATORS before there is an account
    with _timed("The emulators and the service"):
        found = emulators.start(processes)
        _start_service(processes, base, port, found | {"OPERATORS": operator})
        emulators.wait(processes, found)
        processes.wait_for("service", lambda: listens(port) and requests.get(f"{base}/health", timeout=5).ok)
    firebase = Firebase(found["FIREBASE_AUTH_EMULATOR_HOST"], found["FIRESTORE_EMULATOR_HOST"], emulators.PROJECT)
    store = FirestoreOAuthStore(open_documents(emulators.PROJECT, "(default)", found["FIRESTORE_EMULATOR_HOST"]))
    with AssistantPage(base, firebase) as page:
        with _timed("A demo person and an assistant"):
            person = firebase.sign_up("ada@example.com", secrets.token_urlsafe(9), operator)
            registered, secret = client.add(store, "ChatGPT (demo)", [_CHATGPT, page.redirect_uri])
        assert secret, "only a public client has none"
        assistant = Assistant(registered.client_id, secret.reveal(), _CHATGPT)
        path = save_it(base, assistant, person, firebase, print)
        print(f"\nThe note is in Firestore: {path}")
        print(f"Ready {time.monotonic() - began:.1f} s after the start.")
        if once:
            return 0
        page.assistant = Assistant(registered.client_id, secret.reveal(), page.redirect_uri)
        _show_addresses(base, page.url, person.email, person.password, found)
        while not (ended := processes.ended()):
            time.sleep(0.5)
        raise Failed(f"{ended} has ended. Its last words:\n{processes.tail(ended)}")


def _start_service(processes: Processes, base: str, port: int, found: dict[str, str]) -> None:
    settings = {
        "PUBLIC_URL": base,
        "APP_NAME": "ItsimpleAI",
        "NOTE_URL": f"{base}/notes/{{id}}",
        "COMPANY": "You, on this machine",
        "CONTACT": "you@example.com",
        "FIREBASE_API_KEY": "emulator-takes-any-key",
        "SIGN_IN_METHODS": "google,password,email-link",
        "LOCAL_KEY": secrets.token_urlsafe(32),
        "KEY_SECRET": "",
    }
    command = [sys.executable, "-m", "service.start"]
    processes.start("service", command, os.environ | found | settings | {"PYTHONPATH": str(ROOT), "PORT": str(port)})


def _port() -> int:
    text = os.environ.get("PORT", "8080")
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 65536:
        raise Failed(f"PORT must be a number from 1 to 65535, not {text!r}.")
    if listens(int(text)):
        raise Failed(f"Port {text} is taken by another program. Choose another one: PORT={int(text) + 1} scripts/serve")
    return int(text)


def _show_addresses(base: str, assistant: str, email: str, password: str, found: dict[str, str]) -> None:
    print(f"""
Open in a browser, side by side:
  {base}/notes   the phone: what is saved appears here at once; the same sign-in as below
  {assistant}   an assistant to connect and say “save it” to; sign in as {email} with {password}

And then:
  {base}    the service
  {base}/connections   what is connected, and the button that ends it
  {base}/docs   what an assistant imports, and every operation to try
  {base}/docs/calls   which version of it is called; ada is an operator here
  {base}/privacy   what is stored, and for how long

Another assistant, by MCP, which registers itself (docs/mcp.md):
  claude mcp add --transport http mate {base}/mcp

Another one, by the API:
  GOOGLE_CLOUD_PROJECT={emulators.PROJECT} FIRESTORE_EMULATOR_HOST={found["FIRESTORE_EMULATOR_HOST"]} \\
    scripts/client add NAME --redirect-uri URI

Ctrl-C stops everything; the emulators forget what they held.""")


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{what:<34} {time.monotonic() - began:.1f} s", flush=True)


def _fail(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
