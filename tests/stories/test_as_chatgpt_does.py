"""ChatGPT, which knows the document that it has imported, what was typed into the editor, and nothing else."""

from dataclasses import replace
from typing import Any

import requests
import yaml

from tests.world import CALLBACK, World, answer_of


class Gpt:
    """A GPT with an action: it calls operations by their ids, at the addresses of the imported DOCUMENT."""

    def __init__(self, document: dict[str, Any], token: str | None = None) -> None:
        self._base = document["servers"][0]["url"]
        self._headers = {
            "openai-conversation-id": "6743c1f2-1111-2222-3333-444455556666",
            "openai-ephemeral-user-id": "00000000-1111-2222-3333-444455556666",
            "openai-gpt-id": "g-1f0e",
            "User-Agent": "Mozilla/5.0 (compatible; ChatGPT-User/1.0; +https://openai.com/bot)",
        }
        self._headers |= {"Authorization": f"Bearer {token}"} if token else {}
        self._operations = {
            operation["operationId"]: (method, path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

    def call(self, operation_id: str, **arguments: Any) -> requests.Response:
        method, path, operation = self._operations[operation_id]
        places = {parameter["name"]: parameter["in"] for parameter in operation.get("parameters", ())}
        found: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "body": {}}
        for name, value in arguments.items():
            found[places.get(name, "body")][name] = value
        address = self._base + path.format(**found["path"])
        body = found["body"] if "requestBody" in operation else None
        return requests.request(method, address, params=found["query"], json=body, headers=self._headers, timeout=60)


def imported(world: World) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(world.service.get("/openapi.yaml").text)
    return document


def test_save_it_find_it_extend_it_and_remove_it(world: World) -> None:
    ada, document = world.person(), imported(world)
    flow = document["components"]["securitySchemes"]["oauth"]["flows"]["authorizationCode"]
    chatgpt = replace(world.assistant(), scope=" ".join(flow["scopes"]))
    asked = {"response_type": "code", "client_id": chatgpt.client_id, "redirect_uri": CALLBACK}
    page = requests.get(flow["authorizationUrl"], params=asked | {"scope": chatgpt.scope, "state": "s"}, timeout=60)
    answer = answer_of(world.follow(page, ada))
    form = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": CALLBACK}
    who = {"client_id": chatgpt.client_id, "client_secret": chatgpt.client_secret}
    tokens = requests.post(flow["tokenUrl"], data=form | who, timeout=60).json()
    assert tokens["token_type"] == "bearer"
    gpt = Gpt(document, tokens["access_token"])

    receipt = gpt.call("saveNote", title="Café names", content="1. Crema").json()
    again = gpt.call("saveNote", title="Names for a café", content="1. Crema").json()
    found = gpt.call("searchNotes", query="cafe").json()["notes"]
    seen = gpt.call("getNote", id=found[0]["id"]).json()
    extended = gpt.call("updateNote", id=seen["id"], version=seen["version"], append="2. Grounds").json()
    read = gpt.call("getNote", id=extended["id"]).json()
    listed = gpt.call("listNotes", limit=5).json()["notes"]
    removed = gpt.call("deleteNote", id=receipt["id"])

    assert (receipt["created"], again["created"], again["id"]) == (True, False, receipt["id"])
    assert [note["id"] for note in found] == [note["id"] for note in listed] == [receipt["id"]]
    assert read["content"] == "1. Crema\n\n2. Grounds"
    assert (removed.status_code, world.notes(ada)) == (200, [])
    assert gpt.call("getProfile").json()["id"] == ada.uid
    called = {call["operationId"] for call in world.stored("contractCalls")}
    assert called == {
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if operation["security"]
    }


def test_the_game_needs_nothing_but_the_document(world: World) -> None:
    answer = Gpt(imported(world)).call("playTicTacToe", position_1="X")

    assert answer.json() == {
        "board": [["X", " ", " "], [" ", "O", " "], [" ", " ", " "]],
        "status": "continue",
        "winner": "No winner",
    }


def test_an_older_import_goes_on_working(world: World) -> None:
    document = imported(world)
    document["servers"] = [{"url": f"{world.service.url}/at/0123456789ab"}]

    assert Gpt(document).call("playTicTacToe").status_code == 200
    challenged = Gpt(document).call("listNotes")
    assert challenged.status_code == 401
    assert "resource_metadata=" in challenged.headers["WWW-Authenticate"]
