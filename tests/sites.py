"""Other people's HTTPS servers, on loopback, with certificates that a throw-away authority made."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Answer = Callable[[ssl.SSLSocket], None]


class Authority:
    """A certificate authority that nobody trusts but `trust`. It keeps its files in FOLDER."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A throw-away authority")])
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        own = self._certificate(self._name, self._key.public_key())
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self._own = own.add_extension(usage, critical=True).sign(self._key, hashes.SHA256())

    def trust(self) -> ssl.SSLContext:
        """What a client that trusts this authority alone connects with."""
        return ssl.create_default_context(cadata=self._own.public_bytes(Encoding.PEM).decode())

    def bundle(self) -> Path:
        """A file with the certificate of this authority, for programs that take what they trust from one."""
        file = self._folder / "authority.pem"
        file.write_bytes(self._own.public_bytes(Encoding.PEM))
        return file

    def serve_as(self, host: str, *others: str) -> ssl.SSLContext:
        """What a server with a certificate for HOST and OTHERS listens with."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(x509.Name([]), key.public_key())
        names = [x509.DNSName(name) for name in (host, *others)]
        certificate = certificate.add_extension(x509.SubjectAlternativeName(names), critical=True)
        certificate = certificate.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        signed = certificate.sign(self._key, hashes.SHA256())
        file = self._folder / f"{host}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + signed.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _certificate(self, name: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        certificate = x509.CertificateBuilder(self._name, name, key, x509.random_serial_number())
        certificate = certificate.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        certificate = certificate.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return certificate.add_extension(issuer, critical=False)


class Site:
    """One server. It counts `connections`, and keeps the `names` and `requests` that it was asked with."""

    def __init__(self, tls: ssl.SSLContext, answer: Answer) -> None:
        self._tls, self._answer = tls, answer
        self.connections = 0
        self.names: list[str | None] = []
        self.requests: list[bytes] = []
        tls.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.left = threading.Event()
        """Set when a connection has ended, whoever ended it."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the one who waits for a connection
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                self.connections += 1
                self._threads.append(threading.Thread(target=self._serve, args=(accepted,), daemon=True))
                self._threads[-1].start()

    def _serve(self, accepted: socket.socket) -> None:
        with suppress(OSError), accepted:
            accepted.settimeout(20)
            with self._tls.wrap_socket(accepted, server_side=True) as connection:
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    if not (more := connection.recv(4096)):
                        return
                    request += more
                self.requests.append(request)
                self._answer(connection)
        self.left.set()


@contextmanager
def site(tls: ssl.SSLContext, answer: Answer) -> Iterator[Site]:
    made = Site(tls, answer)
    try:
        yield made
    finally:
        made.close()
