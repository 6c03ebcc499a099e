"""The real backends: the one place that knows all the Google clients, and connects to each on first use."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from service.errors import Unavailable
from service.identity.helper import AuthHelper
from service.oauth.document_fetcher import DocumentFetcher
from service.oauth.keys import Keyring, LocalKeyring
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def system_clock() -> datetime:
    return datetime.now(UTC)


def open_documents(
    project: str, database: str, emulator: str | None, interceptors: Sequence[grpc.UnaryUnaryClientInterceptor] = ()
) -> Documents:
    """The Firestore DATABASE of PROJECT, with application default credentials; or the one at EMULATOR, "host:port"."""
    from google.cloud.firestore_v1.services.firestore import FirestoreClient
    from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

    from service.firestore import Documents

    if not emulator:
        return Documents(FirestoreClient(), project, database, ())
    import grpc

    channel = grpc.intercept_channel(grpc.insecure_channel(emulator), *interceptors)
    client = FirestoreClient(transport=FirestoreGrpcTransport(channel=channel))
    return Documents(client, project, database, (("authorization", "Bearer owner"),))


class GoogleBackends:
    """Firestore, Firebase and the key of SETTINGS. Heavy imports happen on first use, after the worker was forked."""

    def __init__(
        self,
        settings: Settings,
        now: Clock = system_clock,
        interceptors: Sequence[grpc.UnaryUnaryClientInterceptor] = (),
    ) -> None:
        self._settings, self._interceptors = settings, interceptors
        self.now = now
        self.client_documents = DocumentFetcher()
        self.auth_helper = AuthHelper(settings.auth_helper_origin)

    @cached_property
    def documents(self) -> Documents:
        from google.auth.exceptions import GoogleAuthError

        settings = self._settings
        try:
            return open_documents(settings.project, settings.database, settings.firestore_emulator, self._interceptors)
        except GoogleAuthError as failed:
            raise Unavailable(f"Google credentials: {type(failed).__name__}") from None

    @cached_property
    def oauth(self) -> OAuthStore:
        from service.oauth.firestore import FirestoreOAuthStore

        return FirestoreOAuthStore(self.documents)

    @cached_property
    def keyring(self) -> Keyring:
        if self._settings.local_key:
            return LocalKeyring(self._settings.local_key)
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.secretmanager_v1 import SecretManagerServiceClient

        from service.oauth.secret_manager import SecretManagerKeyring

        secret = f"projects/{self._settings.project}/secrets/{self._settings.key_secret}"
        try:
            return SecretManagerKeyring(SecretManagerServiceClient(), secret, self.now)
        except GoogleAuthError as failed:
            raise Unavailable(f"Google credentials: {type(failed).__name__}") from None

    @cached_property
    def notes(self) -> NoteStore:
        from service.actions.notes.firestore import FirestoreNoteStore

        return FirestoreNoteStore(self.documents)

    @cached_property
    def connections(self) -> ConnectionStore:
        from service.connections.firestore import FirestoreConnectionStore

        return FirestoreConnectionStore(self.documents)

    @cached_property
    def leaving(self) -> LeavingStore:
        from service.leaving.firestore import FirestoreLeavingStore

        return FirestoreLeavingStore(self.documents)

    @cached_property
    def contract_calls(self) -> CallStore:
        from service.docs.firestore import FirestoreCallStore

        return FirestoreCallStore(self.documents)

    @cached_property
    def accesses(self) -> AccessStore:
        from service.identity.firestore import FirestoreAccessStore

        return FirestoreAccessStore(self.documents)

    @cached_property
    def identity(self) -> Identity:
        from service.identity.firebase import FirebaseIdentity

        return FirebaseIdentity(self._settings.project)
