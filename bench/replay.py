"""A proxy to Firestore's emulator that asks for each thing once and then gives the same answer at once; commits pass.

The emulator looks through all that it holds, so with a million documents its own time is all that a clock sees. Behind
this proxy the service reads byte for byte what the emulator has answered, and the clock sees what the service does.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import Any

import grpc

from bench.rpcs import Record, asked

MOST_ANSWERS = 10_001
"""A search that has found so many documents ends the call."""


class Replay(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc is untyped
    """`record` has what the service asked for; `seconds` what the emulator needed for what was new."""

    def __init__(self, upstream: grpc.Channel) -> None:
        self._upstream, self._known, self._lock = upstream, dict[tuple[str, bytes], list[bytes]](), Lock()
        self.record, self.seconds = Record(), 0.0

    def service(self, details: Any) -> Any:
        def relay(request: bytes, context: Any) -> Iterator[bytes]:
            rpc = self.record.add(asked(details.method, request))
            try:
                answers = self._ask(details, request) if rpc.name == "Commit" else self._recall(details, request)
                for answer in answers:
                    rpc.answered(answer)
                    yield answer
            except grpc.RpcError as failed:
                rpc.refused()
                self.record.end(rpc)
                context.abort(failed.code(), failed.details())
            finally:
                self.record.end(rpc)

        return grpc.unary_stream_rpc_method_handler(relay)

    def _recall(self, details: Any, request: bytes) -> list[bytes]:
        """Asks to the end, also when the service has stopped waiting: it finds the answer when it asks again."""
        with self._lock:
            if (details.method, request) not in self._known:
                began = time.perf_counter()
                self._known[details.method, request] = self._ask(details, request)
                self.seconds += time.perf_counter() - began
            return self._known[details.method, request]

    def _ask(self, details: Any, request: bytes) -> list[bytes]:
        metadata = [pair for pair in details.invocation_metadata if pair[0] != "user-agent"]
        answers = self._upstream.unary_stream(details.method)(request, metadata=metadata, timeout=300)
        found = list(islice(answers, MOST_ANSWERS))
        answers.cancel()
        return found


@contextmanager
def replaying(upstream: str) -> Iterator[tuple[str, Replay]]:
    """The address of a proxy to the emulator at UPSTREAM."""
    server = grpc.server(ThreadPoolExecutor(16))
    port = server.add_insecure_port("127.0.0.1:0")
    with grpc.insecure_channel(upstream) as channel:
        replay = Replay(channel)
        server.add_generic_rpc_handlers((replay,))
        server.start()
        try:
            yield f"127.0.0.1:{port}", replay
        finally:
            server.stop(None).wait()
