"""What every MCP client lives through here: it is told the address of the door, and in the end a note is saved, once.

It opens without a token, calls saveNote, is challenged, finds the authorization server, registers or names its
document, sends its person there with PKCE, saves, lets its access token expire, renews it, and saves the same again.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.strangers.transcript import Transcript
from tests.world import PKCE, VERIFIER, World

LOOPBACK = "http://127.0.0.1:53211/callback"
NOTE = {"title": "A title", "content": "Some *text*"}
SCOPE = {"notes:read", "notes:write"}
MODERN, HANDSHAKE = "2026-07-28", "2025-11-25"
OPENING = {
    MODERN: ["POST /mcp server/discover 200"],
    HANDSHAKE: ["POST /mcp initialize 200", "POST /mcp notifications/initialized 202"],
}
CHALLENGED = {MODERN: "POST /mcp server/discover 401", HANDSHAKE: "POST /mcp initialize 401"}
LIST, CALL, RENEWAL = "POST /mcp tools/list 200", "POST /mcp tools/call saveNote", "POST /token refresh_token 200"
DISCOVERY = ["GET /.well-known/oauth-protected-resource/mcp 200", "GET /.well-known/oauth-authorization-server 200"]
REGISTRATION, EXCHANGE = "POST /register 201", "POST /token 200"
_STREAM = "GET /mcp"
"""What clients of the handshake era ask for beside the rest, and live without."""


class Story(World):
    """A world with one person in it, and with what their client asked there."""

    def __init__(self, world: World, transcript: Transcript) -> None:
        super().__init__(world.service, world.firebase, world.project)
        self._transcript, self.ada = transcript, self.person()

    @property
    def url(self) -> str:
        return f"{self.service.url}/mcp"

    @property
    def asked(self) -> list[str]:
        return [line for line in self._transcript.lines if not line.startswith(_STREAM)]

    def begin_again(self) -> None:
        """Forget what was asked until now."""
        self._transcript.begin()

    def connect_to_read(self) -> tuple[str, dict[str, Any]]:
        """The id of a client that connected on an earlier day, to read only, and its tokens."""
        client = self.newcomer(redirect_uris=[LOOPBACK], token_endpoint_auth_method="none")
        code = self.code(client, self.ada, **PKCE, scope="notes:read", resource=self.url)
        tokens: dict[str, Any] = self.exchange(client, code=code, code_verifier=VERIFIER, resource=self.url).json()
        self.begin_again()
        return client.client_id, tokens

    def check_the_end(
        self, receipts: list[dict[str, Any]], document: str | None = None, name: str = "A stranger"
    ) -> None:
        """One note, saved once, and tokens that are good for the door and nothing else."""
        first, again = receipts
        assert (first["created"], again["created"]) == (True, False)
        assert first["id"] == again["id"]
        (note,) = self.notes(self.ada)
        assert {field: note[field] for field in NOTE} == NOTE
        assert note["source"]["clientName"] == name
        (client,) = self.stored("oauthClients")
        assert client["kind"] == ("document" if document else "dynamic")
        assert client["clientId"] == (document or client["_id"])
        (grant,) = self.stored("oauthGrants")
        assert (grant["uid"], grant["clientId"]) == (self.ada.uid, client["clientId"])
        assert without_offline(grant["scope"]) == SCOPE
        tokens = self.stored("oauthTokens")
        assert sorted(token["use"] for token in tokens) == ["access", "access", "refresh", "refresh"]
        assert {kept["resource"] for kept in [grant, *tokens]} == {self.url}

    def check_the_question(self, asked: dict[str, str]) -> None:
        """What a client ASKED its person for is the door and all of its scopes, with PKCE."""
        assert (asked["code_challenge_method"], asked["resource"]) == ("S256", self.url)
        assert without_offline(asked["scope"].split()) == SCOPE


def connecting(document: str | None = None) -> list[str]:
    """What a client asks between the challenge and its first token."""
    return [*DISCOVERY, *([] if document else [REGISTRATION]), EXCHANGE]


def without_offline(scope: list[str]) -> set[str]:
    """SCOPE without what some clients add so that they are given a refresh token, which everybody is."""
    return set(scope) - {"offline_access"}


def query(url: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
