"""python -m bench.pages [--visits N] [--pages NAME,NAME,…] [--json FILE]: see bench/pages."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from bench.visit import OPERATIONS, SIGN_IN, TEXT, Network, Visit, visit
from tests.chromium import launched
from tests.deployed import deployed

SLOWER = 4
NETWORKS = {
    "slow 4G": Network(round_trip=150, down=1_600_000, up=750_000),  # what Lighthouse takes for a phone
    "good 4G": Network(round_trip=60, down=9_000_000, up=4_500_000),
}
CONSENT = "consent"
PAGES = {
    CONSENT: ("", SIGN_IN),  # its address has an assistant's request in it
    "home": ("/", TEXT),
    "connections": ("/connections", SIGN_IN),
    "notes": ("/notes", SIGN_IN),
    "account": ("/account", SIGN_IN),
    "docs": ("/docs", OPERATIONS),
    "privacy": ("/privacy", TEXT),
}
TIMES = ("first_byte", "first_paint", "largest_paint", "usable", "blocked")
_VISITS = ("first visit", "next visit")
_VIEWPORT = {"width": 360, "height": 740}
_NOT_SHOWN = """
Nobody is signed in. first byte: the service's own time, which Chromium reports before it slows the network down; all
that follows has the delay in it. usable: the ways to sign in are shown and work; of /docs, the operations are shown; of a text, it is
painted. blocked: total blocking time, until then. Bytes are of bodies as they are sent, and in brackets as they are when
decoded; headers come on top. The next visit has the first one's cache, and is a new tab of the same browser.
Not in it: finding the host, opening the connection and TLS, about three round trips more; Cloud Run's HTTP/2, under which
what does not fit into six connections of HTTP/1.1 would not wait; a cold instance; what signing in itself asks of Firebase.
The network is slowed down by Chromium and the processor by stopping it again and again: a phone is not quite like that."""

Found = Mapping[tuple[str, str, str], Sequence[Visit]]
"""What was seen, by page, network and which visit it was."""


def measure(browser: Browser, urls: Mapping[str, str], visits: int) -> Found:
    """VISITS of each page over each network, in turns; those of a round before them are thrown away."""
    found: dict[tuple[str, str, str], list[Visit]] = {}
    for turn in range(visits + 1):
        for name, url in urls.items():
            for network, limits in NETWORKS.items():
                context = browser.new_context(viewport=_VIEWPORT)  # type: ignore[arg-type]  # a dict with the two keys it wants
                for which in _VISITS:
                    seen = visit(context, url, PAGES[name][1], limits, SLOWER)
                    if turn:
                        found.setdefault((name, network, which), []).append(seen)
                context.close()
    return found


def spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": round(median(values), 3), "least": round(min(values), 3), "most": round(max(values), 3)}


def report(found: Found, browser: str) -> dict[str, object]:
    """All of it, for a program."""
    pages: dict[str, dict[str, dict[str, object]]] = {}
    for (name, network, which), visits in found.items():
        told: dict[str, object] = {each: spread([getattr(one, each) for one in visits]) for each in (*TIMES, "shifted")}
        last = visits[-1]
        told |= {"requests": last.requests, "encoded": dict(last.encoded), "decoded": dict(last.decoded)}
        pages.setdefault(name, {}).setdefault(network, {})[which] = told
    networks = {name: vars(network) for name, network in NETWORKS.items()}
    made_on = {"chromium": browser, "python": platform.python_version(), "processors": os.cpu_count()}
    return {
        "made_on": made_on,
        "visits": len(next(iter(found.values()))),
        "slower": SLOWER,
        "networks": networks,
        "pages": pages,
    }


def lines(found: Found) -> Iterator[str]:
    """All of it, for people."""
    for network, limits in NETWORKS.items():
        head = f"{network} ({limits.round_trip:.0f} ms, {limits.down / 1e6:.1f} Mbit/s), ms"
        yield (
            f"\n{head:<34}"
            + "".join(f"{each.replace('_', ' '):>15}" for each in TIMES)
            + f"{'least to most usable':>24}"
        )
        for (name, over, which), visits in found.items():
            if over == network:
                cells = "".join(f"{median(getattr(one, each) for one in visits):>15.0f}" for each in TIMES)
                usable = spread([one.usable for one in visits])
                between = f"{usable['least']:.0f} to {usable['most']:.0f}"
                yield f"{f'{name}, {which}':<34}{cells}{between:>24}"
    yield "\nWhat comes over the network, bytes"
    for (name, network, which), visits in found.items():
        if network == next(iter(NETWORKS)):
            one, shifted = visits[-1], max(each.shifted for each in visits)
            kinds = "; ".join(f"{kind} {size:,} ({one.decoded[kind]:,})" for kind, size in sorted(one.encoded.items()))
            yield f"{f'{name}, {which}':<34}{one.requests:>3} requests {sum(one.encoded.values()):>9,}: {kinds}; layout shift {shifted:.3f}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/pages", description=__doc__)
    parser.add_argument("--visits", type=int, default=5, help="of each page over each network (%(default)s)")
    parser.add_argument("--pages", default=",".join(PAGES), help="which of them (%(default)s)")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    chosen = parser.parse_args(arguments)
    names = chosen.pages.split(",")
    if unknown := set(names) - set(PAGES):
        parser.error(f"there is no page {', '.join(sorted(unknown))}")
    began = time.perf_counter()
    with deployed(THREADS="8") as here, launched() as browser:
        consent = here.world.authorization_url(here.world.assistant())
        urls = {name: here.world.service.url + PAGES[name][0] if PAGES[name][0] else consent for name in names}
        found = measure(browser, urls, chosen.visits)
        version = browser.version
    print("\n".join(lines(found)))
    print(
        f"{chosen.visits} visits each, in turns, the processor {SLOWER} times slower; Chromium {version}; "
        f"{time.perf_counter() - began:.0f} s in all; load of the machine {os.getloadavg()[0]:.1f}."
    )
    print(_NOT_SHOWN)
    if chosen.json:
        chosen.json.write_text(json.dumps(report(found, version), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
