"""python -m bench.payload [--calls N] [--rounds N] [--characters N,N,…] [--json FILE]: see bench/payload."""

import argparse
import io
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import requests
from flask import Flask
from gunicorn.http.body import Body, LengthReader
from gunicorn.http.unreader import IterUnreader

from bench.copies import Trace, trace
from bench.server import Server
from service.app import create_app
from service.google_backends import GoogleBackends
from tests import mcp_client
from tests import world as worlds
from tests.assistant import connected
from tests.deployed import Deployed, deployed
from tests.world import World

NOTES, MCP = "/notes", "/mcp"
ALPHABETS = {"ASCII": "a", "CJK": "\u5b57", "emoji": "\U0001f600"}
_PIECE = 65_536  # of a body, as a socket gives it
_NOT_SHOWN = """
CPU is user and system time of the server's processes, for saves one after another over one connection, all in turns.
Memory is the growth of the server's peak (VmHWM) over what it held before one save, in bodies: what malloc keeps for the
next time is in it, so single numbers jump. The trace is of one save in this process, through gunicorn's own reading of
the body: a line where a function began or returned with about a body more or less than before. Not in it: what a C
function asks for and gives back before it returns (a decoder that does not know yet how wide its text is; the copy that
the schema is checked on), what the kernel holds, the answer's way back, TLS. Firestore is an emulator."""


@dataclass(frozen=True)
class Cost:
    """Of one save; CPU in milliseconds, memory in bodies. `body` is the request's, in bytes."""

    body: int
    cpu: float
    memory: float


def body(door: str, content: str, title: str = "A note") -> bytes:
    """The request that saves CONTENT at DOOR, in UTF-8, as JavaScript's clients write it."""
    note: dict[str, Any] = {"title": title, "content": content}
    if door == MCP:
        params = {"name": "saveNote", "arguments": note}
        note = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return json.dumps(note, ensure_ascii=False).encode()


_numbers = itertools.count(1)


def text(alphabet: str, characters: int) -> str:
    """Another one each time, of so many CHARACTERS."""
    mark = f"{next(_numbers):09} "
    return mark + ALPHABETS[alphabet] * (characters - len(mark))


def bearers(world: World) -> dict[str, Mapping[str, str]]:
    """The header of one person's assistants, by door."""
    person = world.person()
    mcp, _ = mcp_client.connected(world, person=person, resource=f"{world.service.url}{MCP}")
    return {NOTES: connected(world, person).tokens.bearer, MCP: mcp.bearer}


class Traced:
    """The service in this process, called as gunicorn calls it."""

    def __init__(self, world: World) -> None:
        self._bearers, settings = bearers(world), world.service.settings
        self._app: Flask = create_app(settings, GoogleBackends(settings))

    def save(self, door: str, alphabet: str, characters: int) -> Trace:
        """A save after one that has made all that is made once."""
        self._answer(self._environ(door, body(door, text(alphabet, 100))))
        raw = body(door, text(alphabet, characters))
        environ = self._environ(door, raw)
        (answer, status), found = trace(lambda: self._answer(environ), len(raw))
        assert status == ("201 CREATED" if door == NOTES else "200 OK"), answer
        assert b'"isError":true' not in answer, answer
        return found

    def _environ(self, door: str, raw: bytes) -> dict[str, Any]:
        pieces = [raw[at : at + _PIECE] for at in range(0, len(raw), _PIECE)]
        return {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": door,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(raw)),
            "HTTP_AUTHORIZATION": self._bearers[door]["Authorization"],
            "wsgi.url_scheme": "http",
            "wsgi.input": Body(LengthReader(IterUnreader(pieces), len(raw))),
            "wsgi.errors": io.StringIO(),
        }

    def _answer(self, environ: dict[str, Any]) -> tuple[bytes, str]:
        told: list[str] = []

        def start(status: str, _headers: object, _failure: object = None) -> Callable[[bytes], object]:
            told.append(status)
            return lambda _: None

        return b"".join(self._app.wsgi_app(environ, start)), told[0]


class Doors:
    """A process of the service and one client with a connection to it."""

    def __init__(self, instance: Deployed) -> None:
        self._server = Server(instance.process, instance.world.service.url, 0.0)
        self._worker, self._bearers = instance.pids()[-1], bearers(instance.world)
        self._session = requests.Session()

    def cpu(self, door: str, alphabet: str, characters: int, calls: int) -> float:
        """Milliseconds of a save, the mean of CALLS."""
        bodies = [body(door, text(alphabet, characters)) for _ in range(calls)]
        before = self._server.cpu_ms()
        for raw in bodies:
            self._save(door, raw)
        return (self._server.cpu_ms() - before) / calls

    def memory(self, door: str, alphabet: str, characters: int) -> float:
        raw = body(door, text(alphabet, characters))
        Path(f"/proc/{self._worker}/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
        before = self._kib("VmRSS")
        self._save(door, raw)
        return (self._kib("VmHWM") - before) * 1024 / len(raw)

    def _save(self, door: str, raw: bytes) -> None:
        headers = {**self._bearers[door], "Content-Type": "application/json"}
        answer = self._session.post(f"{self._server.url}{door}", data=raw, headers=headers, timeout=60)
        assert answer.status_code == (201 if door == NOTES else 200), answer.text
        assert '"isError":true' not in answer.text, answer.text

    def _kib(self, name: str) -> int:
        status = Path(f"/proc/{self._worker}/status").read_text(encoding="utf-8")
        return int(status.partition(f"{name}:")[2].split()[0])


Kind = tuple[str, str, int]
"""Door, alphabet, characters."""


def weigh(sizes: Sequence[int], rounds: int, calls: int) -> dict[Kind, Cost]:
    """The medians of ROUNDS, all kinds in turns; a first round is thrown away."""
    kinds: list[Kind] = list(itertools.product((NOTES, MCP), ALPHABETS, sizes))
    cpu: dict[Kind, list[float]] = {kind: [] for kind in kinds}
    memory: dict[Kind, list[float]] = {kind: [] for kind in kinds}
    with deployed(CALLS_PER_MINUTE="100000") as instance:
        doors = Doors(instance)
        for _ in range(rounds + 1):
            for kind in kinds:
                cpu[kind].append(doors.cpu(*kind, calls))
                memory[kind].append(doors.memory(*kind))
    return {
        kind: Cost(len(body(kind[0], text(*kind[1:]))), median(cpu[kind][1:]), median(memory[kind][1:]))
        for kind in kinds
    }


def proportion(costs: Sequence[Cost]) -> float:
    """How much dearer a byte is among the longest than among the middle ones: 1 is proportional.

    COSTS by size, three at least: what the last costs more than the first, by what the one before it costs more.
    """
    first, *_, middle, last = costs
    grown = (last.cpu - first.cpu) / (last.body - first.body)
    return grown / ((middle.cpu - first.cpu) / (middle.body - first.body))


def copies(characters: int) -> dict[Kind, Trace]:
    with worlds.world() as world:
        traced = Traced(world)
        kinds = itertools.product((NOTES, MCP), ALPHABETS, (characters,))
        return {kind: traced.save(*kind) for kind in kinds}


def show(found: Mapping[Kind, Cost], sizes: Sequence[int]) -> None:
    heads = [f"{size:,}" for size in sizes]
    print(f"{'CPU ms of a save, by characters':<34}" + "".join(f"{head:>10}" for head in heads), end="")
    print(f"{'to the first':>14}{'us a kB':>10}{'proportion':>12}{'memory, bodies':>16}")
    for door, alphabet in itertools.product((NOTES, MCP), ALPHABETS):
        costs = [found[door, alphabet, size] for size in sizes]
        first, last = costs[0], costs[-1]
        slope = (last.cpu - first.cpu) / (last.body - first.body) * 1e6
        cells = "".join(f"{cost.cpu:>10.2f}" for cost in costs)
        more = f"{last.cpu / first.cpu:>12.2f} x{slope:>10.1f}{proportion(costs):>12.2f}{last.memory:>16.1f}"
        print(f"{f'{door}, {alphabet}':<34}{cells}{more}")


def show_copies(found: Mapping[Kind, Trace]) -> None:
    for (door, alphabet, characters), one in found.items():
        print(f"\nPOST {door}, {characters:,} characters of {alphabet}, a body of {one.size:,} bytes: ", end="")
        print(
            f"{one.made} copies in Python, at most {one.most:.1f} alive at once, with native ones {one.most_of_all:.1f}"
        )
        print(f"{'':4}{'Python':>8}{'in all':>8}{'alive':>8}  where")
        for copy in one.copies:
            print(f"{'':4}{copy.python:>+8.1f}{copy.whole:>+8.1f}{copy.alive:>8.1f}  {copy.place}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/payload", description=__doc__)
    parser.add_argument("--calls", type=int, default=40, help="saves of each kind in a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    numbers: Any = lambda text: [int(part) for part in text.split(",")]  # noqa: E731  # argparse's own way
    parser.add_argument("--characters", type=numbers, default=[1_000, 10_000, 50_000, 100_000], help="three at least")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    chosen = parser.parse_args(arguments)
    began = time.perf_counter()
    weighed, traced = weigh(chosen.characters, chosen.rounds, chosen.calls), copies(chosen.characters[-1])
    show(weighed, chosen.characters)
    show_copies(traced)
    print(
        f"\n{chosen.rounds} rounds of {chosen.calls} saves of each kind, in turns; "
        f"{time.perf_counter() - began:.0f} s in all; load of the machine {os.getloadavg()[0]:.1f}."
    )
    print(_NOT_SHOWN)
    if chosen.json:
        told = {
            name: [dict(zip(("door", "alphabet", "characters"), kind, strict=True)) | asdict(one) for kind, one in each]
            for name, each in (("costs", weighed.items()), ("copies", traced.items()))
        }
        chosen.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
