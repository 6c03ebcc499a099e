"""People with few notes and with very many, in one project with all the tokens; and one alone in a project of their own."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bench import reading, seed
from bench.replay import Replay, replaying
from scripts.verbs.journey import Person
from tests import world as worlds
from tests.assistant import Caller, connected
from tests.deployed import Deployed, deployed
from tests.world import World


@dataclass(frozen=True)
class Place:
    """One person of a project: with so many NOTES."""

    name: str
    notes: int
    world: World
    pids: Sequence[int]
    replay: Replay
    caller: Caller
    person: Person
    session: requests.Session = field(default_factory=requests.Session)

    def send(self, method: str, path: str, bearer: Mapping[str, str] | None = None, **more: Any) -> requests.Response:
        url, headers = self.caller.service.url + path, bearer or self.caller.tokens.bearer
        return self.session.request(method, url, headers=headers, timeout=120, **more)

    @property
    def signed_in(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.world.firebase.sign_in(self.person)}"}


def cpu_ms(pids: Sequence[int]) -> float:
    """Milliseconds on a processor so far, to the nanosecond: by each one's clock, as clock_getcpuclockid(3) has it."""
    clocks = (~pid << 3 | 2 for pid in pids)
    return sum(map(time.clock_gettime_ns, clocks)) / 1_000_000


def emulator_pid() -> int:
    """Of Firestore's emulator, which the process above this one has started."""
    above = os.getppid()
    for pid in Path(f"/proc/{above}/task/{above}/children").read_text(encoding="ascii").split():
        if b"CloudFirestore" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return int(pid)
    raise AssertionError("start it by python -m scripts.verbs.emulators")


def _place(name: str, notes: int, instance: Deployed, replay: Replay) -> Place:
    person = instance.world.person()
    caller = connected(instance.world, person)
    reading.fill(instance.world, person.uid, notes)
    return Place(name, notes, instance.world, instance.pids(), replay, caller, person)


@contextmanager
def places(tokens: int, sizes: Sequence[int]) -> Iterator[list[Place]]:
    """The first is alone."""
    with ExitStack() as stack:
        instances = []
        for _ in range(2):
            proxy, replay = stack.enter_context(replaying(worlds.FIRESTORE))
            variables = {"FIRESTORE_EMULATOR_HOST": proxy, "CALLS_PER_MINUTE": "100000"}
            instances.append((stack.enter_context(deployed(**variables)), replay))  # type: ignore[arg-type]  # variables, all of them
        alone, crowded = instances
        pid = emulator_pid()
        began, cpu = time.perf_counter(), cpu_ms([pid])
        seed.fill(crowded[0].world, tokens)
        took, cpu = time.perf_counter() - began, (cpu_ms([pid]) - cpu) / 1000
        print(
            f"{tokens:,} tokens: {took:.0f} s, {cpu:.0f} s of the emulator's processor; it holds {_gib(pid):.1f} GiB.",
            flush=True,
        )
        began = time.perf_counter()
        made = [_place(f"{sizes[0]:,} notes, alone", sizes[0], *alone)]
        made += [_place(f"{size:,} notes", size, *crowded) for size in sizes]
        print(f"{sum(sizes):,} notes: {time.perf_counter() - began:.0f} s; it holds {_gib(pid):.1f} GiB.\n", flush=True)
        yield made


def _gib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 2**20
