"""python -m bench.mcp [--calls N] [--rounds N] [--starts N] [--pause SECONDS]: see bench/mcp."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from statistics import median

from bench.saver import BY_HAND, NOTES, SDK, Cast, Saver
from bench.server import by_gunicorn, serving
from scripts.verbs.processes import free_port
from service.mcp.protocol import HANDSHAKE, MODERN

_CARRIED = by_gunicorn("bench.carried:app")
_NOT_SHOWN = """
CPU is user and system time of the server's processes, for calls one after another over one connection, each of a new
note of 2.4 kB; the rest is wall time, from before the process to the first answer, or of a call itself. Not in it: the
network, TLS, calls at the same time, a processor that is throttled between requests (then less is warmed in a pause),
pulling and starting a container, files that are read for the first time. Firestore is an emulator: opening the channel
and fetching credentials takes longer in earnest, at every door alike.
The SDK is its low-level server and request handling, on an event loop in a thread of its own, its tools on a third: as
a2wsgi carries it. Without its OpenTelemetry, without a listing of tools for each call, and without what our own door
does besides (Origin, public tools' pace, provenance). It is imported by the first request that comes for it, and does
not show `securitySchemes` of a tool."""


@dataclass(frozen=True)
class Start:
    """Of one fresh instance, in milliseconds: `first` from the start of the process, the calls by themselves."""

    listens: float
    first: float
    opening: float
    listing: float
    save: float
    cpu: float
    modules: int
    megabytes: float


def weigh(cast: Cast, rounds: int, calls: int) -> tuple[str, dict[str, list[float]]]:
    """A token, and milliseconds of CPU per call by what was called, one number a round; the first is thrown away."""
    with serving(_CARRIED, cast.port, cast.env) as plain, serving(_CARRIED, free_port(), cast.env) as carrying:
        token = cast.access_token(plain)
        service, sdk = Saver(plain, token), Saver(carrying, token)
        turns: dict[str, tuple[Saver, Callable[[], None]]] = {
            "saveNote, POST /notes": (service, lambda: service.save(NOTES, ""))
        }
        for name, client, path in (("by hand", service, BY_HAND), ("the SDK", sdk, SDK)):
            for version in (MODERN, HANDSHAKE[0]):
                at: tuple[Saver, str, str] = client, path, version
                turns[f"saveNote, {name}, {version}"] = (client, lambda at=at: at[0].save(*at[1:]))  # type: ignore[misc]  # binds it now
                turns[f"tools/list, {name}, {version}"] = (client, lambda at=at: at[0].send(*at[1:], "tools/list"))  # type: ignore[misc]  # likewise
        found: dict[str, list[float]] = {name: [] for name in turns}
        for _ in range(rounds + 1):
            for name, (client, call) in turns.items():
                before = client.server.cpu_ms()
                for _ in range(calls):
                    call()
                found[name].append((client.server.cpu_ms() - before) / calls)
    return token, {name: each[1:] for name, each in found.items()}


def start(cast: Cast, token: str, path: str, pause: float | None) -> Start:
    """A fresh instance that is to save at PATH: at once, or PAUSE seconds after it was opened."""
    version = MODERN if pause is None else HANDSHAKE[0]
    with serving(_CARRIED, cast.port, cast.env) as server:
        client, listens = Saver(server, token), _since(server.began)
        opening = listing = 0.0
        if pause is not None:
            opening = _took(lambda: client.open(path, version))
            first = _since(server.began)
            listing = _took(lambda: client.send(path, version, "tools/list"))
            time.sleep(pause)
        save = _took(lambda: client.save(path, version))
        if pause is None:
            first = _since(server.began)
        cpu, megabytes = server.cpu_ms(), server.resident_mb()
        found = Start(listens, first, opening, listing, save, cpu, client.modules(), megabytes)
        client.close()
    return found


def start_often(cast: Cast, token: str, starts: int, pause: float) -> dict[str, list[Start]]:
    """STARTS fresh instances of each kind, in turns."""
    kinds: dict[str, tuple[str, float | None]] = {
        "POST /notes": (NOTES, None),
        "by hand, saveNote first": (BY_HAND, None),
        "the SDK, saveNote first": (SDK, None),
        "by hand, opened first": (BY_HAND, pause),
        "the SDK, opened first": (SDK, pause),
    }
    found: dict[str, list[Start]] = {name: [] for name in kinds}
    for _ in range(starts):
        for name, (path, waits) in kinds.items():
            found[name].append(start(cast, token, path, waits))
    return found


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _took(call: Callable[[], None]) -> float:
    began = time.perf_counter()
    call()
    return _since(began)


def show(weighed: dict[str, list[float]], started: dict[str, list[Start]], pause: float) -> None:
    base = next(iter(weighed.values()))
    print(f"{'CPU ms per call':<34}{'median':>8}{'least':>8}{'most':>8}{'to POST /notes':>17}")
    for name, each in weighed.items():
        ratio = median(one / other for one, other in zip(each, base, strict=True))
        print(f"{name:<34}{median(each):>8.2f}{min(each):>8.2f}{max(each):>8.2f}{ratio:>15.2f} x")
    heads = "listens", "1st answer", "opening", "tools/list", "saveNote", "CPU", "modules", "MB"
    print(f"\n{'A cold instance, ms (medians)':<30}" + "".join(f"{head:>11}" for head in heads) + f"{'saved':>11}")
    notes = started["POST /notes"]
    for name, starts in started.items():
        cells = [median(getattr(one, field.name) for one in starts) for field in fields(Start)]
        ratio = median(one.save / other.save for one, other in zip(starts, notes, strict=True))
        print(f"{name:<30}" + "".join(f"{cell:>11.0f}" if cell else f"{'':>11}" for cell in cells) + f"{ratio:>9.2f} x")
    print(f"\nOpened: initialize, tools/list, {pause} s, saveNote. `saved` is saveNote's time to that of POST /notes.")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/mcp", description=__doc__)
    parser.add_argument("--calls", type=int, default=80, help="of each kind in a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--starts", type=int, default=5, help="fresh instances of each kind (%(default)s)")
    parser.add_argument("--pause", type=float, default=0.3, help="seconds between opening and saving (%(default)s)")
    chosen = parser.parse_args(arguments)
    began, cast = time.perf_counter(), Cast()
    token, weighed = weigh(cast, chosen.rounds, chosen.calls)
    show(weighed, start_often(cast, token, chosen.starts, chosen.pause), chosen.pause)
    print(
        f"{chosen.rounds} rounds of {chosen.calls} calls each and {chosen.starts} starts of each kind, in turns; "
        f"{time.perf_counter() - began:.0f} s in all; load of the machine {os.getloadavg()[0]:.1f}."
    )
    print(_NOT_SHOWN)
    return 0


if __name__ == "__main__":
    sys.exit(main())
