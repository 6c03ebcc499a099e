"""Firebase ID tokens -> `User`, by firebase-admin."""

import uuid
from collections.abc import Collection
from typing import Any

import firebase_admin
from firebase_admin import auth, exceptions
from google.auth.exceptions import GoogleAuthError

from service.errors import Unavailable
from service.identity.user import Account, NotSignedIn, User
from service.paths import is_segment

# The last four: what the library lets through of a token whose JSON is not what it expects.
_REFUSED = (
    *(auth.InvalidIdTokenError, auth.UserDisabledError, auth.UserNotFoundError),
    *(ValueError, TypeError, AttributeError, RecursionError),
)
_CALL_SECONDS = 5
_MOST_UID = 128


class FirebaseIdentity:
    """Verifies against PROJECT; with the Auth emulator when firebase-admin finds FIREBASE_AUTH_EMULATOR_HOST set."""

    def __init__(self, project: str) -> None:
        options = {"projectId": project, "httpTimeout": _CALL_SECONDS}
        self._app = firebase_admin.initialize_app(options=options, name=uuid.uuid4().hex)

    def verify(self, id_token: str) -> User:
        try:
            claims: dict[str, Any] = auth.verify_id_token(id_token, app=self._app, check_revoked=True)
            provider = claims.get("firebase", {}).get("sign_in_provider")
        except _REFUSED as refused:
            raise NotSignedIn(type(refused).__name__) from None  # its text can quote the token
        except (exceptions.FirebaseError, GoogleAuthError) as failed:
            raise Unavailable(f"Firebase Authentication: {type(failed).__name__}") from None
        if provider == "anonymous":
            raise NotSignedIn("anonymous")
        if not is_segment(claims["uid"]):  # a custom uid may hold any character
            raise NotSignedIn("uid")
        return User(claims["uid"])

    def find_account(self, uid: str) -> Account | None:
        try:
            found = auth.get_user(uid, app=self._app)
        except auth.UserNotFoundError:
            return None
        except (exceptions.FirebaseError, GoogleAuthError) as failed:
            raise Unavailable(f"Firebase Authentication: {type(failed).__name__}") from None
        return Account(found.display_name or None, found.email or None, found.disabled)

    def find_gone(self, uids: Collection[str]) -> set[str]:
        """Which of at most 100 UIDS have no account. Raises `errors.Unavailable` as above."""
        asked = [auth.UidIdentifier(uid) for uid in uids if len(uid) <= _MOST_UID]
        try:
            missing = auth.get_users(asked, app=self._app).not_found
        except (exceptions.FirebaseError, GoogleAuthError) as failed:
            raise Unavailable(f"Firebase Authentication: {type(failed).__name__}") from None
        return {identifier.uid for identifier in missing}

    def switch(self, uid: str, *, disabled: bool) -> bool:
        """Disable the account and end its sessions, or enable it; whether there is one. Raises `errors.Unavailable`."""
        try:
            auth.update_user(uid, disabled=disabled, app=self._app)
            if disabled:
                auth.revoke_refresh_tokens(uid, app=self._app)
        except (auth.UserNotFoundError, ValueError):
            return False
        except (exceptions.FirebaseError, GoogleAuthError) as failed:
            raise Unavailable(f"Firebase Authentication: {type(failed).__name__}") from None
        return True
