"""Finds the client that a request names: in the store, or, after sign-in, in its own metadata document (CIMD)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from service.errors import TooMany
from service.identity.user import User
from service.oauth.authorization import not_a_request
from service.oauth.client_documents import DocumentRefused, is_document_url, parse_document, url_problem
from service.oauth.clients import UNUSED, Client
from service.oauth.document_fetcher import DocumentFetcher, FetchRefused
from service.oauth.store import OAuthStore
from service.oauth.throttle import FAILED_FETCHES_OF_A_PERSON, FAILED_FETCHES_OF_A_URL, FETCHES_FOR_A_PERSON, Throttle

SHOWN_FOR = timedelta(minutes=1)
_WAIT_SECONDS, _MOST_SHOWN = 5, 100


class Sources(Protocol):
    @property
    def oauth(self) -> OAuthStore: ...
    @property
    def client_documents(self) -> DocumentFetcher: ...


class Directory:
    """KNOWN_SCOPES is what a document's client may ask for; DOCUMENTS whether such clients are taken at all."""

    def __init__(self, sources: Sources, known_scopes: frozenset[str], throttle: Throttle, *, documents: bool) -> None:
        self._sources, self._known_scopes, self._throttle, self._documents = sources, known_scopes, throttle, documents
        self._lock, self._fetching = Lock(), set[str]()  # who has a fetch under way
        self._shown: dict[str, tuple[Client, datetime]] = {}

    def find(self, client_id: str) -> Client | None:
        """The client as it is stored, also of a document that is no longer fresh. Raises `PageError`."""
        if is_document_url(client_id):
            self._check_url(client_id)
        return self._sources.oauth.find_client(client_id)

    def find_shown(self, client_id: str, now: datetime) -> Client | None:
        """The client as `keep_shown` was given it less than `SHOWN_FOR` ago: good enough for a page, and for no answer."""
        client, until = self._shown.get(client_id, (None, now))
        return client if now < until else None

    def keep_shown(self, client_id: str, client: Client | None, now: datetime) -> None:
        """CLIENT as it was just found; None when it is not there."""
        with self._lock:
            self._shown.pop(client_id, None)
            for each in list(self._shown):  # the oldest first
                if len(self._shown) < _MOST_SHOWN and now < self._shown[each][1]:
                    break
                del self._shown[each]
            if client:
                self._shown[client_id] = client, now + SHOWN_FOR

    def needs_fetch(self, client_id: str, client: Client | None, now: datetime) -> bool:
        """Whether CLIENT, as `find` found it, must be fetched before a person may be asked for it."""
        if not is_document_url(client_id):
            return False
        return client is None or client.fresh_until is None or now >= client.fresh_until

    def fetch(self, client_id: str, user: User, now: datetime) -> Client:
        """The client as its document says now, which is stored. Only for someone who has signed in: USER is counted.

        Raises `PageError`, `TooMany` and `errors.Unavailable`.
        """
        with self._one_at_a_time(user):
            client = self._fetch(client_id, user, now)
        store = self._sources.oauth
        store.keep_document(replace(client, expires_at=now + UNUSED))
        stored = store.find_client(client_id)  # there it is known whether the operator has disabled it
        assert stored, "just stored"
        return stored

    def _fetch(self, client_id: str, user: User, now: datetime) -> Client:
        self._throttle.check(FAILED_FETCHES_OF_A_PERSON, user.uid, client_id)
        self._throttle.check(FAILED_FETCHES_OF_A_URL, client_id)
        self._throttle.count(FETCHES_FOR_A_PERSON, user.uid)
        try:
            fetched = self._sources.client_documents.fetch(client_id)
            return parse_document(client_id, fetched.body, self._known_scopes, now, fetched.fresh_for)
        except (FetchRefused, DocumentRefused) as refused:
            self._throttle.count(FAILED_FETCHES_OF_A_PERSON, user.uid, client_id)
            self._throttle.count(FAILED_FETCHES_OF_A_URL, client_id)
            raise not_a_request(
                f"The assistant's own description cannot be used: {refused.reason}", "document_refused"
            ) from None

    @contextmanager
    def _one_at_a_time(self, user: User) -> Iterator[None]:
        """There are few slots: one person must not have them all. Raises `TooMany`."""
        with self._lock:
            if user.uid in self._fetching:
                raise TooMany(_WAIT_SECONDS)
            self._fetching.add(user.uid)
        try:
            yield
        finally:
            with self._lock:
                self._fetching.discard(user.uid)

    def _check_url(self, client_id: str) -> None:
        if not self._documents:
            raise not_a_request("Assistants that describe themselves are not taken here.", "documents_off")
        if problem := url_problem(client_id):
            raise not_a_request(f"Its client_id {problem}.", "client_id_url")
