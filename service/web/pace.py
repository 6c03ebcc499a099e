"""Who calls too often is told to wait: counted by the minute, in this process."""

from collections import Counter
from datetime import datetime

from service.errors import TooMany


class Pace:
    """At most MOST calls of each in a minute of the clock.

    Not `limits`, which takes a third of a second to import, and the first call of an instance comes here. Threads
    that meet at the turn of a minute may lose a count.
    """

    def __init__(self, most: int) -> None:
        self._most, self._minute = most, 0
        self._calls: Counter[str] = Counter()

    def count(self, who: str, now: datetime) -> None:
        """One more call of WHO at NOW. Raises `TooMany`."""
        minute, second = divmod(int(now.timestamp()), 60)
        if minute != self._minute:
            self._minute, self._calls = minute, Counter()
        self._calls[who] += 1
        if self._calls[who] > self._most:
            raise TooMany(60 - second, "Too many calls within a minute.")
