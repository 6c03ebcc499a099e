"""Other people's programs, and what they say to a test: one line of JSON at a time."""

import json
import platform
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any

from scripts.verbs.journey import Person
from scripts.verbs.processes import ROOT
from tests.world import World

FOLDER = ROOT / "tests" / "strangers"
PACKAGES = FOLDER / "mcp" / "node_modules"
_NEEDED = (22, 19)
_PROCESSORS = {"x86_64": "x64", "aarch64": "arm64"}


class Program:
    """A client's program, which says one line of JSON at a time; `stdin` is where the person's browser ends up."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin
        assert process.stdout
        self._stdin, self._lines = process.stdin, queue.Queue[str]()
        self._reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reader.start()

    def tell(self, line: str) -> None:
        self._stdin.write(f"{line}\n")
        self._stdin.flush()

    def hear(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.hear_line())
        return said

    def hear_line(self) -> str:
        return self._lines.get(timeout=60)

    def has_ended(self) -> None:
        """Return when everything that it said was read."""
        self._reader.join(60)

    def _read(self, stdout: IO[str]) -> None:
        for line in stdout:
            self._lines.put(line)


@contextmanager
def started(*command: str | Path) -> Iterator[Program]:
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        program = Program(process)
        try:
            yield program
        finally:
            process.terminate()
            program.has_ended()


def play(
    world: World, person: Person, command: list[str | Path], facts: dict[str, Any], decision: str = "allow"
) -> dict[str, Any]:
    """What the program of COMMAND, told FACTS, says in the end, and the `visits` to which it sent PERSON meanwhile.

    PERSON makes this DECISION each time. The service's time goes on by as many hours as the program wants to wait.
    """
    visits: list[str] = []
    with started(*command) as program:
        program.tell(json.dumps(facts))
        while True:
            match program.hear():
                case {"visit": url}:
                    visits.append(url)
                    program.tell(world.visit(url, person, decision))
                case {"wait": hours}:
                    world.service.clock.move(timedelta(hours=hours))
                    program.tell("")
                case said:
                    return {"visits": visits} | said


@cache
def newer_node() -> str:
    """A Node that MCP's own programs run on: the one beside them, or the system's. Raises `AssertionError`."""
    assert PACKAGES.is_dir(), "MCP's own programs are missing: run scripts/test, which brings them."
    beside = PACKAGES / f"node-linux-{_PROCESSORS.get(platform.machine(), '')}" / "bin" / "node"
    node = str(beside) if beside.is_file() else shutil.which("node")
    assert node
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    found = tuple(int(part) for part in version.removeprefix("v").split(".")[:2])
    wanted = ".".join(map(str, _NEEDED))
    assert found >= _NEEDED, f"MCP's own programs want Node {wanted} or newer, and {node} is {version}: install nodejs."
    return node
