"""Firebase ID tokens -> `User`, and whether an account stands, without firebase-admin: docs/decisions/0026."""

import json
import time
from functools import partial
from typing import Any

from service.errors import Unavailable
from service.identity import firebase_certificates
from service.identity.firebase_certificates import Certificates
from service.identity.firebase_token import check_account, check_claims, check_header, check_times, parse
from service.identity.remote import Answer, Remote
from service.identity.user import Account, NotSignedIn, User
from service.paths import is_segment

TOOLKIT = "https://identitytoolkit.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_CALL_SECONDS = 5
_PAUSES = (0.1, 0.4)
_UNAUTHORIZED, _TRANSIENT = 401, (500, 503)


class FirebaseIdentity:
    """The people of PROJECT, with application default credentials; or at the Auth EMULATOR, "host:port".

    The emulator signs nothing and its tokens do not expire: with it, anyone can be anyone. Raises
    `google.auth.exceptions.GoogleAuthError` when there are no credentials.
    """

    def __init__(self, project: str, emulator: str | None = None) -> None:
        self._project = project
        self._lookup = f"/v1/projects/{project}/accounts:lookup"
        if emulator:
            self._toolkit = Remote(f"http://{emulator}/identitytoolkit.googleapis.com")
            self._certificates = self._credentials = None
        else:
            import google.auth

            self._toolkit, self._certificates = Remote(TOOLKIT), Certificates(firebase_certificates.URL)
            self._credentials, _ = google.auth.default(scopes=[_SCOPE])

    def verify(self, id_token: str) -> User:
        token = parse(id_token)
        key = check_header(token) if self._certificates else ""
        uid = check_claims(token, self._project)
        if self._certificates:
            check_times(token, int(time.time()))
            self._certificates.check_signature(token, key)
        check_account(token, self._find(uid))
        if not is_segment(uid):  # a custom uid may hold any character
            raise NotSignedIn("uid")
        return User(uid)

    def find_account(self, uid: str) -> Account | None:
        found = self._find(uid)
        if found is None:
            return None
        return Account(found.get("displayName") or None, found.get("email") or None, bool(found.get("disabled")))

    def _find(self, uid: str) -> dict[str, Any] | None:
        """What Identity Toolkit has of an account. Raises `errors.Unavailable`."""
        asked = json.dumps({"localId": [uid]}).encode()
        answer = self._ask(asked)
        for pause in _PAUSES:
            if answer.status in _TRANSIENT:
                time.sleep(pause)
                answer = self._ask(asked)
        return _account(answer, uid)

    def _ask(self, body: bytes) -> Answer:
        headers = {"Content-Type": "application/json"}
        answer = self._toolkit.call("POST", self._lookup, body, headers | self._authorization())
        if answer.status == _UNAUTHORIZED and self._credentials:
            self._credentials.token = None  # it ended before its time
            answer = self._toolkit.call("POST", self._lookup, body, headers | self._authorization())
        return answer

    def _authorization(self) -> dict[str, str]:
        if not self._credentials:
            return {"Authorization": "Bearer owner"}
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        headers: dict[str, str] = {}
        within = partial(Request(), timeout=_CALL_SECONDS)
        try:
            self._credentials.before_request(within, "POST", self._toolkit.url + self._lookup, headers)  # type: ignore[no-untyped-call]  # google.auth is half typed
        except GoogleAuthError as failed:
            raise Unavailable(f"Google credentials: {type(failed).__name__}") from None
        return headers


def _account(answer: Answer, uid: str) -> dict[str, Any] | None:
    try:
        found = json.loads(answer.body)
        if answer.status == 200:
            return next((user for user in found.get("users") or () if user["localId"] == uid), None)
        if found["error"]["message"].partition(":")[0].strip() == "USER_NOT_FOUND":
            return None
    except (ValueError, TypeError, KeyError, AttributeError):
        pass  # not what Identity Toolkit answers
    raise Unavailable(f"Firebase Authentication: status {answer.status}")
