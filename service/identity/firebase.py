"""Firebase ID tokens -> `User`, by firebase-admin."""

import uuid
from typing import Any

import firebase_admin
from firebase_admin import auth, exceptions
from google.auth.exceptions import GoogleAuthError

from service.errors import Unavailable
from service.identity.user import NotSignedIn, Profile, User
from service.paths import is_segment

# The last four: what the library lets through of a token whose JSON is not what it expects.
_REFUSED = (
    *(auth.InvalidIdTokenError, auth.UserDisabledError, auth.UserNotFoundError),
    *(ValueError, TypeError, AttributeError, RecursionError),
)
_CALL_SECONDS = 5


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

    def is_active(self, uid: str) -> bool:
        return self.find_profile(uid) is not None

    def find_profile(self, uid: str) -> Profile | None:
        try:
            found = auth.get_user(uid, app=self._app)
        except auth.UserNotFoundError:
            return None
        except (exceptions.FirebaseError, GoogleAuthError) as failed:
            raise Unavailable(f"Firebase Authentication: {type(failed).__name__}") from None
        return None if found.disabled else Profile(found.display_name or None, found.email or None)
