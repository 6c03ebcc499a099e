"""One visit of a page with a real Chromium, by what the browser's own performance API says of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page

# What a page is there for can be done: it says so by showing it.
SIGN_IN = "document.querySelector('#signed-out')?.hidden === false"
OPERATIONS = "document.querySelector('#swagger-ui .opblock') !== null"
TEXT = "document.readyState !== 'loading'"

_WATCH = """
window.watched = { largest: 0, shifted: 0, tasks: [] };
let found;
watched.usable = new Promise((resolve) => (found = resolve));
const look = () => (CONDITION) && found(performance.now());
const observe = (type, tell) =>
  new PerformanceObserver((list) => list.getEntries().forEach(tell)).observe({ type, buffered: true });
observe("largest-contentful-paint", (entry) => (watched.largest = entry.startTime));
observe("layout-shift", (entry) => (watched.shifted += entry.hadRecentInput ? 0 : entry.value));
observe("longtask", (entry) => watched.tasks.push([entry.startTime, entry.duration]));
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
document.addEventListener("readystatechange", look);
"""
_TELL = """async () => {
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const loads = [page, ...performance.getEntriesByType("resource")].map((entry) => ({
    url: entry.name, sent: entry.transferSize, encoded: entry.encodedBodySize, decoded: entry.decodedBodySize,
  }));
  return { ...watched, usable: await watched.usable, first: page.responseStart, paint, loads };
}"""
_KINDS = {"js": "scripts", "css": "style", "svg": "pictures", "yaml": "contract"}


@dataclass(frozen=True)
class Network:
    """What a connection is slowed down to: milliseconds of a round trip, and bits in a second each way."""

    round_trip: float
    down: float
    up: float


@dataclass(frozen=True)
class Visit:
    """Milliseconds from the start of the navigation, and what came over the network, in bytes."""

    first_byte: float
    first_paint: float
    largest_paint: float
    usable: float
    """When what the page is there for could be done."""
    blocked: float
    """Of the time between the first paint and `usable`, what tasks of more than 50 ms took beyond these 50."""
    shifted: float
    """Cumulative layout shift, which has no unit."""
    requests: int
    encoded: Mapping[str, int]
    """Bodies as they were sent, by kind; what came out of the browser's cache is not in it."""
    decoded: Mapping[str, int]
    urls: frozenset[str]
    """All that was loaded, from wherever."""


def visit(
    context: BrowserContext, url: str, condition: str, network: Network | None = None, slower: float = 1
) -> Visit:
    """Open URL in a new tab of CONTEXT and stay until CONDITION is true and nothing more is loaded.

    The processor is SLOWER so many times. A context that was here before has a cache.
    """
    page = context.new_page()
    page.add_init_script(_WATCH.replace("CONDITION", condition))
    _throttle(page, network, slower)
    page.goto(url, timeout=120_000)
    page.evaluate("() => watched.usable")
    page.wait_for_load_state("networkidle", timeout=120_000)
    told = page.evaluate(_TELL)
    page.close()
    return _read(told)


def _throttle(page: Page, network: Network | None, slower: float) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    if network:
        session.send("Network.enable")
        limits = {"latency": network.round_trip, "downloadThroughput": network.down / 8}
        limits |= {"uploadThroughput": network.up / 8, "offline": False}
        session.send("Network.emulateNetworkConditions", limits)


def _read(told: Mapping[str, Any]) -> Visit:
    encoded, decoded = Counter[str](), Counter[str]()
    came = [load for load in told["loads"] if load["sent"]]
    for load in came:
        encoded[kind_of(load["url"])] += load["encoded"]
        decoded[kind_of(load["url"])] += load["decoded"]
    usable = max(told["usable"], told["paint"])  # what nobody sees yet is of no use
    tasks = [duration for start, duration in told["tasks"] if told["paint"] <= start < usable]
    return Visit(
        first_byte=told["first"],
        first_paint=told["paint"],
        largest_paint=told["largest"],
        usable=usable,
        blocked=sum(duration - 50 for duration in tasks),
        shifted=told["shifted"],
        requests=len(came),
        encoded=encoded,
        decoded=decoded,
        urls=frozenset(load["url"] for load in told["loads"]),
    )


def kind_of(url: str) -> str:
    name = url.partition("?")[0].rpartition("/")[2]
    return _KINDS.get(name.rpartition(".")[2], "page") if "." in name else "page"
