"""Who fails too often is told to wait: counted by client and source address, in this process.

Counting comes after deciding, so what is right is never refused for what somebody else did wrong from the same
address. A count for each instance is a floor, not the whole defence: secrets have 256 bits. See docs/decisions/0010.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from functools import cached_property
from typing import TYPE_CHECKING

from service.errors import TooMany
from service.record import record

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.storage import MemoryStorage
    from limits.strategies import FixedWindowRateLimiter


_MOST_KEYS = 20_000


@record
class Limit:
    """At most MOST in SECONDS, counted from the first."""

    name: str
    most: int
    seconds: int


FETCHES_FOR_A_PERSON = Limit("fetch", 10, 60)
FAILED_FETCHES_OF_A_PERSON = Limit("failed fetch", 3, 60)
FAILED_FETCHES_OF_A_URL = Limit("failed url", 30, 60)


def failures(kind: str, per_minute: int) -> Limit:
    return Limit(f"failed {kind}", per_minute, 60)


def registrations(per_hour: int) -> tuple[Limit, Limit]:
    """As many an hour, and five times as many a day."""
    return Limit("registration", per_hour, 3600), Limit("registration", 5 * per_hour, 86_400)


class Throttle:
    """Counts in memory. Safe for threads; an instance that starts anew, or is flooded, has forgotten."""

    def count(self, limit: Limit, *who: str) -> None:
        """One more of LIMIT by WHO. Raises `TooMany` when there were enough already."""
        item, key = _counter(limit, who)
        if len(self._storage.storage) > _MOST_KEYS:  # the library looks at each of them every time
            self._storage.reset()
        if not self._limiter.hit(item, key):
            raise self._too_many(item, key)

    def check(self, limit: Limit, *who: str) -> None:
        """Raises `TooMany` when there were enough of LIMIT by WHO; counts nothing."""
        item, key = _counter(limit, who)
        if not self._limiter.test(item, key):
            raise self._too_many(item, key)

    def _too_many(self, item: RateLimitItem, key: str) -> TooMany:
        reset = self._limiter.get_window_stats(item, key).reset_time
        return TooMany(max(1, math.ceil(reset - time.time())))

    @cached_property
    def _storage(self) -> MemoryStorage:
        from limits.storage import MemoryStorage  # a third of a second, and most instances never count a failure

        return MemoryStorage()

    @cached_property
    def _limiter(self) -> FixedWindowRateLimiter:
        from limits.strategies import FixedWindowRateLimiter

        return FixedWindowRateLimiter(self._storage)


def _counter(limit: Limit, who: tuple[str, ...]) -> tuple[RateLimitItem, str]:
    from limits import RateLimitItemPerSecond

    # Hashed: what a stranger sends is of any length and does not stay in memory.
    key = hashlib.sha256("\0".join(who).encode("utf-8", "surrogatepass")).hexdigest()
    return RateLimitItemPerSecond(limit.most, limit.seconds, namespace=limit.name), key


def network_of(address: str | None) -> str:
    """What one party can send from: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed.packed[:8] + bytes(8), 64)))
