"""Someone who leaves: downloads all of their notes part after part, and deletes everything step by step."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from scripts.verbs.journey import Person
from service.firestore import Documents, TooLarge
from service.firestore_write import Write, create
from tests.world import FIRESTORE, Service, World

CONFIRMED = {"confirm": "delete everything"}
_BATCH, _MOST_BYTES = 200, 2_000_000  # of one commit


@dataclass(frozen=True)
class Leaver:
    """PERSON as a client of SERVICE, which may be any instance."""

    service: Service
    headers: dict[str, str]

    def part(self, cursor: str | None = None) -> requests.Response:
        query = {"cursor": cursor} if cursor else {}
        return self.service.get("/me/export", params=query, headers=self.headers)

    def parts(self, cursor: str | None = None) -> Iterator[requests.Response]:
        """The part after CURSOR, and all that follow."""
        while True:
            answer = self.part(cursor)
            assert answer.status_code == 200, answer.text
            yield answer
            if not (cursor := answer.headers.get("Next-Cursor")):
                return

    def export(self) -> dict[str, bytes]:
        return together(self.parts())

    def step(self, **body: Any) -> requests.Response:
        return self.service.post("/me/deletion", json=CONFIRMED | body, headers=self.headers)

    def delete(self) -> dict[str, Any]:
        """The receipt."""
        while True:
            answer = self.step()
            assert answer.status_code == 200, answer.text
            state: dict[str, Any] = answer.json()
            if state["done"]:
                return state

    def receipt(self) -> requests.Response:
        return self.service.get("/me/deletion", headers=self.headers)

    def at(self, service: Service) -> "Leaver":
        """The same person at another instance."""
        return Leaver(service, self.headers)


def leaver(world: World, person: Person) -> Leaver:
    return Leaver(world.service, {"Authorization": f"Bearer {world.firebase.sign_in(person)}"})


def together(parts: Iterator[requests.Response] | list[requests.Response]) -> dict[str, bytes]:
    """All files of PARTS; fails when two have the same name."""
    found: dict[str, bytes] = {}
    for part in parts:
        files = unzip(part.content)
        assert len(files) == 2 * int(part.headers["Notes-In-Part"])
        assert not found.keys() & files.keys()
        found |= files
    return found


def unzip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def fill(world: World, uid: str, count: int, size: int = 100) -> None:
    """COUNT notes of about SIZE characters."""
    documents, now = world.service.backends.documents, world.service.clock()
    batch = max(1, min(_BATCH, _MOST_BYTES // size))
    for start in range(0, count, batch):
        numbers = range(start, min(count, start + batch))
        fields = {"kind": "note", "tags": ["t"], "createdAt": now, "updatedAt": now}
        documents.commit(
            *(
                create(
                    f"users/{uid}/notes/n{n:05}",
                    fields | {"title": f"Note {n}", "content": f"{n} " + "word " * (size // 5)},
                )
                for n in numbers
            )
        )


def make_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 5 notes, and steps of one batch of 5: few notes do as well as many, in a service of this process."""
    monkeypatch.setattr("service.leaving.routes.MOST_NOTES", 5)
    monkeypatch.setattr("service.leaving.firestore_step.BATCH", 5)
    monkeypatch.setattr("service.leaving.firestore.MOST_BATCHES", 1)


def put_raw(world: World, path: str, fields: dict[str, Any]) -> None:
    """A document with FIELDS as Firestore's REST API has them, past the security rules."""
    url = f"http://{FIRESTORE}/v1/projects/{world.project}/databases/(default)/documents/{path}"
    headers = {"Authorization": "Bearer owner"}
    requests.patch(url, json={"fields": fields}, headers=headers, timeout=20).raise_for_status()


def take_few(monkeypatch: pytest.MonkeyPatch, documents: Documents, most: int = 4) -> None:
    """As Firestore does, which counts what is deleted towards a commit's 10 MiB; its emulator does not."""
    commit = documents.commit

    def as_firestore(*writes: Write) -> list[Any]:
        if sum(write.is_delete for write in writes) > most:
            raise TooLarge("commit")
        return commit(*writes)

    monkeypatch.setattr(documents, "commit", as_firestore)
