"""The whole life of some connections, for rows that ask what is left behind in the database, the log and the answers."""

from dataclasses import dataclass, field
from typing import Any

import requests

from scripts.verbs.journey import Assistant, Person, hidden_fields
from tests.world import LOOPBACK_CALLBACK, PKCE, VERIFIER, Service, World, answer_of

NOTE = {"title": "What the doctor said", "content": "A thought that is nobody else's business."}
TRACE = "0af7651916cd43dd8448eb211c80319c"


@dataclass
class Recorder(Service):
    """Remembers every answer."""

    answers: list[requests.Response] = field(default_factory=list)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = super().call(method, path, **options)
        self.answers.append(answer)
        return answer


@dataclass
class Lived:
    """A person, their assistants (one of each kind, the one that registered itself last), and what was secret."""

    person: Person
    clients: list[Assistant]
    secrets: set[str]


def live(world: World) -> Lived:
    """Connect, save, renew, ask for the lost answer, fail to authenticate, give the token back, and be refused."""
    ada = world.person()
    lived = Lived(ada, [world.assistant(), world.public_client(), registered(world)], {ada.password, VERIFIER})
    for client in lived.clients:
        pkce, proof = (PKCE, {"code_verifier": VERIFIER}) if client is not lived.clients[0] else ({}, {})
        id_token = world.firebase.sign_in(ada)
        form = hidden_fields(world.ask(client, **pkce).text)
        code = answer_of(world.decide(form, decision="allow", id_token=id_token))["code"]
        first = world.exchange(client, code=code, **proof).json()
        assert _save(world, first) == 201
        second = world.refresh(client, first["refresh_token"]).json()
        again = world.refresh(client, first["refresh_token"]).json()
        assert world.refresh(client, again["refresh_token"], client_secret="a wrong secret").status_code == 401
        given = {"client_id": client.client_id, "client_secret": client.client_secret, "token": again["refresh_token"]}
        assert world.service.post("/revoke", data=given).status_code == 200
        assert world.refresh(client, again["refresh_token"]).status_code == 400
        assert _save(world, first) == 401
        issued = (tokens[kind] for tokens in (first, second, again) for kind in ("access_token", "refresh_token"))
        lived.secrets |= {id_token, code, *issued, "a wrong secret"}
    lived.secrets |= {client.client_secret for client in lived.clients if client.client_secret}
    return lived


def registered(world: World) -> Assistant:
    """A client that registered itself and got a secret."""
    wanted = {"redirect_uris": [LOOPBACK_CALLBACK], "token_endpoint_auth_method": "client_secret_post"}
    answer = world.service.post("/register", json=wanted).json()
    return Assistant(answer["client_id"], answer["client_secret"], LOOPBACK_CALLBACK)


def told(secrets: set[str], text: str) -> list[str]:
    """Those of SECRETS that are in TEXT, whole or as the random part at the end of a token."""
    return [secret for secret in secrets if secret in text or (len(secret) >= 43 and secret[-43:] in text)]


def _save(world: World, tokens: dict[str, str]) -> int:
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "X-Cloud-Trace-Context": f"{TRACE}/1;o=1"}
    return world.service.post("/notes", json=NOTE, headers=headers).status_code
