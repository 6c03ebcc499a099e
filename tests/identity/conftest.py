"""Firebase Authentication with real signatures and certificates, which the emulator does not check."""

import functools
import http.server
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import google.auth
import google.oauth2.credentials
import pytest
import requests
from firebase_admin import _token_gen, _user_mgt

from service.identity import firebase, firebase_certificates
from tests.identity.firebase_tokens import CERTIFICATES, NOW, Both, both
from tests.world import AUTH, new_project

# Those whose ids cannot be part of a path exist: it is not for want of an account that they are refused.
ACCOUNTS: dict[str, dict[str, Any]] = {
    **{uid: {} for uid in ("u1", "a/b", "..", "__x__", "ü" * 128)},
    "disabled": {"disableUser": True},
    "enabled": {"disableUser": False},
    "revoked": {"validSince": str(NOW - 5)},
    "revoked_before": {"validSince": str(NOW - 10)},
}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Cache-Control", "public, max-age=3600")
        super().end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""


def _add_accounts(project: str) -> None:
    url = f"http://{AUTH}/identitytoolkit.googleapis.com/v1/projects/{project}/accounts"
    owner = {"Authorization": "Bearer owner"}
    for uid, changed in ACCOUNTS.items():
        account = {"localId": uid, "email": f"{uuid.uuid4().hex}@example.com", "displayName": "Ada"}
        requests.post(url, json=account, headers=owner, timeout=20).raise_for_status()
        if changed:
            update = {"localId": uid} | changed
            requests.post(f"{url}:update", json=update, headers=owner, timeout=20).raise_for_status()


@pytest.fixture(scope="module")
def project() -> str:
    made = new_project()
    _add_accounts(made)
    return made


@pytest.fixture(scope="module")
def emulated(project: str) -> Both:
    return both(project, AUTH)


@pytest.fixture(scope="module")
def signing(project: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """As in production, with three addresses of ours: certificates, accounts and credentials."""
    folder: Path = tmp_path_factory.mktemp("google")
    (folder / "certificates").write_text(CERTIFICATES)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, pytest.MonkeyPatch.context() as patch:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        certificates, toolkit = (
            f"http://127.0.0.1:{server.server_port}/certificates",
            f"http://{AUTH}/identitytoolkit.googleapis.com",
        )
        credentials = google.oauth2.credentials.Credentials("owner")  # type: ignore[no-untyped-call]  # google.auth is half typed
        patch.delenv("FIREBASE_AUTH_EMULATOR_HOST")
        patch.setattr(google.auth, "default", lambda *_, **__: (credentials, project))
        patch.setattr(_token_gen, "ID_TOKEN_CERT_URI", certificates)
        patch.setattr(_user_mgt.UserManager, "ID_TOOLKIT_URL", f"{toolkit}/v1")
        patch.setattr(firebase_certificates, "URL", certificates)
        patch.setattr(firebase, "TOOLKIT", toolkit)
        yield both(project)
        server.shutdown()
