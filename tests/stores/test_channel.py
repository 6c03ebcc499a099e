"""Firestore as it is reached in production: TLS, a service account's token, and the header that routes a call."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from scripts.verbs.processes import ROOT

_ASK = """
import sys
from service.firestore import Documents, open_rpcs

documents = Documents(open_rpcs(None, host=sys.argv[1]), "a-project", "(default)")
documents.get("users/ada"), documents.query("users/ada/notes"), documents.commit()
"""


class Firestore(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc is untyped
    """Answers every call with nothing, and keeps the headers of each by its method."""

    def __init__(self) -> None:
        self.calls: dict[str, dict[str, str]] = {}

    def service(self, details: Any) -> Any:
        self.calls[details.method] = dict(details.invocation_metadata)
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")


@contextmanager
def token_endpoint() -> Iterator[str]:
    """Google's, which gives everybody the same token."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"access_token": "of-the-service", "expires_in": 3600, "token_type": "Bearer"}')

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/token"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def over_tls(firestore: Firestore, key: bytes, certificate: bytes) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((firestore,))
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
    server.start()
    try:
        yield f"localhost:{port}"
    finally:
        server.stop(None).wait()


def a_certificate() -> tuple[bytes, bytes]:
    """A private key, and the certificate of localhost that it signed: PEM both."""
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private, certificate.public_bytes(pem)


def ask(host: str, roots: Path, account: Path) -> "subprocess.CompletedProcess[str]":
    """A process of its own reads and writes at HOST: gRPC reads the ROOTS that it trusts once."""
    known = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(roots), "GOOGLE_APPLICATION_CREDENTIALS": str(account)}
    env = {name: value for name, value in os.environ.items() if not name.endswith("_EMULATOR_HOST")} | known
    command = [sys.executable, "-c", _ASK, host]
    return subprocess.run(
        command, cwd=ROOT, env=env | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )


def test_a_call_goes_over_tls_with_the_accounts_token_to_the_databases_place(tmp_path: Path) -> None:
    firestore, (key, certificate) = Firestore(), a_certificate()
    roots, account = tmp_path / "roots.pem", tmp_path / "account.json"
    roots.write_bytes(certificate)
    with token_endpoint() as token_uri, over_tls(firestore, key, certificate) as host:
        held = {"type": "service_account", "client_email": "a@example.com", "private_key": key.decode()}
        account.write_text(json.dumps(held | {"token_uri": token_uri}), encoding="utf-8")
        done = ask(host, roots, account)

    assert done.returncode == 0, done.stderr
    routed = {name.rpartition("/")[2]: sent["x-goog-request-params"] for name, sent in firestore.calls.items()}
    database = "projects%2Fa-project%2Fdatabases%2F%28default%29"
    assert routed == {
        "BatchGetDocuments": f"database={database}",
        "Commit": f"database={database}",
        "RunQuery": f"parent={database}%2Fdocuments%2Fusers%2Fada",
    }
    assert {sent["authorization"] for sent in firestore.calls.values()} == {"Bearer of-the-service"}
    assert all(name.startswith("/google.firestore.v1.Firestore/") for name in firestore.calls)


def test_a_certificate_that_nobody_vouches_for_is_no_firestore(tmp_path: Path) -> None:
    firestore, (key, certificate) = Firestore(), a_certificate()
    roots, account = tmp_path / "roots.pem", tmp_path / "account.json"
    roots.write_bytes(a_certificate()[1])
    with token_endpoint() as token_uri, over_tls(firestore, key, certificate) as host:
        held = {"type": "service_account", "client_email": "a@example.com", "private_key": key.decode()}
        account.write_text(json.dumps(held | {"token_uri": token_uri}), encoding="utf-8")
        done = ask(host, roots, account)

    assert "Firestore get: UNAVAILABLE" in done.stderr
    assert firestore.calls == {}
