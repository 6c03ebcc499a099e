"""MCP's own conformance suite finds our door as the specification wants it, in both eras.

The suite is made for servers that exist to be tested, with tools, prompts and resources of its own. What it asks for
that we do not have is in a table, with the reason; everything else passes.
"""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import requests

from scripts.verbs.processes import free_port
from tests import world as worlds
from tests.strangers.programs import PACKAGES, newer_node, started
from tests.world import PKCE, VERIFIER, Tokens, World

SUITE = PACKAGES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
APPLIES = {
    "server-initialize",
    "server-session-lifecycle",  # there is no session, and it takes note of that
    "ping",
    "tools-list",
    "dns-rebinding-protection",
    "http-header-validation",
    "input-required-result-unsupported-methods",
    "input-required-result-validate-input",  # it takes our refusal of its tool for what it looks for
    # All of these but for some checks.
    "server-stateless",
    "server-sse-multiple-streams",
    "server-sse-polling",
    "caching",
    "sep-2164-resource-not-found",
}
# What we do not have, and where it is asked for: a scenario's check, whose name is the scenario's unless it says another.
NOT_OURS = {
    "a tool of the suite's own, such as test_simple_text": {
        "tools-call-simple-text",
        "tools-call-image",
        "tools-call-audio",
        "tools-call-embedded-resource",
        "tools-call-mixed-content",
        "tools-call-error",
        "tools-call-with-progress",
        "json-schema-2020-12:json-schema-2020-12-tool-found",
        "server-stateless:sep-2575-server-rejects-undeclared-capability",
        "server-stateless:sep-2575-missing-capability-http-400",
        "server-stateless:sep-2575-http-server-no-independent-requests-on-stream",
        "server-stateless:sep-2575-server-no-log-without-loglevel",
    },
    "a tool with a parameter that is also sent as a header": {
        "http-custom-header-server-validation:sep-2243-server-no-xmcp-tool",
        "http-custom-header-server-validation:sep-2243-server-decode-base64",
        "http-custom-header-server-validation:sep-2243-server-validate-param-match",
        "http-custom-header-server-validation:sep-2243-server-reject-invalid-param-chars",
        "http-custom-header-server-validation:sep-2243-server-reject-param-mismatch",
    },
    "prompts": {
        "prompts-list",
        "prompts-get-simple",
        "prompts-get-with-args",
        "prompts-get-embedded-resource",
        "prompts-get-with-image",
        "caching:sep-2549-prompts-list-caching-hints",
    },
    "resources": {
        "resources-list",
        "resources-read-text",
        "resources-read-binary",
        "resources-templates-read",
        "resources-subscribe",
        "resources-unsubscribe",
        "caching:sep-2549-resources-list-caching-hints",
        "caching:sep-2549-resources-templates-list-caching-hints",
        "caching:sep-2549-resources-read-caching-hints",
        "sep-2164-resource-not-found:sep-2164-error-code",
        "sep-2164-resource-not-found:sep-2164-data-uri",
    },
    "completion of what is being typed": {"completion-complete"},
    "log messages for the client": {"logging-set-level", "tools-call-with-logging"},
    "a server that asks its client something, or for its model": {
        "tools-call-sampling",
        "tools-call-elicitation",
        "elicitation-sep1034-defaults:elicitation-sep1034-general",
        "elicitation-sep1330-enums:elicitation-sep1330-general",
        "input-required-result-basic-elicitation:sep-2322-elicitation-incomplete",
        "input-required-result-basic-sampling:sep-2322-sampling-incomplete",
        "input-required-result-basic-list-roots:sep-2322-list-roots-incomplete",
        "input-required-result-request-state:sep-2322-request-state-incomplete",
        "input-required-result-multiple-input-requests:sep-2322-multiple-inputs-incomplete",
        "input-required-result-multi-round:sep-2322-multi-round-r1",
        "input-required-result-missing-input-response:sep-2322-missing-response-rerequests",
        "input-required-result-non-tool-request:sep-2322-non-tool-incomplete",
        "input-required-result-result-type:sep-2322-result-type-included",
        "input-required-result-tampered-state:sep-2322-reject-tampered-state",
        "input-required-result-capability-check:sep-2322-respect-client-capabilities",
        "input-required-result-ignore-extra-params:sep-2322-ignore-unexpected-params",
    },
    "a stream that stays open: any instance answers any request, and the lists change with a release": {
        "server-sse-polling:server-sse-polling-session",
        "server-sse-multiple-streams:server-sse-multiple-streams-session",
        "server-stateless:sep-2575-server-sends-subscription-ack",
        "server-stateless:sep-2575-server-tags-subscription-id",
        "server-stateless:sep-2575-server-honors-notification-filter",
        "server-stateless:sep-2575-server-sends-prompts-list-changed-on-subscription",
        "server-stateless:sep-2575-server-sends-tools-list-changed-on-subscription",
    },
}
HANDSHAKE_ONLY = {"server-sse-multiple-streams:server-sse-multiple-streams-session"}
EXTENSIONS = {  # none of them is announced
    "sep-2640-skills-directory",
    "sep-2640-skills-enumeration",
    "sep-2640-skills-manifest",
    "tasks-lifecycle",
    "tasks-capability-negotiation",
    "tasks-wire-fields",
    "tasks-request-state-removal",
    "tasks-mrtr-input",
    "tasks-request-headers",
    "tasks-dispatch-and-envelope",
    "tasks-status-notifications",
    "tasks-required-task-error",
    "tasks-mrtr-composition",
}
AUTHORIZATION = {"authorization-server-metadata-endpoint", "authorization-code-grant"}


class Signed:
    """Goes `around` a service: who comes to the door without a token has this one, as the suite knows of none."""

    def __init__(self) -> None:
        self.tokens: Tokens | None = None

    def around(self, app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            if self.tokens and environ["PATH_INFO"] == "/mcp":
                environ.setdefault("HTTP_AUTHORIZATION", self.tokens.bearer["Authorization"])
            return app(environ, start)

        return answer


@pytest.fixture(scope="module")
def signed_world() -> Iterator[World]:
    signed = Signed()
    with worlds.world(around=signed.around, calls_per_minute=10_000) as made:
        client, resource = made.public_client(), f"{made.service.url}/mcp"
        code = made.code(client, made.person(), **PKCE, scope="notes:read notes:write", resource=resource)
        answer = made.exchange(client, code=code, code_verifier=VERIFIER, resource=resource)
        signed.tokens = Tokens(**answer.json())
        yield made


@cache
def listed() -> dict[str, dict[str, list[str]]]:
    """The suite's sections (Server, Client, Authorization), and of each scenario the revisions that it is for."""
    said = subprocess.run([newer_node(), SUITE, "list"], capture_output=True, text=True, check=True).stdout
    return {
        section.partition(" ")[0]: {
            name: revisions.split(",") for name, revisions in re.findall(r"^  - (\S+) \[(.*)]$", section, re.MULTILINE)
        }
        for section in said.split("\n\n")
    }


def checks(folder: Path, prefix: str = "") -> dict[str, set[str]]:
    """How each check of each scenario in FOLDER went."""
    found: dict[str, set[str]] = {}
    for file in folder.glob("*/checks.json"):
        scenario = re.sub(r"-\d{4}-\d\d-\d\dT.*", "", file.parent.name).removeprefix(prefix)
        for check in json.loads(file.read_text(encoding="utf-8")):
            name = scenario if check["id"] == scenario else f"{scenario}:{check['id']}"
            found.setdefault(name, set()).add(check["status"])
    return found


def played(found: dict[str, set[str]]) -> set[str]:
    return {name.partition(":")[0] for name in found}


def excused(scenarios: set[str], revision: str) -> set[str]:
    every = set[str]().union(*NOT_OURS.values()) - (HANDSHAKE_ONLY if revision == "2026-07-28" else set())
    return {name for name in every if name.partition(":")[0] in scenarios}


def test_the_suite_has_no_scenario_that_nobody_has_looked_at() -> None:
    """One more scenario in a newer suite is one more question: does it apply to us?"""
    known = APPLIES | EXTENSIONS | {name.partition(":")[0] for names in NOT_OURS.values() for name in names}

    assert listed()["Server"].keys() == known
    assert listed()["Authorization"].keys() == AUTHORIZATION
    assert {name for name, revisions in listed()["Server"].items() if revisions == ["extension"]} == EXTENSIONS


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_the_suite_finds_nothing_missing_but_what_is_not_ours(
    signed_world: World, revision: str, tmp_path: Path
) -> None:
    """Every scenario of the revision is played; what fails or is skipped is what the table says, no more and no less.

    Beside its own checks each scenario holds every message that we send against the specification's JSON schema.
    """
    command = [newer_node(), str(SUITE), "server", "--url", f"{signed_world.service.url}/mcp", "--suite", "all"]
    command += ["--spec-version", revision, "-o", str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120).stdout

    found = checks(tmp_path, "server-")
    assert played(found) == {name for name, revisions in listed()["Server"].items() if revision in revisions}, said
    failed = {name for name, statuses in found.items() if statuses - {"SUCCESS", "INFO"}}
    assert failed == excused(played(found), revision), said
    assert sum(statuses == {"SUCCESS"} for statuses in found.values()) > len(played(found)) / 2, "it did nothing"


def test_the_suite_gets_a_token_from_our_authorization_server(signed_world: World, tmp_path: Path) -> None:
    """Metadata, CIMD support, code, PKCE, `iss`, `state`, `no-store`: as a public client for the resource /mcp.

    A confidential one it plays without its secret, as the metadata has `none` among the methods.
    """
    world, port = signed_world, free_port()
    client = world.public_client("Conformance", f"http://127.0.0.1:{port}/callback")
    facts: dict[str, Any] = {
        "--url": world.service.url,
        "--client-id": client.client_id,
        "--resource": f"{world.service.url}/mcp",
        "--port": port,
        "-o": tmp_path,
    }
    command = [str(word) for option in facts.items() for word in option]
    heard: list[str] = []

    def wait_for(beginning: str) -> str:
        while not any(line.startswith(beginning) for line in heard):
            heard.append(suite.hear_line().strip())
        return next(line for line in heard if line.startswith(beginning))

    with started(newer_node(), SUITE, "authorization", *command) as suite:
        wait_for("Callback server started")
        assert requests.get(world.visit(wait_for("http"), world.person()), timeout=60).ok
        wait_for("Total")

    found = checks(tmp_path, "authorization-server-")
    assert {status for statuses in found.values() for status in statuses} == {"SUCCESS"}, found
    assert len(found) == 3
