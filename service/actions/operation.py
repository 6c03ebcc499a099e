"""What an operation is, whichever door it is called through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from service.actions.notes.store import NoteStore
from service.identity.access import Access


class Stores(Protocol):
    """What operations may write to."""

    @property
    def notes(self) -> NoteStore: ...


@dataclass(frozen=True)
class Call:
    """One call by an assistant for a person. `body` has passed the contract; `access` is proven by the store's commit."""

    access: Access
    body: Mapping[str, Any] = field(repr=False)
    conversation: str | None
    now: datetime


@dataclass(frozen=True)
class Answer:
    status: int
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class PersonalOperation:
    """An operation that acts for a signed-in person. `operation_id` is its name in `openapi.yaml`."""

    operation_id: str
    run: Callable[[Call, Stores], Answer]
