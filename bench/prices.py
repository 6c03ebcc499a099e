"""What `bench/scale` multiplies: Google's list prices and limits, and how people are assumed to use the service.

Change a number here and run `bench/scale`; the page follows. None of them is measured.
"""

from dataclasses import dataclass

READ_ON = "2026-11-22"
_RULES = "firebase.google.com/docs/auth/limits"
_FIRESTORE = "firebase.google.com/docs/firestore/pricing, one region (Oregon)"
_RUN = "cloud.google.com/run/pricing, tier 1, request-based"


@dataclass(frozen=True)
class Price:
    """Dollars for PER units; the first FREE units of a month cost nothing."""

    unit: str
    dollars: float
    per: int
    free: float
    place: str


MONTH_DAYS = 30
PRICES = {
    "read": Price("document read", 0.03, 100_000, 50_000 * MONTH_DAYS, _FIRESTORE),
    "write": Price("document written", 0.09, 100_000, 20_000 * MONTH_DAYS, _FIRESTORE),
    "delete": Price("document deleted by the service", 0.01, 100_000, 20_000 * MONTH_DAYS, _FIRESTORE),
    "ttl": Price("document deleted by TTL", 0.01, 100_000, 0, f"{_FIRESTORE}; TTL has no free tier"),
    "gib": Price("GiB stored for a month", 0.15, 1, 1, _FIRESTORE),
    "cpu": Price("vCPU-second", 0.000024, 1, 180_000, _RUN),
    "memory": Price("GiB-second of memory", 0.0000025, 1, 360_000, f"{_RUN}; the price as others quote it"),
    "request": Price("request", 0.40, 1_000_000, 2_000_000, f"{_RUN}; the price as others quote it"),
    "secret": Price("read of a secret", 0.03, 10_000, 10_000, "cloud.google.com/secret-manager/pricing"),
    "log": Price("GiB of logs", 0.50, 1, 50, "assumed: Cloud Logging's well-known price, not read"),
    "out": Price("GiB sent to the internet", 0.12, 1, 1, "assumed: premium tier's well-known price, not read"),
}

IDENTITY_TIERS = ((50_000, 0.0), (100_000, 0.0055), (1_000_000, 0.0046), (10_000_000, 0.0032), (1 << 62, 0.0025))
"""Up to how many active users a month, and dollars for each: only where Identity Platform was switched on.

From a copy of cloud.google.com/identity-platform/pricing of January 2021.
"""


@dataclass(frozen=True)
class Assumed:
    value: float
    meaning: str


ASSUMED = {
    "saves": Assumed(90, "notes saved in a month, three a day; each is taken to note a version of the contract too"),
    "again": Assumed(2, "saves repeated because an answer was lost"),
    "refreshes": Assumed(20, "refreshes: days on which an assistant is used, an hour each"),
    "lists": Assumed(10, "lists of a page of notes"),
    "searches": Assumed(4, "searches, each of which reads all notes"),
    "gets": Assumed(10, "notes read by an assistant"),
    "changes": Assumed(3, "notes changed by an assistant"),
    "connects": Assumed(0.1, "new connections"),
    "notes": Assumed(500, "notes that a person has: half a year's"),
    "page": Assumed(20, "notes on a page of a list"),
    "opens": Assumed(30, "times that the phone's app is opened, each reading one page, and the rules' one document"),
    "answer": Assumed(3_000, "bytes of an answer, headers included"),
    "line": Assumed(1_500, "bytes of log a request: our line and Cloud Run's own"),
    "warm": Assumed(
        0.1, "seconds billed for a request on a warm instance: the least that Cloud Run bills, none shared"
    ),
    "start": Assumed(
        2.0, "seconds billed for a start: 0.30 s to the first save is measured (decision 17), the rest is not"
    ),
    "cold": Assumed(0.05, "share of requests that meet a cold instance, at any size; with many users it is far less"),
    "cpus": Assumed(1, "vCPUs of an instance"),
    "gib": Assumed(0.5, "GiB of memory of an instance; 78 MB are used (decision 17)"),
    "peak": Assumed(3, "the busiest hour against the mean"),
    "cpu_ms": Assumed(3.5, "ms of CPU a request: what a save takes on two cores (decision 17), for every request"),
    "busy": Assumed(0.6, "share of its CPU at which Cloud Run starts another instance"),
    "threads": Assumed(8, "threads of an instance: `service.yaml`"),
    "seconds": Assumed(0.02, "seconds that a request holds a thread: one or two round trips in one region"),
    "clients": Assumed(10, "assistants whose calls tell a version of the contract"),
    "operations": Assumed(7, "operations that each of them calls"),
}

LIMITS = {
    "identity_minute": (500_000, f"Identity Toolkit, `GetAccountInfo` a minute of a project ({_RULES})"),
    "identity_second": (500, f"Identity Toolkit, requests a second of one service account ({_RULES})"),
    "identity_day": (10_000_000, f"Identity Toolkit, requests a day of a project ({_RULES})"),
    "sequential": (
        500,
        "writes a second to a collection with an indexed value that grows (cloud.google.com/firestore/docs/best-practices)",
    ),
    "document": (1, "sustained writes a second to one document: a rule of thumb, no longer a number in Google's pages"),
    "ramp": (500, "operations a second on a new collection, half more every five minutes (Firestore: 500/50/5)"),
    "secret_minute": (90_000, "reads of secrets a minute of a project (cloud.google.com/secret-manager/quotas)"),
    "streams": (100, "calls at once on one gRPC connection: assumed, HTTP/2's usual number at Google's front ends"),
    "instances": (20, "instances of the service: `maxScale` of `service.yaml`, which can be raised"),
}
