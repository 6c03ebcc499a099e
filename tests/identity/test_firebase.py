"""Only Firebase says who someone is: real signatures and certificates, which the emulator does not check."""

import base64
import functools
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import google.auth.credentials
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from firebase_admin import _token_gen, auth

from service.errors import Unavailable
from service.identity.firebase import FirebaseIdentity
from service.identity.user import NotSignedIn, User
from tests.world import new_project

KEY, STRANGER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
NOW = int(time.time())
Verify = Callable[[str], User]


@pytest.fixture
def project() -> str:
    return new_project()


@pytest.fixture
def verify(project: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Verify]:
    """`FirebaseIdentity` without the emulator, with certificates from a URL of ours."""
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST")
    (tmp_path / "certificates").write_text(json.dumps({"kid1": _certificate()}))
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/certificates"
        monkeypatch.setattr(_token_gen, "ID_TOKEN_CERT_URI", url)
        # The account itself is looked up elsewhere (the stories do, in the emulator); here only the token counts.
        monkeypatch.setattr(auth, "verify_id_token", functools.partial(_without_lookup, auth.verify_id_token))
        anonymous = google.auth.credentials.AnonymousCredentials()  # type: ignore[no-untyped-call]  # google.auth is half typed
        monkeypatch.setattr(google.auth, "default", lambda *_, **__: (anonymous, project))
        yield FirebaseIdentity(project).verify
        server.shutdown()


def _without_lookup(verify: Callable[..., Any], token: str, **options: Any) -> Any:
    return verify(token, **{**options, "check_revoked": False})


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""


def _certificate() -> str:
    now, name = datetime.now(UTC), x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def token(project: str, key: Any = KEY, kid: str = "kid1", algorithm: str = "RS256", **changed: Any) -> str:
    claims = {
        "iss": f"https://securetoken.google.com/{project}",
        "aud": project,
        "sub": "u1",
        "iat": NOW - 10,
        "auth_time": NOW - 10,
        "exp": NOW + 3600,
        "email": "ada@example.com",
        "firebase": {"sign_in_provider": "google.com"},
    }
    return jwt.encode(claims | changed, key, algorithm=algorithm, headers={"kid": kid})


def test_a_token_signed_by_firebase_names_its_person(verify: Verify, project: str) -> None:
    assert verify(token(project)) == User("u1")


@pytest.mark.parametrize(
    "changed",
    [
        {"key": STRANGER},
        {"kid": "unknown"},
        {"iat": NOW - 7200, "exp": NOW - 3600},
        {"iat": NOW + 3000},
        {"aud": "another-project"},
        {"iss": "https://example.com"},
        {"sub": ""},
        {"sub": "x" * 129},
        {"sub": "a/b"},
        {"sub": ".."},
        {"sub": "__x__"},
        {"firebase": {"sign_in_provider": "anonymous"}},
        {"firebase": "text"},
        {"firebase": None},
        {"iat": "soon"},
        {"key": None, "algorithm": "none"},
        {"key": "x" * 40, "algorithm": "HS256"},
    ],
    ids=",".join,
)
def test_any_other_token_names_nobody(verify: Verify, project: str, changed: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn) as refused:
        verify(token(project, **changed))

    assert "." not in refused.value.reason, "the token must not be quoted"


DEEP = base64.urlsafe_b64encode(b"[" * 20_000).decode()


@pytest.mark.parametrize(
    "text", ["", " ", "x", "a.b.c", "\x00", "é", f"{DEEP}.e30.e30", f"e30.{DEEP}.e30", "bnVsbA.bnVsbA.x"]
)
def test_text_that_is_no_token_names_nobody(verify: Verify, text: str) -> None:
    with pytest.raises(NotSignedIn):
        verify(text)


@pytest.mark.usefixtures("verify")
def test_without_certificates_nobody_is_let_in(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_token_gen, "ID_TOKEN_CERT_URI", "http://127.0.0.1:1/")

    with pytest.raises(Unavailable):
        FirebaseIdentity(project).verify(token(project))
