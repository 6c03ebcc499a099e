"""Only Firebase says who someone is: real signatures and certificates, which the emulator does not check."""

import base64
import functools
import http.server
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import google.auth
import google.oauth2.credentials
import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from firebase_admin import _token_gen, _user_mgt

from service.errors import Unavailable
from service.identity.firebase import FirebaseIdentity
from service.identity.user import NotSignedIn, User
from tests.world import AUTH, new_project

KEY, STRANGER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
NOW = int(time.time())
# Those below whose ids cannot be part of a path exist: it is not for want of an account that they are refused.
ACCOUNTS = ("u1", "a/b", "..", "__x__")
Verify = Callable[[str], User]


@pytest.fixture
def project() -> str:
    return new_project()


@pytest.fixture
def verify(project: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Verify]:
    """`FirebaseIdentity` as in production, with three addresses of ours: certificates, accounts and credentials."""
    for uid in ACCOUNTS:
        account = {"localId": uid, "email": f"{uuid.uuid4().hex}@example.com"}
        url, owner = f"http://{AUTH}/identitytoolkit.googleapis.com/v1", {"Authorization": "Bearer owner"}
        requests.post(f"{url}/projects/{project}/accounts", json=account, headers=owner, timeout=20).raise_for_status()
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST")
    (tmp_path / "certificates").write_text(json.dumps({"kid1": _certificate()}))
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        certificates = f"http://127.0.0.1:{server.server_port}/certificates"
        monkeypatch.setattr(_token_gen, "ID_TOKEN_CERT_URI", certificates)
        monkeypatch.setattr(_user_mgt.UserManager, "ID_TOOLKIT_URL", url)
        credentials = google.oauth2.credentials.Credentials("owner")  # type: ignore[no-untyped-call]  # google.auth is half typed
        monkeypatch.setattr(google.auth, "default", lambda *_, **__: (credentials, project))
        yield FirebaseIdentity(project).verify
        server.shutdown()


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


def test_an_account_that_does_not_exist_is_nobody(verify: Verify, project: str) -> None:
    with pytest.raises(NotSignedIn, match="UserNotFoundError"):
        verify(token(project, sub="u2"))


@pytest.mark.parametrize("uid", ACCOUNTS[1:])
def test_an_account_whose_id_cannot_be_part_of_a_path_is_nobody(verify: Verify, project: str, uid: str) -> None:
    with pytest.raises(NotSignedIn, match="uid"):
        verify(token(project, sub=uid))


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
