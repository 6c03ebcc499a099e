"""What the service needs from outside, as Protocols. `google_backends.py` has the real ones."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from service.actions.notes.store import NoteStore
from service.connections.store import ConnectionStore
from service.docs.store import CallStore
from service.identity.helper import AuthHelper
from service.identity.store import AccessStore
from service.identity.user import Identity
from service.leaving.store import LeavingStore
from service.oauth.document_fetcher import DocumentFetcher
from service.oauth.keys import Keyring
from service.oauth.store import OAuthStore

Clock = Callable[[], datetime]


class Backends(Protocol):
    """One of each. A property may connect on first use: starting the service must not wait for Google."""

    def warm(self) -> None:
        """Begin to connect to the store in the background, unless that has begun. Returns at once and never fails.

        For a message that needs no store and that one which does will follow: on a cold instance it waits less.
        """
        ...

    def reach_store(self) -> None:
        """Read something from the store, with the service's own account. Raises `errors.Unavailable` within 5 s.

        The first call takes longer by what it takes to connect.
        """
        ...

    @property
    def oauth(self) -> OAuthStore: ...
    @property
    def client_documents(self) -> DocumentFetcher: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def notes(self) -> NoteStore: ...
    @property
    def connections(self) -> ConnectionStore: ...
    @property
    def leaving(self) -> LeavingStore: ...
    @property
    def contract_calls(self) -> CallStore: ...
    @property
    def accesses(self) -> AccessStore: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def auth_helper(self) -> AuthHelper: ...
    @property
    def now(self) -> Clock:
        """The time, in UTC with its zone. A parameter of every rule that asks for it."""
        ...
