"""What a call of Firestore asks for and gets, told by its messages: in the client by `ClientCounter`, or on the wire."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

import grpc
from google.cloud.firestore_v1 import types

_SHORT = {"BatchGetDocuments": "BatchGet", "ListDocuments": "List", "RunAggregationQuery": "Count"}
_ANSWERS = {
    "BatchGet": types.BatchGetDocumentsResponse.pb(),
    "RunQuery": types.RunQueryResponse.pb(),
    "List": types.ListDocumentsResponse.pb(),
}
_Commit = types.CommitRequest.pb()


@dataclass
class Rpc:
    """One call, from when it was made until its last message has come: seconds of a clock that only goes forward."""

    name: str
    """As Firestore has it, a little shorter; `Auth` is a call of Firebase Authentication."""
    writes: int = 0
    """Of a commit that was refused, none."""
    deletes: int = 0
    found: int = 0
    """Read by name."""
    missing: int = 0
    queried: int = 0
    """Documents that a query or a list found."""
    is_refused: bool = False
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None

    def answered(self, message: bytes) -> None:
        """One more message has come back."""
        if self.name not in _ANSWERS:
            return
        answer = _ANSWERS[self.name].FromString(message)
        if self.name == "BatchGet":
            self.found += bool(answer.found.name)
            self.missing += bool(answer.missing)
        elif self.name == "RunQuery":
            self.queried += bool(answer.document.name)
        else:
            self.queried += len(answer.documents)

    def refused(self) -> None:
        self.is_refused, self.writes, self.deletes = True, 0, 0


def asked(method: str, message: bytes) -> Rpc:
    """The call of METHOD, a full name as gRPC has it, with the request MESSAGE."""
    name = method.rpartition("/")[2]
    rpc = Rpc(_SHORT.get(name, name))
    if rpc.name == "Commit":
        writes = _Commit.FromString(message).writes
        rpc.deletes = sum(write.WhichOneof("operation") == "delete" for write in writes)
        rpc.writes = len(writes) - rpc.deletes
    return rpc


class Record:
    """The calls of several threads, in the order in which they began."""

    def __init__(self) -> None:
        self._rpcs: list[Rpc] = []
        self._changed = Condition()

    def add(self, rpc: Rpc) -> Rpc:
        with self._changed:
            self._rpcs.append(rpc)
        return rpc

    def end(self, rpc: Rpc) -> None:
        with self._changed:
            rpc.ended = time.monotonic()
            self._changed.notify_all()

    def take(self) -> list[Rpc]:
        """All since the last time, once none of them is under way."""
        with self._changed:
            assert self._changed.wait_for(lambda: all(rpc.ended for rpc in self._rpcs), 30)
            taken, self._rpcs = self._rpcs, []
        return taken


@dataclass(frozen=True)
class Operations:
    """The sum of a request's calls."""

    calls: tuple[tuple[str, int], ...]
    """How many by each name."""
    writes: int
    deletes: int
    found: int
    missing: int
    queried: int
    refused: int

    def count(self, name: str) -> int:
        return dict(self.calls).get(name, 0)


def total(rpcs: Iterable[Rpc]) -> Operations:
    made = list(rpcs)
    return Operations(
        calls=tuple(sorted(Counter(rpc.name for rpc in made).items())),
        writes=sum(rpc.writes for rpc in made),
        deletes=sum(rpc.deletes for rpc in made),
        found=sum(rpc.found for rpc in made),
        missing=sum(rpc.missing for rpc in made),
        queried=sum(rpc.queried for rpc in made),
        refused=sum(rpc.is_refused for rpc in made),
    )


def steps(rpcs: Sequence[Rpc]) -> list[list[Rpc]]:
    """RPCS by round trips that had to follow one another: what began before all of a step had ended is in that step.

    Calls that follow one another are never in one step; two that could run together are, if each takes long enough.
    """
    made: list[list[Rpc]] = []
    for rpc in sorted(rpcs, key=lambda each: each.began):
        if made and rpc.began < min(each.ended or 0 for each in made[-1]):
            made[-1].append(rpc)
        else:
            made.append([rpc])
    return made


class ClientCounter(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]  # grpc is untyped
    """Counts where the calls are made."""

    def __init__(self) -> None:
        self.record = Record()

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        rpc = self.record.add(asked(details.method, request.SerializeToString()))
        answer = continuation(details, request)
        if answer.exception():
            rpc.refused()
        else:
            rpc.answered(answer.result().SerializeToString())
        self.record.end(rpc)
        return answer

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        rpc = self.record.add(asked(details.method, request.SerializeToString()))
        return _Seen(continuation(details, request), rpc, self.record)


class _Seen:
    """The answers of a call, counted as they are taken."""

    def __init__(self, call: Any, rpc: Rpc, record: Record) -> None:
        self._call, self._rpc, self._record = call, rpc, record

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            answer = next(self._call)
        except StopIteration:
            self._record.end(self._rpc)
            raise
        except grpc.RpcError:
            self._rpc.refused()
            self._record.end(self._rpc)
            raise
        self._rpc.answered(answer.SerializeToString())
        return answer

    def cancel(self) -> None:
        self._call.cancel()
        self._record.end(self._rpc)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)
