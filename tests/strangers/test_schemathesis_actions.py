"""schemathesis pours requests made from `openapi.yaml`, right and wrong ones, on every operation, signed in.

Nothing may answer with a server's error, or with anything that is not described; what the schema forbids is refused.
Which requests are made is the same each time. Into two of three a real note's id and version are put, or all would end
at "no such note".
"""

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from scripts.verbs.processes import ROOT
from tests import world as worlds
from tests.assistant import Caller, check, connected

pytest_plugins = ["schemathesis.pytest.plugin"]  # here, as it takes every other run of pytest seconds to load
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    allow_header_conformance,
]
REACHED = {
    "POST /notes": {200, 201, 400},
    "GET /notes": {200, 400},
    "GET /search": {200, 400},
    "GET /notes/{id}": {200, 400, 404},
    "PATCH /notes/{id}": {200, 400, 404, 409},
    "DELETE /notes/{id}": {200, 404},
    "GET /profile": {200},
}
Case = schemathesis.Case[Any]
DOCUMENT = schemathesis.openapi.from_path(ROOT / "openapi.yaml")
DOCUMENT.config.generation.update(deterministic=True, max_examples=16)


@dataclass
class Stranger:
    """A connected assistant. Remembers what it was answered."""

    caller: Caller
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    def send(self, case: Case) -> None:
        chance = zlib.crc32(repr((case.query, case.body, case.path_parameters)).encode("utf-8", "surrogatepass"))
        if chance % 3 and "id" in case.path_parameters:
            self._put_in_what_is_real(case, chance)
        answer = case.call(base_url=self.caller.service.url, headers=self.caller.tokens.bearer)
        self.answers[case.operation.label, answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)
        if case.method in ("GET", "POST", "PATCH", "DELETE") and answer.status_code != 405:
            check(case.method, case.operation.path, answer)

    def _put_in_what_is_real(self, case: Case, chance: int) -> None:
        receipt = self.caller.save(f"{chance}").json()
        case.path_parameters = {**case.path_parameters, "id": receipt["id"]}
        if isinstance(case.body, dict) and isinstance(case.body.get("version"), str) and chance & 64:
            case.body = {**case.body, "version": receipt["version"]}


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    with worlds.world(calls_per_minute=100_000) as world:
        made = Stranger(connected(world))
        yield made
    for label, statuses in REACHED.items():
        seen = {status for (name, status), _ in made.answers.items() if name == label}
        assert not seen or statuses <= seen, f"{label} was not tested as deeply as it should be"


@DOCUMENT.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_every_answer_is_described(case: Case, stranger: Stranger) -> None:
    stranger.send(case)
