"""The real backends: the one place that knows all the Google clients, and connects to each on first use."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from threading import Lock, RLock, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from service.errors import Unavailable
from service.identity.helper import AuthHelper
from service.oauth.document_fetcher import DocumentFetcher
from service.oauth.keys import Keyring, LocalKeyring
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import grpc

    from service.actions.notes.store import NoteStore
    from service.backends import Clock
    from service.connections.store import ConnectionStore
    from service.docs.store import CallStore
    from service.firestore import Documents
    from service.identity.store import AccessStore
    from service.identity.user import Identity
    from service.leaving.store import LeavingStore
    from service.oauth.store import OAuthStore

_log = logging.getLogger("service")
_REACHED_SECONDS = 3.0
_T = TypeVar("_T")


class _once(Generic[_T]):  # noqa: N801  # a decorator, as `cached_property` is
    """Made on first use and kept. Unlike with `cached_property` one thread makes all there is to make.

    Two that import the same packages from different ends at the same time fail: `_DeadlockError`, half-made modules.
    """

    def __init__(self, make: Callable[[GoogleBackends], _T]) -> None:
        self._make, self._name = make, make.__name__

    def __get__(self, backends: GoogleBackends, _: type) -> _T:
        with backends.making:
            made: dict[str, _T] = vars(backends)
            if self._name not in made:
                made[self._name] = self._make(backends)
            return made[self._name]


def system_clock() -> datetime:
    return datetime.now(UTC)


def open_documents(
    project: str, database: str, emulator: str | None, interceptors: Sequence[grpc.UnaryUnaryClientInterceptor] = ()
) -> Documents:
    """The Firestore DATABASE of PROJECT, with application default credentials; or the one at EMULATOR, "host:port"."""
    from service.firestore import Documents, open_rpcs

    return Documents(open_rpcs(emulator, interceptors), project, database)


class GoogleBackends:
    """Firestore, Firebase and the key of SETTINGS. Heavy imports happen on first use, after the worker was forked."""

    def __init__(
        self,
        settings: Settings,
        now: Clock = system_clock,
        interceptors: Sequence[grpc.UnaryUnaryClientInterceptor] = (),
    ) -> None:
        self._settings, self._interceptors = settings, interceptors
        self.making, self._is_cold = RLock(), Lock()
        self.now = now
        self.client_documents = DocumentFetcher()
        self.auth_helper = AuthHelper(settings.auth_helper_origin)

    def warm(self) -> None:
        if "documents" not in vars(self) and self._is_cold.acquire(blocking=False):
            Thread(target=self._connect, name="warm", daemon=True).start()

    def _connect(self) -> None:
        try:
            self.notes  # noqa: B018  # imports what a save needs
            self.reach_store()  # a call opens the channel and fetches the credentials
        except Exception as failed:  # noqa: BLE001  # whoever needs the store meets it again, and can say so
            _log.warning("not warm: %s", type(failed).__name__)

    def reach_store(self) -> None:
        self.documents.get("oauthClients/nobody", seconds=_REACHED_SECONDS)

    @_once
    def documents(self) -> Documents:
        from google.auth.exceptions import GoogleAuthError

        settings = self._settings
        try:
            return open_documents(settings.project, settings.database, settings.firestore_emulator, self._interceptors)
        except GoogleAuthError as failed:
            raise Unavailable(f"Google credentials: {type(failed).__name__}") from None

    @_once
    def oauth(self) -> OAuthStore:
        from service.oauth.firestore import FirestoreOAuthStore

        return FirestoreOAuthStore(self.documents)

    @_once
    def keyring(self) -> Keyring:
        if self._settings.local_key:
            return LocalKeyring(self._settings.local_key)
        from google.auth.exceptions import GoogleAuthError

        from service.oauth.secret_manager import SecretManagerKeyring, open_secrets

        secret = f"projects/{self._settings.project}/secrets/{self._settings.key_secret}"
        try:
            return SecretManagerKeyring(open_secrets(), secret, self.now)
        except GoogleAuthError as failed:
            raise Unavailable(f"Google credentials: {type(failed).__name__}") from None

    @_once
    def notes(self) -> NoteStore:
        from service.actions.notes.firestore import FirestoreNoteStore

        return FirestoreNoteStore(self.documents)

    @_once
    def connections(self) -> ConnectionStore:
        from service.connections.firestore import FirestoreConnectionStore

        return FirestoreConnectionStore(self.documents)

    @_once
    def leaving(self) -> LeavingStore:
        from service.leaving.firestore import FirestoreLeavingStore

        return FirestoreLeavingStore(self.documents)

    @_once
    def contract_calls(self) -> CallStore:
        from service.docs.firestore import FirestoreCallStore

        return FirestoreCallStore(self.documents)

    @_once
    def accesses(self) -> AccessStore:
        from service.identity.firestore import FirestoreAccessStore

        return FirestoreAccessStore(self.documents)

    @_once
    def identity(self) -> Identity:
        from google.auth.exceptions import GoogleAuthError

        from service.identity.firebase import FirebaseIdentity

        try:
            return FirebaseIdentity(self._settings.project, self._settings.auth_emulator)
        except GoogleAuthError as failed:
            raise Unavailable(f"Google credentials: {type(failed).__name__}") from None
