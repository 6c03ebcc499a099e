"""What people's use of the service adds up to: from what is counted and measured, times what `bench/prices` assumes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from bench.cases import AGAIN, CHANGE, CONSENT, EXCHANGE, GET, LIST, NEW, PAGE, REFRESH, SEARCH, SIGHTED
from bench.operations import Counted
from bench.prices import ASSUMED, IDENTITY_TIERS, LIMITS, MONTH_DAYS, PRICES
from bench.storage import Stored

MONTH_SECONDS = MONTH_DAYS * 86_400
_GIB = 1 << 30
_KEPT_DAYS = 400  # of used codes and refresh tokens, see docs/storage.md
_SIGHTING_SECONDS = 600
_ONE_KEY_READ = MONTH_SECONDS / 300  # an instance asks for the key every five minutes


def assumed(name: str) -> float:
    return ASSUMED[name].value


@dataclass(frozen=True)
class Use:
    """What is billed, in the units of `PRICES`, and the calls of Firebase Authentication, which are not."""

    read: float = 0
    write: float = 0
    delete: float = 0
    ttl: float = 0
    gib: float = 0
    cpu: float = 0
    memory: float = 0
    request: float = 0
    secret: float = 0
    log: float = 0
    out: float = 0
    auth: float = 0

    def __add__(self, other: "Use") -> "Use":
        return Use(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def times(self, factor: float) -> "Use":
        return Use(*(getattr(self, each.name) * factor for each in fields(self)))

    def dollars(self, name: str, *, free: bool = False) -> float:
        """What it costs by list price; what is FREE is taken off first."""
        price, amount = PRICES[name], getattr(self, name)
        return float(max(0, amount - (price.free if free else 0)) * price.dollars / price.per)

    def total(self, *, free: bool = False) -> float:
        return sum(self.dollars(name, free=free) for name in PRICES)


def request(counted: Counted, queried: float | None = None) -> Use:
    """One request as COUNTED; QUERIED documents found by its queries, if not as many as there."""
    made = counted.operations
    queries = max(made.count("RunQuery"), made.queried if queried is None else queried)  # nothing found is a read too
    seconds = assumed("warm") + assumed("cold") * assumed("start")
    return Use(
        read=made.found + made.missing + queries + made.count("Count"),
        write=made.writes,
        delete=made.deletes,
        cpu=seconds * assumed("cpus"),
        memory=seconds * assumed("gib"),
        request=1,
        log=assumed("line") / _GIB,
        out=assumed("answer") / _GIB,
        auth=sum(step.count("Auth") for step in counted.steps),
    )


def connect(counted: Mapping[str, Counted]) -> Use:
    """A connection made, up to its first note, and the deletion of its code, its tokens and its grant in the end."""
    made = sum((request(counted[name]) for name in (PAGE, CONSENT, EXCHANGE, NEW)), Use())
    return made + Use(ttl=4)


def refresh(counted: Mapping[str, Counted]) -> Use:
    """A refresh, and the deletion of the two tokens that it made."""
    return request(counted[REFRESH]) + Use(ttl=2)


def active(counted: Mapping[str, Counted], stored: Mapping[str, Stored]) -> Use:
    """A month of someone who uses an assistant, without their phone."""
    return (
        request(counted[SIGHTED]).times(assumed("saves"))
        + request(counted[AGAIN]).times(assumed("again"))
        + refresh(counted).times(assumed("refreshes"))
        + request(counted[LIST], assumed("page")).times(assumed("lists"))
        + request(counted[SEARCH], assumed("notes")).times(assumed("searches"))
        + request(counted[GET]).times(assumed("gets"))
        + request(counted[CHANGE]).times(assumed("changes"))
        + connect(counted).times(assumed("connects"))
        + Use(gib=sum(kept(stored).values()) / _GIB)
    )


def phone(stored: Mapping[str, Stored]) -> Use:
    """A month of their app: what was saved, once, and a page each time that it is opened; no request of the service."""
    notes = assumed("saves") + assumed("opens") * assumed("page")
    return Use(read=notes + assumed("opens"), out=notes * stored["note"].document / _GIB)


def idle(stored: Mapping[str, Stored]) -> Use:
    """A month of someone who stopped more than 400 days ago: their notes are kept, and nothing else is there."""
    return Use(gib=kept(stored)["notes"] / _GIB)


def kept(stored: Mapping[str, Stored]) -> dict[str, float]:
    """Bytes that are kept for someone who has used an assistant for longer than 400 days."""
    months = _KEPT_DAYS / MONTH_DAYS
    return {
        "notes": assumed("notes") * stored["note"].total,
        "grants": stored["grant"].total,
        "access tokens, for up to two days": 2 * stored["access token"].total,
        "used refresh tokens": assumed("refreshes") * months * stored["used refresh token"].total,
        "used codes": assumed("connects") * months * stored["used code"].total,
    }


def peak(users: float, monthly: float) -> float:
    """A second, in the busiest hour, of what each of USERS does MONTHLY."""
    return users * monthly * assumed("peak") / MONTH_SECONDS


def instances(users: float, requests: float) -> float:
    """How many the busiest hour needs when each of USERS makes so many REQUESTS a month: by CPU, or by threads."""
    a_second = peak(users, requests)
    by_cpu = a_second * assumed("cpu_ms") / 1000 / assumed("cpus") / assumed("busy")
    by_threads = a_second * assumed("seconds") / assumed("threads") / assumed("busy")
    return max(1, by_cpu, by_threads)


def month(users: int, one: Use) -> Use:
    """Of USERS, each of whom uses ONE, and of the instances that they need."""
    return one.times(users) + Use(secret=math.ceil(instances(users, one.request)) * _ONE_KEY_READ)


def least_cpu(use: Use) -> float:
    """Dollars for the CPU that USE needs, if no instance ever waited while it is billed."""
    return use.request * assumed("cpu_ms") / 1000 * PRICES["cpu"].dollars


def identity_dollars(users: int) -> float:
    dollars, before = 0.0, 0
    for until, each in IDENTITY_TIERS:
        dollars += max(0, min(users, until) - before) * each
        before = until
    return dollars


@dataclass(frozen=True)
class Limit:
    """Of what, how much of it a number of users needs, and how many users reach it; None is never, or not by users."""

    name: str
    limit: str
    needed: str
    users: float | None


def limits(users: int, one: Use) -> list[Limit]:
    """Each limit with what USERS need of it, the one that is met first at the head."""
    sightings = assumed("clients") * assumed("operations") / _SIGHTING_SECONDS
    operations = one.read + one.write + one.delete
    found = [
        _by_rate("identity_minute", users, peak(users, one.auth) * 60, "a minute"),
        _by_rate("identity_second", users, peak(users, one.auth), "a second"),
        _by_rate("identity_day", users, users * one.auth / MONTH_DAYS, "on a mean day"),
        _by_rate("instances", users, instances(users, one.request), "in the busiest hour"),
        _by_rate(
            "sequential", users, instances(users, one.request) * sightings, "a second, of `contractCalls.calledAt`"
        ),
        _by_rate(
            "document",
            users,
            instances(users, one.request) / _SIGHTING_SECONDS,
            "a second, of a document of `contractCalls`",
        ),
        _by_rate("secret_minute", users, instances(users, one.request) / 5, "a minute"),
        Limit(LIMITS["streams"][1], "100", f"{assumed('threads'):.0f} of an instance, one a thread", None),
    ]
    minutes = 5 * math.log(max(1, peak(users, operations) / LIMITS["ramp"][0]), 1.5)
    ramp = f"{peak(users, operations):,.0f} a second, {minutes:.0f} minutes of growing" if minutes else "less than 500"
    found.append(Limit(LIMITS["ramp"][1], "500", ramp, None))
    return sorted(found, key=lambda limit: limit.users or math.inf)


def _by_rate(name: str, users: int, needed: float, when: str) -> Limit:
    most, meaning = LIMITS[name]
    return Limit(
        meaning, f"{most:,}", f"{needed:,.2f} {when}" if needed < 10 else f"{needed:,.0f} {when}", users * most / needed
    )
