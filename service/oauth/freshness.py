"""How long a document may be used without fetching it again: what its host says (RFC 9111), within bounds of ours."""

import re
from datetime import timedelta

LEAST_FRESH, MOST_FRESH = timedelta(minutes=5), timedelta(hours=24)
_DIRECTIVE = re.compile(r'([a-z-]+)(?:=(?:"([^"]*)"|([^\s,"]*)))?')
_SECONDS = re.compile(r"[0-9]{1,9}")


def freshness(cache_control: str, age: str) -> timedelta:
    """The lifetime by `Cache-Control` and `Age`, "" when absent: `max-age` less what was spent on the way.

    Without a readable `max-age`, or with `no-store` or `no-cache`, it is the least. `s-maxage` is for shared caches.
    """
    directives = [(name, quoted or plain) for name, quoted, plain in _DIRECTIVE.findall(cache_control.lower())]
    lifetimes = [seconds for name, seconds in directives if name == "max-age"]
    forbidden = any(name in ("no-store", "no-cache") for name, _ in directives)
    if forbidden or not lifetimes or not all(_SECONDS.fullmatch(seconds) for seconds in lifetimes):
        return LEAST_FRESH
    spent = int(age) if _SECONDS.fullmatch(age) else 0
    return min(max(timedelta(seconds=min(map(int, lifetimes)) - spent), LEAST_FRESH), MOST_FRESH)
