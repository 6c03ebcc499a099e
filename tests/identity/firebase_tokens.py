"""Firebase ID tokens signed by keys of ours, and somebody to verify them twice: as the service does and by firebase-admin."""

import base64
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import firebase_admin
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from firebase_admin import auth

from service.identity.firebase import FirebaseIdentity
from service.identity.user import NotSignedIn
from service.paths import is_segment
from tests.world import AUTH

KEY, STRANGER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
CURVE = ec.generate_private_key(ec.SECP256R1())
NOW = int(time.time())
# What firebase-admin lets through of a token whose JSON is not what it expects is a refusal too.
_REFUSED = (
    *(auth.InvalidIdTokenError, auth.UserDisabledError, auth.UserNotFoundError),
    *(ValueError, TypeError, AttributeError, RecursionError),
)


def certificate(key: Any) -> str:
    now, name = datetime.now(UTC), x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


CERTIFICATE = certificate(KEY)
CERTIFICATES = json.dumps({"kid1": CERTIFICATE})


def claims(project: str, **changed: Any) -> dict[str, Any]:
    """Those of a token that is good; CHANGED replace them."""
    whole = {
        "iss": f"https://securetoken.google.com/{project}",
        "aud": project,
        "sub": "u1",
        "iat": NOW - 10,
        "auth_time": NOW - 10,
        "exp": NOW + 3600,
        "email": "ada@example.com",
        "firebase": {"sign_in_provider": "google.com"},
    }
    return whole | changed


def token(project: str, key: Any = KEY, kid: str = "kid1", algorithm: str = "RS256", **changed: Any) -> str:
    return jwt.encode(claims(project, **changed), key, algorithm=algorithm, headers={"kid": kid})


def signed(header: object, payload: object, key: rsa.RSAPrivateKey = KEY) -> str:
    """Signed as Firebase does, whatever it says."""
    both = f"{segment(header)}.{segment(payload)}"
    return f"{both}.{segment(key.sign(both.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def segment(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class Both:
    """Two verifiers of the tokens of one PROJECT, with the same certificates, accounts and credentials."""

    project: str
    identity: FirebaseIdentity
    app: firebase_admin.App

    def ours(self, id_token: str) -> str | None:
        try:
            return self.identity.verify(id_token).uid
        except NotSignedIn as refused:
            if not refused.reason.isidentifier():
                raise AssertionError("the token must not be quoted") from None
            return None

    def theirs(self, id_token: str) -> str | None:
        try:
            found: dict[str, Any] = auth.verify_id_token(id_token, app=self.app, check_revoked=True)
            is_anonymous = found.get("firebase", {}).get("sign_in_provider") == "anonymous"
        except _REFUSED:
            return None
        return None if is_anonymous or not is_segment(found["uid"]) else found["uid"]

    @contextmanager
    def beside_the_emulator(self) -> Iterator[None]:
        """firebase-admin asks the environment each time."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FIREBASE_AUTH_EMULATOR_HOST", AUTH)
            yield


def both(project: str, emulator: str | None = None) -> Both:
    app = firebase_admin.initialize_app(options={"projectId": project, "httpTimeout": 20}, name=uuid.uuid4().hex)
    return Both(project, FirebaseIdentity(project, emulator), app)
