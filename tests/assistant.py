"""An assistant that calls operations, and looks at every answer as ChatGPT would."""

from dataclasses import dataclass, replace
from typing import Any

import jsonschema_rs
import requests
import schemathesis
import yaml

from scripts.verbs.journey import Assistant, Person
from service.contract import PATH
from tests.world import Service, Tokens, World

DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
BOTH = "notes:read notes:write"
_MOST = 100_000


@dataclass(frozen=True)
class Caller:
    """A connected assistant: its calls go to SERVICE, and what comes back is as the contract describes it."""

    service: Service
    tokens: Tokens
    client: Assistant

    def save(self, content: str = "Some *text*", title: str = "A title", **more: Any) -> requests.Response:
        return self.call("POST", "/notes", json={"title": title, "content": content} | more)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.call("GET", path, params=query)

    def change(self, receipt: dict[str, Any], **changes: Any) -> requests.Response:
        """PATCH the note of RECEIPT, which also says the version, with CHANGES."""
        return self.call("PATCH", f"/notes/{receipt['id']}", json={"version": receipt["version"]} | changes)

    def delete(self, note_id: str) -> requests.Response:
        return self.call("DELETE", f"/notes/{note_id}")

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = self.tokens.bearer | options.pop("headers", {})
        answer = self.service.call(method, path, headers=headers, **options)
        check(method, path, answer)
        return answer

    def at(self, service: Service) -> "Caller":
        """The same assistant at another instance."""
        return replace(self, service=service)


def connected(world: World, person: Person | None = None, scope: str = BOTH, client: Assistant | None = None) -> Caller:
    """An assistant that PERSON has allowed SCOPE."""
    client = replace(client or world.assistant(), scope=scope)
    return Caller(world.service, world.connect(client, person or world.person()), client)


def check(method: str, path: str, answer: requests.Response | schemathesis.Response) -> None:
    """That ANSWER is one that openapi.yaml describes, within ChatGPT's limits, without null or a bare list."""
    template = next(known for known in DOCUMENT["paths"] if _fits(path, known))
    described = DOCUMENT["paths"][template][method.lower()]["responses"]
    assert str(answer.status_code) in described, (method, path, answer.status_code, answer.text[:300])
    schema = described[str(answer.status_code)]["content"]["application/json"]["schema"]
    body = answer.json()
    jsonschema_rs.Draft202012Validator(schema | {"components": DOCUMENT["components"]}).validate(body)
    assert isinstance(body, dict)
    assert not _has_none(body)
    assert len(answer.text.encode("utf-16-le")) // 2 < _MOST
    if answer.status_code >= 400:
        assert set(body["error"]) == {"code", "message"}
    if answer.status_code in (429, 503):
        assert "Retry-After" in answer.headers


def _fits(path: str, template: str) -> bool:
    parts, known = path.strip("/").split("/"), template.strip("/").split("/")
    return len(parts) == len(known) and all(
        one == two or two.startswith("{") for one, two in zip(parts, known, strict=True)
    )


def _has_none(value: Any) -> bool:
    match value:
        case None:
            return True
        case dict():
            return any(map(_has_none, value.values()))
        case list():
            return any(map(_has_none, value))
        case _:
            return False
