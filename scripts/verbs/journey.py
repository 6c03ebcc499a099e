"""The main job, done from outside exactly as ChatGPT and the phone app do it. Prints every step."""

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from scripts.verbs.processes import Failed

_SECRET = re.compile(r"(?<![\w.-])[\w.-]{43,}")


@dataclass(frozen=True)
class Person:
    """Someone with an account in the Auth emulator."""

    email: str
    password: str
    uid: str


@dataclass(frozen=True)
class Assistant:
    """What an assistant's owner knows after `scripts/client add`."""

    client_id: str
    client_secret: str
    redirect_uri: str
    scope: str = "notes:write"


class Firebase:
    """The REST calls that Firebase's SDKs make, aimed at the emulators."""

    def __init__(self, auth: str, firestore: str, project: str) -> None:
        self._auth = f"http://{auth}/identitytoolkit.googleapis.com/v1"
        self._documents = f"http://{firestore}/v1/projects/{project}/databases/(default)/documents"
        self._project = project

    def sign_up(self, email: str, password: str, uid: str | None = None) -> Person:
        """A new account in the project, whichever one the emulator was started with, with this UID if there is one."""
        account = {"email": email, "password": password} | ({"localId": uid} if uid else {})
        answer = self._post(f"projects/{self._project}/accounts", account)
        return Person(email, password, answer["localId"])

    def sign_in(self, person: Person) -> str:
        """The person's ID token, as the consent page's SDK gets it."""
        account = {"email": person.email, "password": person.password, "returnSecureToken": True}
        token: str = self._post("accounts:signInWithPassword", account | {"targetProjectId": self._project})["idToken"]
        return token

    def read(self, path: str, id_token: str) -> requests.Response:
        """The document as a signed-in phone reads it: through the security rules."""
        return requests.get(f"{self._documents}/{path}", headers={"Authorization": f"Bearer {id_token}"}, timeout=20)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": "Bearer owner"}
        answer = requests.post(f"{self._auth}/{path}", json=body, headers=headers, timeout=20)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def save_it(base: str, assistant: Assistant, person: Person, firebase: Firebase, say: Callable[[str], None]) -> str:
    """Connect ASSISTANT for PERSON and save one note; return the note's path. Raises `Failed` naming the step."""
    state = secrets.token_urlsafe(16)
    title, content = "Three names for a café", "1. **Crema**\n2. *Half Past Ten*\n3. `Grounds` ☕\n"

    def step(name: str, request: str, answer: requests.Response, status: int, began: float) -> requests.Response:
        shown = answer.headers.get("Location") or _summary(answer)
        say(
            f"\n{name}\n  > {shorten(request)}\n  < {answer.status_code}  {shorten(shown)}  ({time.monotonic() - began:.2f} s)"
        )
        if answer.status_code != status:
            raise Failed(f"Step {name!r} failed: {answer.status_code} where {status} was expected.")
        return answer

    def call(name: str, method: str, path: str, status: int, **options: Any) -> requests.Response:
        began = time.monotonic()
        answer = requests.request(method, base + path, timeout=30, allow_redirects=False, **options)
        body = options.get("data") or options.get("json") or options.get("params")
        return step(name, f"{method} {path}  {_pairs(body)}", answer, status, began)

    query = {"response_type": "code", "client_id": assistant.client_id, "redirect_uri": assistant.redirect_uri}
    query |= {"scope": assistant.scope, "state": state}
    page = call("1 The assistant sends the person here", "GET", "/authorization", 200, params=query)

    id_token = firebase.sign_in(person)
    say(f"\n2 The person signs in with Firebase\n  > {person.email}\n  < {shorten(id_token)}")

    form = hidden_fields(page.text) | {"id_token": id_token, "decision": "allow"}
    allowed = call("3 …and presses Allow", "POST", "/authorization", 303, data=form)
    answer = parse_qs(urlsplit(allowed.headers["Location"]).query)
    if answer.get("state") != [state] or not allowed.headers["Location"].startswith(assistant.redirect_uri):
        raise Failed("Step 3 failed: the browser is not sent back to the assistant with its state.")

    exchange = {"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": assistant.redirect_uri}
    exchange |= {"client_id": assistant.client_id, "client_secret": assistant.client_secret}
    tokens = call("4 The assistant exchanges the code", "POST", "/token", 200, data=exchange).json()

    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    note = {"title": title, "content": content}
    saved = call("5 “Save it”", "POST", "/notes", 201, json=note, headers=bearer).json()

    path, began = f"users/{person.uid}/notes/{saved['id']}", time.monotonic()
    read = step(
        "6 The phone app reads it, under the security rules", f"GET {path}", firebase.read(path, id_token), 200, began
    )
    if read.json()["fields"]["content"] != {"stringValue": content}:
        raise Failed("Step 6 failed: the note is not what was saved.")
    return path


def authorization_url(base: str, assistant: Assistant, state: str) -> str:
    query = {"response_type": "code", "client_id": assistant.client_id, "redirect_uri": assistant.redirect_uri}
    return f"{base}/authorization?{urlencode(query | {'scope': assistant.scope, 'state': state})}"


def hidden_fields(page: str) -> dict[str, str]:
    """The parameters that the consent page will post."""
    found: dict[str, str] = {}

    class Fields(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            attributes = dict(attrs)
            if tag == "input" and attributes.get("type") == "hidden":
                found[attributes["name"] or ""] = attributes.get("value") or ""

    Fields().feed(page)
    return found


def shorten(text: str) -> str:
    """TEXT with everything that looks like a secret cut to its first characters."""
    return _SECRET.sub(lambda match: f"{match[0][:8]}…({len(match[0])})", text)


def _pairs(body: Any) -> str:
    return "  ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in (body or {}).items())


def _summary(answer: requests.Response) -> str:
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        return " ".join(answer.text.split())
    title = re.search(r"<title>(.*?)</title>", answer.text, re.DOTALL)
    return f"a page: {title[1].strip()}" if title else ""
