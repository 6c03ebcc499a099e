"""What an operation is, whichever door it is called through."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Protocol

from service.actions.notes.store import NoteStore
from service.identity.access import Use
from service.identity.store import AccessStore, Departures
from service.identity.user import Identity
from service.record import record

Arguments = Mapping[str, Any]


class Backends(Protocol):
    """What personal operations read and write."""

    @property
    def notes(self) -> NoteStore: ...
    @property
    def accesses(self) -> AccessStore: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def leaving(self) -> Departures: ...


class Settings(Protocol):
    """What of the configuration operations show."""

    @property
    def app_name(self) -> str: ...
    @property
    def note_url(self) -> str: ...


@record
class Origin:
    """Where a call says that it comes from: provenance, and part of what makes two notes the same; no permission."""

    conversation: str | None = None
    gpt_id: str | None = None
    software: str | None = None


@record
class Call:
    """One call for a person. `arguments` have passed the contract; `use` is proven by the store's read or commit."""

    use: Use
    arguments: Arguments = field(repr=False)
    origin: Origin
    settings: Settings = field(repr=False)


@record
class Answer:
    status: int
    body: Mapping[str, Any] = field(repr=False)


@record
class PersonalOperation:
    """An operation that acts for a signed-in person. `operation_id` is its name in `openapi.yaml`."""

    operation_id: str
    run: Callable[[Call, Backends], Answer]


@record
class PublicOperation:
    """An operation for anyone. It is given its arguments and nothing else: no identity can reach it."""

    operation_id: str
    run: Callable[[Arguments], Answer]


Operation = PersonalOperation | PublicOperation
