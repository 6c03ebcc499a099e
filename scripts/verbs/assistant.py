"""A page that plays the assistant, so that a person can try the whole way by hand. Part of `scripts/serve` only."""

import html
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import requests

from scripts.verbs.journey import Assistant, Firebase, authorization_url

_ANSWER = "A haiku, as you asked:\n\n> Autumn moonlight —\n> a worm digs silently\n> into the chestnut.\n"


class AssistantPage:
    """Listens on a free loopback port. Set `assistant` once it is registered."""

    def __init__(self, base: str, firebase: Firebase) -> None:
        self._base, self._firebase = base, firebase
        self._states: set[str] = set()
        self.assistant: Assistant | None = None
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = page.answer(self.path).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class's name
                """Say nothing: the address holds the code."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_port}/"
        self.redirect_uri = f"{self.url}callback"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> str:
        """The page for PATH: the conversation, or, at the callback, what became of "save it"."""
        if self.assistant is None:
            return _page("<p>One moment.</p>")
        parts = urlsplit(path)
        if parts.path == "/callback":
            return _page(self._save({name: values[0] for name, values in parse_qs(parts.query).items()}))
        state = secrets.token_urlsafe(16)
        self._states.add(state)
        link = html.escape(authorization_url(self._base, self.assistant, state))
        return _page(f'<pre>{html.escape(_ANSWER)}</pre><p><a href="{link}">Save it</a></p>')

    def _save(self, query: dict[str, str]) -> str:
        assistant = self.assistant
        if assistant is None or query.get("state") not in self._states:
            return "<p>This answer belongs to no question of mine.</p>"
        if "code" not in query:
            return f"<p>Not connected: {html.escape(query.get('error', '?'))}.</p><p><a href='/'>Again</a></p>"
        exchange = {"grant_type": "authorization_code", "code": query["code"], "redirect_uri": assistant.redirect_uri}
        exchange |= {"client_id": assistant.client_id, "client_secret": assistant.client_secret}
        tokens = requests.post(f"{self._base}/token", data=exchange, timeout=30).json()
        if "access_token" not in tokens:
            return (
                f"<p>Not connected: {html.escape(tokens.get('error_description', '?'))}</p><p><a href='/'>Again</a></p>"
            )
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        note = {"title": "A haiku", "content": _ANSWER}
        receipt = requests.post(f"{self._base}/notes", json=note, headers=bearer, timeout=30).text
        return f"<p>Saved. The receipt:</p><pre>{html.escape(receipt)}</pre><p><a href='/'>Again</a></p>"


def _page(body: str) -> str:
    return f'<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>An assistant</title>{body}'
