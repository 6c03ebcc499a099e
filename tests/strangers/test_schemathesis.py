"""schemathesis pours requests made from `docs/oauth.openapi.yaml`, right and wrong ones, on the OAuth endpoints.

Nothing may answer with a server's error, or with a status, a content type, a header or a body that is not described.
Which requests are made is the same each time. Left alone, nearly all would end at "unknown client", so into three of
four a real client's credentials, codes and tokens are put.
"""

import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from scripts.verbs.journey import Assistant, hidden_fields
from scripts.verbs.processes import ROOT
from tests import world as worlds
from tests.world import PKCE, VERIFIER, World, question

pytest_plugins = ["schemathesis.pytest.plugin"]  # here, as it takes every other run of pytest seconds to load
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]
# What the requests bring about at least: an answer's status, and the error that it names.
REACHED: dict[str, set[tuple[int, str | None]]] = {
    "GET /authorization": {(200, None), (400, None)},
    "POST /authorization": {(303, None), (303, "access_denied"), (303, "invalid_scope"), (400, None), (401, None)},
    "POST /token": {(200, None), (400, "invalid_grant"), (400, "invalid_target"), (401, "invalid_client")},
    "POST /revoke": {(200, None), (400, "invalid_request"), (401, "invalid_client")},
    "POST /register": {(201, None), (400, "invalid_client_metadata"), (400, "invalid_redirect_uri")},
}
Case = schemathesis.Case[Any]
DOCUMENT = schemathesis.openapi.from_path(ROOT / "docs/oauth.openapi.yaml")
DOCUMENT.config.generation.update(deterministic=True, max_examples=40)


@dataclass
class Stranger:
    """Someone who knows a real client, and a person who signs in and decides. Remembers what it was answered."""

    world: World
    client: Assistant
    public: Assistant
    id_token: str
    codes: Iterator[str]
    tokens: Iterator[str]
    """Both come again after they were spent or given back: replays are requests as well."""
    addresses: Iterator[int] = field(default_factory=itertools.count)
    answers: dict[str, set[tuple[int, str | None]]] = field(default_factory=dict)

    def send(self, case: Case) -> None:
        self._put_in_what_is_real(case)
        number = next(self.addresses)  # too many failures from one network are another test
        headers = {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
        answer = case.call(base_url=self.world.service.url, headers=headers, allow_redirects=False)
        self.answers.setdefault(case.operation.label, set()).add((answer.status_code, _error(answer)))
        case.validate_response(answer, checks=CHECKS)

    def _put_in_what_is_real(self, case: Case) -> None:
        chance = zlib.crc32(repr((case.query, case.body)).encode("utf-8", "surrogatepass"))
        if chance % 4 == 0:
            return
        if case.operation.label == "GET /authorization":
            case.query = {**case.query, **self._question(chance)}
        elif isinstance(case.body, dict) and case.operation.label != "POST /register":
            real = {"/authorization": self._decision, "/token": self._exchange, "/revoke": self._revocation}
            case.body = {**case.body, **real[case.operation.path](chance)}

    def _question(self, chance: int) -> dict[str, str]:
        real = question(self.public, **PKCE) if chance & 8 else question(self.client)
        return {name: real[name] for name in ("client_id", "redirect_uri")} if chance & 16 else real

    def _decision(self, chance: int) -> dict[str, str]:
        shown = hidden_fields(self.world.ask(self.client, scope="notes:write" if chance & 8 else "no:such").text)
        shown |= {"id_token": self.id_token} if chance & 16 else {}
        return shown | ({"decision": "allow" if chance & 64 else "deny"} if chance & 32 else {})

    def _exchange(self, chance: int) -> dict[str, str]:
        spent = {"grant_type": "refresh_token", "refresh_token": next(self.tokens)}
        if chance & 8:
            spent = {"grant_type": "authorization_code", "code": next(self.codes)}
            spent |= {"code_verifier": VERIFIER} if chance & 64 else {}
        spent |= {"redirect_uri": self.client.redirect_uri} if chance & 16 else {}
        return self._credentials() | (spent if chance & 32 else {})

    def _revocation(self, chance: int) -> dict[str, str]:
        return self._credentials() | ({"token": next(self.tokens)} if chance & 8 else {})

    def _credentials(self) -> dict[str, str]:
        return {"client_id": self.client.client_id, "client_secret": self.client.client_secret}


def _error(answer: schemathesis.Response) -> str | None:
    if "location" in answer.headers:
        return parse_qs(urlsplit(answer.headers["location"][0]).query).get("error", [None])[0]
    error = (
        answer.json()["error"] if "json" in answer.headers["content-type"][0] and answer.status_code >= 400 else None
    )
    return error if isinstance(error, str) else None


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    with worlds.world(proxies=1, registrations_per_hour=100_000) as world:
        client, public, ada = world.assistant(), world.public_client(), world.person()
        codes = [world.code(client, ada, **PKCE) for _ in range(12)]
        tokens = [world.connect(client, ada).refresh_token for _ in range(6)]
        id_token = world.firebase.sign_in(ada)
        made = Stranger(world, client, public, id_token, itertools.cycle(codes), itertools.cycle(tokens))
        yield made
    for label, reached in REACHED.items():
        seen = made.answers.get(label, reached)  # another process may have had it
        assert reached <= seen, f"{label} was not tested as deeply as it should be"


@DOCUMENT.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_every_answer_is_described(case: Case, stranger: Stranger) -> None:
    stranger.send(case)
