"""Every request that is counted, in the order in which somebody makes them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import requests

from scripts.verbs.journey import Assistant, Person, hidden_fields
from service.oauth.refresh import RefreshToken
from service.oauth.tokens import Extent, SecretHash, mint_access_token
from tests import mcp_client
from tests.assistant import BOTH, connected
from tests.leaver import CONFIRMED
from tests.mcp_client import HANDSHAKE, McpClient
from tests.world import CALLBACK, Tokens, World, answer_of

NEW, AGAIN, SIGHTED = (
    "`POST /notes`: a new note",
    "`POST /notes`: the same note again",
    "`POST /at/…/notes`: a new note, its version is noted",
)
PAGE, CONSENT = "`GET /authorization`: a known client again", "`POST /authorization`: Allow"
EXCHANGE, REFRESH = "`POST /token`: a code", "`POST /token`: a refresh"
LIST, SEARCH, GET = "`GET /notes`: five notes", "`GET /search`: five notes", "`GET /notes/{id}`"
CHANGE, MCP_SAVE, MCP_AGAIN = (
    "`PATCH /notes/{id}`",
    "`POST /mcp`: `saveNote`, a new note",
    "`POST /mcp`: the same note again",
)
_OPENINGS = ("/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource")
_PAGES = ("/", "/connections", "/account", "/notes", "/notes/nothing", "/privacy", "/docs", "/docs/calls")


@dataclass(frozen=True)
class Case:
    """One request that is counted, and the status that it must be answered with."""

    name: str
    send: Callable[[], requests.Response]
    status: int = 200


class Story:
    """Everything that is asked of `here`, in order; what has to be there before is made at `there`, another instance."""

    def __init__(self, here: World, there: World) -> None:
        self.here, self.there = here, there
        self.person: Person = there.person()
        self.client = replace(there.assistant(), scope=BOTH)
        self.caller = connected(there, self.person, client=self.client)
        self.tokens: Tokens = self.caller.tokens

    def cases(self) -> Iterator[Case]:
        yield from self._saving()
        yield from self._connecting()
        yield from self._finding()
        yield from self._without_a_store()
        yield from self._refused()
        yield from self._people()

    def _save(self, content: str, path: str = "/notes") -> requests.Response:
        note = {"title": "A title", "content": content}
        return self.here.service.post(path, json=note, headers=self.tokens.bearer)

    def _get(self, path: str, **query: str) -> requests.Response:
        return self.here.service.get(path, params=query, headers=self.tokens.bearer)

    def _saving(self) -> Iterator[Case]:
        yield Case("`POST /notes`: a new note, unknown token, cold instance", lambda: self._save("1"), 201)
        yield Case(NEW, lambda: self._save("2"), 201)
        yield Case(AGAIN, lambda: self._save("2"))
        yield Case(SIGHTED, lambda: self._save("3", "/at/0123456789ab/notes"), 201)
        opened, _ = mcp_client.connected(self.there, person=self.person, resource=f"{self.here.service.url}/mcp")
        mcp = replace(opened, service=self.here.service)
        note = {"title": "A title", "content": "4"}
        yield Case(MCP_SAVE, lambda: mcp.send("tools/call", name="saveNote", arguments=note))
        yield Case(MCP_AGAIN, lambda: mcp.send("tools/call", name="saveNote", arguments=note))
        yield Case(
            "`POST /mcp`: `searchNotes`", lambda: mcp.send("tools/call", name="searchNotes", arguments={"query": "t"})
        )

    def _connecting(self) -> Iterator[Case]:
        here, client = self.here, self.client
        yield Case("`GET /authorization`: a known client, first on this instance", lambda: here.ask(client))
        yield Case(PAGE, lambda: here.ask(client))
        form = hidden_fields(here.ask(client).text) | {"id_token": here.firebase.sign_in(self.person)}
        kept: list[requests.Response] = []

        def allow() -> requests.Response:
            kept[:] = [here.decide(form, decision="allow")]
            return kept[0]

        def token(**form: str) -> requests.Response:
            kept[:] = [here.exchange(client, **form)]
            return kept[0]

        yield Case(CONSENT, allow, 303)
        code = answer_of(kept[0])["code"]
        yield Case(EXCHANGE, lambda: token(code=code))
        first = kept[0].json()["refresh_token"]
        refresh = {"grant_type": "refresh_token", "refresh_token": first, "redirect_uri": None}
        yield Case(REFRESH, lambda: here.exchange(client, **refresh))
        yield Case("`POST /token`: the same refresh again", lambda: here.exchange(client, **refresh))
        who = {"client_id": client.client_id, "client_secret": client.client_secret}
        yield Case("`POST /revoke`", lambda: here.service.post("/revoke", data=who | {"token": first}))
        yield Case("`POST /register`", lambda: here.register(client_name="A newcomer"), 201)

    def _finding(self) -> Iterator[Case]:
        saved = self._save("5").json()
        path, body = f"/notes/{saved['id']}", {"version": saved["version"], "append": "more"}
        headers = self.tokens.bearer
        yield Case(LIST, lambda: self._get("/notes"))
        yield Case(SEARCH, lambda: self._get("/search", query="title"))
        yield Case(GET, lambda: self._get(path))
        yield Case(CHANGE, lambda: self.here.service.call("PATCH", path, json=body, headers=headers))
        yield Case("`DELETE /notes/{id}`", lambda: self.here.service.call("DELETE", path, headers=headers))
        yield Case("`GET /profile`", lambda: self._get("/profile"))

    def _without_a_store(self) -> Iterator[Case]:
        """But for /ready, which asks whether it is there."""
        yield Case("`GET /ready`", partial(self.here.service.get, "/ready"))
        mcp = McpClient(self.here.service, HANDSHAKE)
        yield Case(
            "`POST /mcp`: `initialize`, warm instance", lambda: mcp.send("initialize", protocolVersion=HANDSHAKE)
        )
        yield Case("`POST /mcp`: `tools/list`", lambda: mcp.send("tools/list"))
        yield Case("`GET /human_move`: tic-tac-toe", lambda: self.here.service.get("/human_move?position_1=X"))
        asset = "/assets/" + self.here.service.get("/").text.partition('"/assets/')[2].partition('"')[0]
        answers = ("/health", "/openapi.yaml", *_OPENINGS, f"{_OPENINGS[1]}/notes", "/__/firebase/init.json")
        for path in (*answers, asset, "/docs/oauth2-redirect.html"):
            yield Case(f"`GET {'/assets/…' if path == asset else path}`", partial(self.here.service.get, path))
        for path in _PAGES:
            page = partial(self.here.service.get, path, headers={"Accept": "text/html"})
            yield Case(f"`GET {path}`, the page", page)

    def _refused(self) -> Iterator[Case]:
        here = self.here
        expires = here.service.clock() + here.service.settings.access_token_lifetime
        extent = Extent(frozenset({"notes:read", "notes:write"}), here.service.url)
        root = RefreshToken(SecretHash(""), self.client.client_id, "without-notes", "g", frozenset(), "", expires)
        unknown = {"Authorization": f"Bearer {mint_access_token(root, 'A', extent, expires).reveal()}"}
        note = {"title": "t", "content": "c"}
        nobody, stranger = {"Authorization": "Bearer x"}, Assistant("nobody", "", CALLBACK)
        other = self.there.assistant("Another")
        wrong = replace(other, client_secret="wrong")  # noqa: S106  # it is
        save, get = partial(here.service.post, "/notes", json=note), here.service.get
        yield Case("refused: a save, no token of ours", lambda: save(headers=nobody), 401)
        yield Case("refused: a save, a token that has ended", lambda: save(headers=unknown), 401)
        yield Case("refused: a list, a token that has ended", lambda: get("/notes", headers=unknown), 401)
        yield Case("refused: `POST /token`, a wrong secret", lambda: here.exchange(wrong, code="x"), 401)
        yield Case("refused: `POST /token`, too often", lambda: here.exchange(wrong, code="x"), 429)
        yield Case("refused: `POST /token`, an unknown code", lambda: here.exchange(other, code="x"), 400)
        yield Case("refused: `GET /authorization`, an unknown client", lambda: here.ask(stranger), 400)
        yield Case("refused: `GET /me/connections`, no ID token", lambda: get("/me/connections"), 401)

    def _people(self) -> Iterator[Case]:
        here, other = self.here.service, self.there.assistant("Other")
        signed_in = {"Authorization": f"Bearer {self.here.firebase.sign_in(self.person)}"}
        connected(self.there, self.person, client=other).save("by another")
        shown = {
            item["name"]: item["id"] for item in here.get("/me/connections", headers=signed_in).json()["connections"]
        }
        yield Case("`GET /me/connections`", lambda: here.get("/me/connections", headers=signed_in))
        yield Case(
            "`DELETE /me/connections/{id}`, and the note that it saved",
            lambda: here.call("DELETE", f"/me/connections/{shown['Other']}?notes=delete", headers=signed_in),
        )
        yield Case("`GET /operator/calls`, somebody else", lambda: here.get("/operator/calls", headers=signed_in), 403)
        yield Case("`GET /me/export`, the only part", lambda: here.get("/me/export", headers=signed_in))
        yield Case(
            "`POST /me/deletion`, the only step", lambda: here.post("/me/deletion", json=CONFIRMED, headers=signed_in)
        )
        yield Case("`GET /me/deletion`, the receipt", lambda: here.get("/me/deletion", headers=signed_in))
