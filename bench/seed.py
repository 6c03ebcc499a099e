"""Fills the emulator with tokens and grants like those that the service has stored, faster than through the service."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import grpc
from google.cloud.firestore_v1 import types

from scripts.verbs.journey import Person
from tests import world as worlds
from tests.assistant import connected
from tests.world import World

TOKENS_OF_A_GRANT = 20
_BATCH, _THREADS = 500, 3
_CALL = "/google.firestore.v1.Firestore/"
_OWNER = (("authorization", "Bearer owner"),)
_CommitRequest, _ListRequest = types.CommitRequest.pb(), types.ListDocumentsRequest.pb()
_ListResponse = types.ListDocumentsResponse.pb()


class Template:
    """A stored document as one write of a commit, in bytes, with other ids in the place of its own."""

    def __init__(self, document: Any, *ids: str) -> None:
        """IDS are all that is to be another one: each occurs somewhere in DOCUMENT."""
        write = types.Write.pb()(update=type(document)(name=document.name, fields=document.fields))
        self._raw: bytes = _CommitRequest(writes=[write]).SerializeToString()
        self._ids = [one.encode() for one in ids]
        assert all(one in self._raw for one in self._ids), "there is nothing to replace"

    def write(self, *ids: str) -> bytes:
        raw = self._raw
        for old, new in zip(self._ids, ids, strict=True):
            assert len(old) == len(new), "protobuf's lengths would be wrong"
            raw = raw.replace(old, new.encode())
        return raw


def fill(world: World, tokens: int) -> None:
    """TOKENS documents in oauthTokens, half of them access tokens, and a grant for every twenty; each has another person.

    They are copies of what the service stores for one connection, but for the ids.
    """
    person = world.person()
    connected(world, person)
    with grpc.insecure_channel(worlds.FIRESTORE) as channel, ThreadPoolExecutor(_THREADS) as pool:
        commit = channel.unary_unary(f"{_CALL}Commit")
        head = _CommitRequest(database=f"projects/{world.project}/databases/(default)").SerializeToString()
        writes = _writes(channel, world.project, person, tokens)
        batches = iter(lambda: list(islice(writes, _BATCH)), [])

        def send(batch: list[bytes]) -> None:
            commit(head + b"".join(batch), metadata=_OWNER, timeout=120)

        # As many at once as there are threads: a million that wait would be there twice.
        while at_once := list(islice(batches, _THREADS)):
            list(pool.map(send, at_once))


def _writes(channel: Any, project: str, person: Person, tokens: int) -> Iterator[bytes]:
    (grant,) = _documents(channel, project, "oauthGrants")
    grant_id = _id(grant)
    one = Template(grant, grant_id, person.uid)
    made = [Template(each, _id(each), grant_id, person.uid) for each in _documents(channel, project, "oauthTokens")]
    for number in range(tokens):
        mark = number // TOKENS_OF_A_GRANT
        other, uid = _digest("grant", mark)[: len(grant_id)], _digest("person", mark)[: len(person.uid)]
        if number % TOKENS_OF_A_GRANT == 0:
            yield one.write(other, uid)
        yield made[number % len(made)].write(_digest("token", number), other, uid)


def _documents(channel: Any, project: str, collection: str) -> list[Any]:
    parent = f"projects/{project}/databases/(default)/documents"
    request = _ListRequest(parent=parent, collection_id=collection, page_size=10)
    raw: bytes = channel.unary_unary(f"{_CALL}ListDocuments")(request.SerializeToString(), metadata=_OWNER, timeout=60)
    return list(_ListResponse.FromString(raw).documents)


def _id(document: Any) -> str:
    return str(document.name.rpartition("/")[2])


def _digest(kind: str, number: int) -> str:
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()
