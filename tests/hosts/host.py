"""What hosts have in common: MCP's authorization, from the URL that a person types to a token, and calls of tools.

Each does what its documentation, its source or a capture says that it does, and refuses what it refuses; its class
says where that is from.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from scripts.verbs.journey import Assistant, Person
from tests.hosts.wire import Refused, SignInNeeded, Wire, challenge_of
from tests.world import World

PROTECTED_RESOURCE, SERVER = "/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"


class Host(Wire):
    """A host whose person has typed the URL of WORLD's MCP server."""

    document_id = ""
    """Where it describes itself (CIMD)."""

    def __init__(self, world: World, **options: Any) -> None:
        super().__init__(world, **options)
        self.resource, self.scope, self.redirect_uri = "", "", ""
        self.server: dict[str, Any] = {}
        self.client = Assistant("", "", "")
        self.expires_at: datetime = world.service.clock()
        self.asked: dict[str, str] = {}
        """The parameters of its last authorization request."""
        self.sent: dict[str, str] = {}
        """The form of its last token request."""

    def connect(self, person: Person) -> None:
        """All that happens until the host says “connected”. Raises `Refused`."""
        self.discover(self.knock())
        self.redirect_uri = self.redirect()
        self.client = self.identify()
        self.exchange(self.ask(person))
        self.open()

    def knock(self) -> dict[str, str]:
        """The challenge that meets who comes without a token: at the first message, or at the first call of a tool."""
        self.tokens = {}
        answer = self.opening()
        if answer.status_code == 401:
            return challenge_of(answer)
        self.opened(self.change(self._method, answer.json())["result"])
        self.list_tools()
        return challenge_of(self.send("tools/call", name="listNotes", arguments={}))

    def discover(self, challenge: Mapping[str, str]) -> None:
        """Find out what to ask for, and where (RFC 9728, RFC 8414)."""
        found = self.document(challenge.get("resource_metadata") or self.well_known())
        self.resource = found["resource"]
        issuer = found["authorization_servers"][0]
        self.server = self.document(issuer + SERVER)
        if self.server["issuer"] != issuer:
            raise Refused(f"the issuer is {self.server['issuer']}, not {issuer}")
        if "S256" not in self.server.get("code_challenge_methods_supported", ()):
            raise Refused("no PKCE with S256")
        scopes = self.scopes(challenge, found)
        if "offline_access" in self.server.get("scopes_supported", ()):
            scopes.append("offline_access")
        self.scope = " ".join(dict.fromkeys(scopes))

    def well_known(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{PROTECTED_RESOURCE}{parts.path}"

    def scopes(self, challenge: Mapping[str, str], found: Mapping[str, Any]) -> list[str]:
        """MCP, "Scope Selection Strategy": those of the challenge, or else of the metadata."""
        asked: list[str] = challenge["scope"].split() if "scope" in challenge else found.get("scopes_supported", [])
        return list(asked)

    def redirect(self) -> str:
        raise NotImplementedError

    def identify(self) -> Assistant:
        """Its document where the server takes one, or else a registration."""
        public = "none" in self.server.get("token_endpoint_auth_methods_supported", ())
        if self.document_id and public and self.server.get("client_id_metadata_document_supported"):
            return Assistant(self.document_id, "", self.redirect_uri)
        return self.register()

    def registration(self) -> dict[str, Any]:
        """What it sends to register itself (RFC 7591)."""
        return {
            "client_name": self.name,
            "redirect_uris": [self.redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }

    def register(self) -> Assistant:
        if "registration_endpoint" not in self.server:
            raise Refused("no way to register")
        answer = self.http("POST", self.server["registration_endpoint"], json=self.registration())
        if answer.status_code != 201:
            raise Refused(f"not registered: {answer.text}")
        known = answer.json()
        return Assistant(known["client_id"], known.get("client_secret", ""), self.redirect_uri)

    def ask(self, person: Person) -> str:
        """The code that PERSON's browser comes back with, once they have signed in and allowed."""
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        digest = hashlib.sha256(verifier.encode()).digest()
        self._verifier = verifier
        self.asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "resource": self.resource,
        }
        location = self.world.visit(self.link(), person)
        if not location.startswith(f"{self.redirect_uri}?"):
            raise Refused(f"sent to {location}")
        answer = self.change("callback", dict(parse_qsl(urlsplit(location).query)))
        if answer.get("state") != state:
            raise Refused("another state")
        self.check_issuer(answer.get("iss"))
        if "code" not in answer:
            raise Refused(answer.get("error", "no code"))
        return str(answer["code"])

    def link(self) -> str:
        """Where its person's browser is sent."""
        return f"{self.server['authorization_endpoint']}?{urlencode(self.asked)}"

    def check_issuer(self, issuer: str | None) -> None:
        """RFC 9207 section 2.4: a string that is equal, and there if it was promised."""
        if issuer is None and self.server.get("authorization_response_iss_parameter_supported"):
            raise Refused("missing required issuer")
        if issuer not in (None, self.server["issuer"]):
            raise Refused("another issuer")

    def exchange(self, code: str) -> None:
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": self._verifier}
        answer = self.token(form | {"redirect_uri": self.redirect_uri})
        if answer.status_code != 200:
            raise Refused(f"no token: {answer.text}")
        self._keep(answer)

    def refresh(self) -> None:
        """A new token for the old one. Raises `SignInNeeded` where that is dead; anything else would be tried again."""
        answer = self.token({"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]})
        if answer.status_code == 400 and answer.json()["error"] == "invalid_grant":
            self.tokens = {}
            raise SignInNeeded({"error": "invalid_grant"})
        if answer.status_code != 200:
            raise Refused(f"tries to refresh for ever: {answer.text}")
        self._keep(answer)

    def token(self, form: dict[str, str]) -> requests.Response:
        self.sent = form | {"client_id": self.client.client_id, "resource": self.resource}
        secret = {"client_secret": self.client.client_secret} if self.client.client_secret else {}
        return self.http("POST", self.server["token_endpoint"], data=self.sent | secret)

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The result of TOOL. Raises `SignInNeeded`."""
        answer = self.send("tools/call", name=tool, arguments=arguments)
        if answer.status_code == 401 and self.tokens.get("refresh_token"):
            self.refresh()
            answer = self.send("tools/call", name=tool, arguments=arguments)
        if answer.status_code == 401:
            raise SignInNeeded(challenge_of(answer))
        result: dict[str, Any] = answer.json()["result"]
        return result

    def save(self, title: str, content: str) -> dict[str, Any]:
        """The receipt."""
        receipt: dict[str, Any] = self.call("saveNote", title=title, content=content)["structuredContent"]
        return receipt

    def _keep(self, answer: requests.Response) -> None:
        tokens = self.change("/token", answer.json())
        if tokens["token_type"].lower() != "bearer" or not {"refresh_token", "expires_in"} <= tokens.keys():
            raise Refused("a connection that ends by itself")
        self.tokens = tokens
        self.expires_at = self.world.service.clock() + timedelta(seconds=tokens["expires_in"])
