"""Accounts as an operator sees them, by firebase-admin. Nothing that a person or an assistant calls comes here."""

import uuid
from collections.abc import Collection

import firebase_admin
from firebase_admin import auth, exceptions
from google.auth.exceptions import GoogleAuthError

from service.errors import Unavailable

_CALL_SECONDS = 5
_MOST_UID = 128


class Administration:
    """Of PROJECT; of the Auth emulator when firebase-admin finds FIREBASE_AUTH_EMULATOR_HOST set."""

    def __init__(self, project: str) -> None:
        options = {"projectId": project, "httpTimeout": _CALL_SECONDS}
        self._app = firebase_admin.initialize_app(options=options, name=uuid.uuid4().hex)

    def find_gone(self, uids: Collection[str]) -> set[str]:
        """Which of at most 100 UIDS have no account. Raises `errors.Unavailable`."""
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
