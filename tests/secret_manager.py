"""A Secret Manager on loopback, behind Google's real interface: it has no emulator."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import google_crc32c
import grpc
from google.cloud import secretmanager_v1 as sm

from service.google_rpc import Rpcs
from service.oauth.secret_manager import MESSAGES

_ACCESS = "/google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion"


class SecretManager(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc is untyped
    """The versions of SECRET, the first one first, and what goes wrong with the next answers."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.versions: list[bytes] = []
        self.disabled: set[int] = set()
        self.calls: list[str] = []
        self.fail: list[grpc.StatusCode] = []
        self.damaged = 0
        self.asked, self.answers = threading.Semaphore(0), threading.Event()
        self.answers.set()

    def service(self, details: Any) -> Any:
        assert details.method == _ACCESS
        return grpc.unary_unary_rpc_method_handler(
            self._access, sm.AccessSecretVersionRequest.deserialize, sm.AccessSecretVersionResponse.serialize
        )

    def _access(self, request: sm.AccessSecretVersionRequest, context: Any) -> sm.AccessSecretVersionResponse:
        secret, _, version = request.name.rpartition("/versions/")
        self.calls.append(version)
        self.asked.release()
        self.answers.wait(60)
        if self.fail:
            context.abort(self.fail.pop(0), "injected")
        number = len(self.versions) if version == "latest" else int(version)
        if secret != self.secret or not 0 < number <= len(self.versions):
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret [{secret}] not found or has no versions.")
        if number in self.disabled:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"Secret Version [{request.name}] is in DISABLED state.")
        data = self.versions[number - 1]
        payload = sm.SecretPayload(data=data, data_crc32c=google_crc32c.value(data) ^ (self.damaged > 0))
        self.damaged -= 1
        return sm.AccessSecretVersionResponse(name=f"{secret}/versions/{number}", payload=payload)


@contextmanager
def served(secrets: SecretManager) -> Iterator[Rpcs]:
    """The way to SECRETS."""
    server = grpc.server(ThreadPoolExecutor(32))
    server.add_generic_rpc_handlers((secrets,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with rpcs_of(f"127.0.0.1:{port}") as rpcs:
            yield rpcs
    finally:
        secrets.answers.set()
        server.stop(None).wait()


@contextmanager
def rpcs_of(address: str) -> Iterator[Rpcs]:
    with grpc.insecure_channel(address) as channel:
        yield Rpcs(channel, "google.cloud.secretmanager.v1.SecretManagerService", MESSAGES)
