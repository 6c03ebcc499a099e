"""What a fresh instance imports, and when: most calls of a personal assistant meet one."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.routing import Rule

from scripts.verbs.journey import hidden_fields
from scripts.verbs.processes import ROOT
from service.app import create_app
from service.contract import PARSED, keep
from tests.deployed import environment
from tests.world import World, new_project
from tests.world import world as another_world

# At most so many modules of anybody, Python's own too; a few more than there are, which differ between its versions.
MOST_AT_THE_START, MOST_AFTER_A_SAVE = 430, 560
# What was loaded at the start, what saving by either door loads after it, and what the rest of the MCP door does.
_SCRIPT = """
import sys
from service import main

before_any_request = len(sys.modules)
import json, secrets
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from service.oauth.refresh import RefreshToken
from service.oauth.tokens import Extent, SecretHash, mint_access_token

made = [
    thing.__qualname__
    for name, module in sorted(sys.modules.items()) if name.startswith("service.")
    for thing in vars(module).values() if isinstance(thing, type) and is_dataclass(thing)
]
client, loaded, told = main._app.test_client(), set(), []
whole = Extent(frozenset({"notes:write"}), main.settings.public_url)
later = datetime.now(UTC) + timedelta(hours=1)
token = mint_access_token(RefreshToken(SecretHash(""), "c", "u", "g", frozenset(), "", later), "A", whole, later)
note, bearer = {"title": "t", "content": "c"}, {"Authorization": f"Bearer {token.reveal()}"}

def tell():
    more = {name.partition(".")[0] if not name.startswith("google.") else name for name in sys.modules} - loaded
    loaded.update(more)
    told.append({"new": sorted(more - sys.stdlib_module_names), "modules": len(sys.modules)})

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
print(json.dumps({"told": told, "modules": before_any_request, "made": made}))
"""


@dataclass
class Told:
    modules: int
    """At the start, before any request."""
    made: set[str]
    """The dataclasses that were made by then."""
    new: list[list[str]]
    """The packages that are not Python's own, after each of the three."""
    after: list[int]
    """The modules after each."""


@pytest.fixture(scope="module")
def told() -> Told:
    keep()
    env = os.environ | {"PYTHONPATH": str(ROOT)} | environment(new_project(), "http://localhost:8080")
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    steps = found["told"]
    return Told(
        found["modules"], set(found["made"]), [each["new"] for each in steps], [each["modules"] for each in steps]
    )


def test_a_start_and_a_first_save_import_no_more_than_they_did(told: Told) -> None:
    """Whoever adds a heavy import here makes everyone wait; what is needed later is imported on first use."""
    _, after_a_save, _ = told.after

    assert told.modules <= MOST_AT_THE_START
    assert after_a_save <= MOST_AFTER_A_SAVE


def test_neither_the_start_nor_a_save_reads_yaml(told: Told) -> None:
    at_the_start, by_notes, by_mcp = told.new

    assert PARSED.exists()
    assert "yaml" not in {*at_the_start, *by_notes, *by_mcp}


def test_a_record_is_not_made_before_it_is_needed(told: Told) -> None:
    assert {"Settings", "OperationContract"} <= told.made
    assert not {"Code", "Grant", "Client", "Note", "Policy", "Fetched"} & told.made
    assert len(told.made) <= 12


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


def test_the_start_imports_neither_google_nor_the_mcp_sdk(told: Told) -> None:
    at_the_start, _, _ = told.new

    assert {"service", "flask", "jsonschema_rs"} <= set(at_the_start)
    heavy = ("mcp", "mcp_types", "pydantic", "starlette", "anyio", "grpc", "firebase_admin", "google.api_core")
    assert [name for name in at_the_start if name.startswith((*heavy, "google.cloud.firestore"))] == []


def test_the_mcp_door_imports_nothing_that_saving_by_the_other_does_not(told: Told) -> None:
    _, by_notes, more_by_mcp = told.new

    assert "grpc" in by_notes
    assert [name for name in by_notes if name.startswith(("google.cloud.", "google.api_core", "proto"))] == []
    assert not {"mcp", "mcp_types", "pydantic"} & set(by_notes)
    assert more_by_mcp == []


# A person allows, and their assistant takes its tokens and refreshes them; then they look at their connections.
_SIGN_IN = """
import json, os, sys
from urllib.parse import parse_qs, urlsplit
from service import main

told = json.loads(os.environ["TOLD"])
client, bearer = main._app.test_client(), {"Authorization": "Bearer " + told["form"]["id_token"]}
answer = client.post("/authorization", data=told["form"])
assert answer.status_code == 303, answer.text
code, = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
answer = client.post("/token", data=told["client"] | {"grant_type": "authorization_code", "code": code})
assert answer.status_code == 200, answer.text
again = {"grant_type": "refresh_token", "refresh_token": answer.json["refresh_token"]}
assert client.post("/token", data=told["client"] | again).status_code == 200
for path in ("/me/connections", "/me/export"):
    assert client.get(path, headers=bearer).status_code == 200, path
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_signing_in_imports_neither_firebase_admin_nor_another_http_client() -> None:
    project, url = new_project(), "http://localhost:8080"
    with another_world(project, public_url=url) as around:
        ada, chatgpt = around.person(), around.assistant()
        form = hidden_fields(around.ask(chatgpt).text) | {"decision": "allow"}
        form["id_token"] = around.firebase.sign_in(ada)
    client = {name: getattr(chatgpt, name) for name in ("client_id", "client_secret", "redirect_uri")}
    env = os.environ | {"PYTHONPATH": str(ROOT), "TOLD": json.dumps({"form": form, "client": client})}
    done = subprocess.run(
        [sys.executable, "-c", _SIGN_IN],
        cwd=ROOT,
        env=env | environment(project, url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    found = set(json.loads(done.stdout.splitlines()[-1]))
    assert {"grpc", "service"} <= found
    assert not {"firebase_admin", "requests", "httpx", "urllib3", "cachecontrol", "jwt", "cryptography"} & found
