"""Whether an account still stands, asked where it matters; and what ends when it does not."""

from datetime import datetime
from typing import Protocol

from service.identity.store import Departures
from service.identity.user import Account, Identity


class Backends(Protocol):
    @property
    def identity(self) -> Identity: ...
    @property
    def leaving(self) -> Departures: ...


def find_standing(backends: Backends, uid: str, now: datetime) -> Account | None:
    """The account, if it may act; None when it is disabled or gone, and then what follows from that has been done.

    Raises `errors.Unavailable`.
    """
    account = backends.identity.find_account(uid)
    if account is None:
        backends.leaving.account_gone(uid, now)
        return None
    if account.is_disabled:
        backends.leaving.account_disabled(uid, now)
        return None
    return account
