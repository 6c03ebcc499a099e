"""Proxies on loopback that count what passes: gRPC to Firestore by method and message, HTTP to Firebase Authentication.

Each holds every answer back for a while, so that what a program does together is seen to be together.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
import requests

from bench.rpcs import Record, Rpc, asked

_HOP = {"connection", "content-length", "transfer-encoding", "content-encoding", "date", "server"}


class _Firestore(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc is untyped
    """Any method, as bytes: with no serializer a unary call is a stream of one message each way."""

    def __init__(self, upstream: grpc.Channel, record: Record, hold: float) -> None:
        self._upstream, self._record, self._hold = upstream, record, hold

    def service(self, details: Any) -> Any:
        def relay(request: bytes, context: Any) -> Iterator[bytes]:
            rpc = self._record.add(asked(details.method, request))
            try:
                yield from self._relay(rpc, details, request, context)
            finally:
                self._record.end(rpc)

        return grpc.unary_stream_rpc_method_handler(relay)

    def _relay(self, rpc: Rpc, details: Any, request: bytes, context: Any) -> Iterator[bytes]:
        metadata = [pair for pair in details.invocation_metadata if pair[0] != "user-agent"]
        time.sleep(self._hold)
        answers = self._upstream.unary_stream(details.method)(request, metadata=metadata)
        context.add_callback(answers.cancel)
        try:
            for answer in answers:
                rpc.answered(answer)
                yield answer
        except grpc.RpcError as failed:
            if failed.code() is not grpc.StatusCode.CANCELLED:  # by us
                rpc.refused()
            self._record.end(rpc)
            context.abort(failed.code(), failed.details())


@contextmanager
def firestore_proxy(upstream: str, record: Record, hold: float) -> Iterator[str]:
    """The address of a proxy to the emulator at UPSTREAM, which writes to RECORD and holds each call for HOLD seconds."""
    server = grpc.server(ThreadPoolExecutor(16))
    port = server.add_insecure_port("127.0.0.1:0")
    with grpc.insecure_channel(upstream) as channel:
        server.add_generic_rpc_handlers((_Firestore(channel, record, hold),))
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


@contextmanager
def auth_proxy(upstream: str, record: Record, hold: float) -> Iterator[str]:
    """The same for the Auth emulator: each request is an `Rpc` named Auth."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            rpc = record.add(Rpc("Auth"))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            time.sleep(hold)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in {*_HOP, "host"}}
            url = f"http://{upstream}{self.path}"
            answer = requests.request(self.command, url, data=body, headers=headers, timeout=60)
            record.end(rpc)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST  # noqa: N815  # the base class's name

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
