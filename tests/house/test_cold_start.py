"""What a fresh instance imports, and when: most calls of a personal assistant meet one."""

import json
import os
import subprocess
import sys

import pytest
from flask import Flask
from werkzeug.routing import Rule

from scripts.verbs.processes import ROOT
from service.app import create_app
from tests.deployed import environment
from tests.world import World, new_project

# What was loaded at the start, what saving by either door loads after it, and what the rest of the MCP door does.
_SCRIPT = """
import json, secrets, sys
from datetime import UTC, datetime, timedelta
from service import main
from service.oauth.refresh import RefreshToken
from service.oauth.tokens import Extent, SecretHash, mint_access_token

client, loaded, told = main._app.test_client(), set(), []
whole = Extent(frozenset({"notes:write"}), main.settings.public_url)
later = datetime.now(UTC) + timedelta(hours=1)
token = mint_access_token(RefreshToken(SecretHash(""), "c", "u", "g", frozenset(), "", later), "A", whole, later)
note, bearer = {"title": "t", "content": "c"}, {"Authorization": f"Bearer {token.reveal()}"}

def tell():
    more = {name.partition(".")[0] if not name.startswith("google.") else name for name in sys.modules} - loaded
    loaded.update(more)
    told.append(sorted(more - sys.stdlib_module_names))

def send(method, **params):
    return client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=bearer)

client.get("/health")
tell()
assert client.post("/notes", json=note, headers=bearer).status_code == 401
tell()
assert send("initialize", protocolVersion="2025-11-25").status_code == 200
assert send("tools/list").status_code == 200
assert send("tools/call", name="saveNote", arguments=note).status_code == 401
tell()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told() -> list[list[str]]:
    env = os.environ | {"PYTHONPATH": str(ROOT)} | environment(new_project(), "http://localhost:8080")
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_start_compiles_no_builders_of_addresses(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is a private part of werkzeug: when it is gone, `_Route` in service/app.py can go too."""
    compiled = list[str]()
    real = Rule._compile_builder

    def compile_builder(rule: Rule, append_unknown: bool = True) -> object:  # noqa: FBT001, FBT002  # werkzeug's own
        compiled.append(rule.rule)
        return real(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", compile_builder)
    app = create_app(world.service.settings, world.service.backends)
    assert compiled == []

    Flask("plain").add_url_rule("/plain", "plain")
    assert "/plain" in compiled
    compiled.clear()

    addresses = app.url_map.bind("mate.example.com")
    assert addresses.build("web.health") == "/health"
    assert addresses.build("web.health", {"a": "b"}) == "/health?a=b"
    assert "/health" in compiled


def test_the_start_imports_neither_google_nor_the_mcp_sdk(told: list[list[str]]) -> None:
    at_the_start, _, _ = told

    assert {"service", "flask", "jsonschema_rs"} <= set(at_the_start)
    heavy = ("mcp", "mcp_types", "pydantic", "starlette", "anyio", "grpc", "firebase_admin", "google.api_core")
    assert [name for name in at_the_start if name.startswith((*heavy, "google.cloud.firestore"))] == []


def test_the_mcp_door_imports_nothing_that_saving_by_the_other_does_not(told: list[list[str]]) -> None:
    _, by_notes, more_by_mcp = told

    assert "grpc" in by_notes
    assert [name for name in by_notes if name.startswith(("google.cloud.", "google.api_core", "proto"))] == []
    assert not {"mcp", "mcp_types", "pydantic"} & set(by_notes)
    assert more_by_mcp == []
