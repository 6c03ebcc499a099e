"""The real Dockerfile, built on stand-ins for its bases, and its image started, put to work and stopped."""

import hashlib
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import distributions
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import requests
from cyclonedx.schema import _res as schemas

from scripts.verbs import sbom
from scripts.verbs.emulators import load_rules
from scripts.verbs.journey import save_it
from scripts.verbs.processes import ROOT, free_port
from tests.cloud.base_images import IMAGE, built
from tests.cloud.containers import Container, Containers
from tests.deployed import around, environment
from tests.world import FIRESTORE, Tokens, World, new_project

pytestmark = pytest.mark.containers
USER = 65532
THREADS = 8
CLIENTS = 3 * THREADS  # some always wait for a thread
MANY = {"CALLS_PER_MINUTE": "100000"}


@pytest.fixture(scope="module")
def image() -> Containers:
    return built()


@dataclass
class Started:
    world: World
    port: int
    container: Container


@contextmanager
def start(image: Containers, **env: str) -> Iterator[Started]:
    """A container that complains neither when it starts nor when it stops; SIGTERM is enough for it to end."""
    project, port = new_project(), free_port()
    url = f"http://localhost:{port}"
    with image.running(IMAGE, port, environment(project, url) | MANY | env) as container:
        yield Started(around(project, url), port, container)
        if container.process.poll() is None:
            container.stop().wait(30)
        assert container.process.wait(30) == 0  # 137 is SIGKILL's
        printed = container.printed()
    assert not [word for word in ("ERROR", "CRITICAL", "Traceback", "Error:") if word in printed], printed


@pytest.fixture
def started(image: Containers) -> Iterator[Started]:
    with start(image) as one:
        yield one


def test_the_image_does_the_main_job_with_no_rights_and_nothing_to_write_to(started: Started) -> None:
    world, said = started.world, list[str]()
    load_rules(FIRESTORE, world.project)

    save_it(world.service.url, world.assistant(), world.person(), world.firebase, said.append)

    assert len(said) == 6
    for pid in started.container.pids():
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        assert set(status["Uid"].split() + status["Gid"].split()) == {str(USER)}
        assert {int(status[kind], 16) for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {0}
    first = Path(f"/proc/{started.container.pids()[0]}/cmdline").read_text().split("\0")
    assert first[1:3] == ["-m", "service.start"]  # and no shell, which would keep SIGTERM to itself


@dataclass
class Crowd:
    """Clients that save note after note, each until it gets no answer any more."""

    started: Started
    tokens: Tokens
    statuses: dict[str, int] = field(default_factory=dict)
    """By the title of the note; what got no answer is not here."""
    unanswered: list[str] = field(default_factory=list)
    busy: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def saving(self) -> Iterator[None]:
        with ThreadPoolExecutor(CLIENTS) as clients:
            ends = [clients.submit(self._save, client) for client in range(CLIENTS)]
            try:
                assert self.busy.wait(60)
                yield
            finally:
                self.over.set()
        assert [end.result() for end in ends] == [None] * CLIENTS

    def _save(self, client: int) -> None:
        for number in count():
            title = f"{client}-{number}"
            try:
                self.statuses[title] = self.started.world.save(self.tokens, title, title).status_code
            except requests.ConnectionError:
                self.unanswered.append(title)
                return
            if self.over.is_set():
                return
            if len(self.statuses) > 2 * CLIENTS:
                self.busy.set()


def say(text: str) -> None:
    """What a run with -rP shows."""
    sys.stdout.write(f"{text}\n")


class Halfway:
    """A request of which the server has the head, and waits for the body."""

    def __init__(self, started: Started, tokens: Tokens, title: str) -> None:
        self._body = json.dumps({"title": title, "content": "c"}).encode()
        head = f"POST /notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: {tokens.bearer['Authorization']}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(self._body)}\r\nExpect: 100-continue\r\n\r\n"
        self._connection = socket.create_connection(("127.0.0.1", started.port), timeout=60)
        self._connection.sendall(head.encode())
        assert self._connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"

    def finish(self) -> int:
        with self._connection, self._connection.makefile("rb") as answer:
            self._connection.sendall(self._body)
            return int(answer.readline().split()[1])


def titles(world: World) -> set[str]:
    found = [each["document"] for each in json.loads(world.everything()) if "document" in each]
    return {each["fields"]["title"]["stringValue"] for each in found if "/notes/" in each["name"]}


def test_sigterm_under_load_loses_no_request_that_was_taken(started: Started) -> None:
    world, health = started.world, f"{started.world.service.url}/health"
    crowd = Crowd(started, world.connect(world.assistant(), world.person()))
    with crowd.saving(), requests.Session() as kept:
        held = Halfway(started, crowd.tokens, "held")
        assert kept.get(health, timeout=30).headers["Connection"] == "keep-alive"
        began, stopping = time.monotonic(), started.container.stop()
        while kept.get(health, timeout=30).headers["Connection"] != "close":
            pass  # a server that stops says so on the connections that it has
        assert stopping.poll() is None
        crowd.statuses["held"] = held.finish()
        assert stopping.wait(30) == 0
        say(f"stopped in {time.monotonic() - began:.2f} s, {len(crowd.statuses)} saved, {crowd.unanswered} not taken")

    assert {title: status for title, status in crowd.statuses.items() if status != 201} == {}
    assert crowd.statuses.keys() == titles(world)  # what got no answer has not happened
    assert len(crowd.unanswered) == CLIENTS


def test_without_firestore_the_image_is_alive_and_not_ready(image: Containers) -> None:
    with start(image, FIRESTORE_EMULATOR_HOST=f"127.0.0.1:{free_port()}", K_REVISION="itsimple-mate-7") as alone:
        health = alone.world.service.get("/health")
        ready = alone.world.service.get("/ready")

    assert (health.status_code, health.json()) == (200, {"status": "ok", "revision": "itsimple-mate-7"})
    assert (ready.status_code, ready.json()) == (503, {"status": "unavailable", "missing": ["firestore"]})


def test_everything_is_compiled_the_contract_parsed_and_the_biggest_parts_are_known(image: Containers) -> None:
    with image.mounted(IMAGE) as root:
        standard = next(root.glob("usr/**/lib/python3.13"))
        sources = [file for folder in (standard, root / "venv", root / "app") for file in folder.rglob("*.py")]
        stale = [str(file.relative_to(root)) for file in sources if not is_compiled(file)]
        kept = json.loads((root / "app/service/contract.json").read_text(encoding="utf-8"))
        contract = (root / "app/openapi.yaml").read_bytes()
        parts = {str(part.relative_to(root)): size(part) for part in biggest(root)}
    say("\n".join([f"{IMAGE}: {image.images()[f'localhost/{IMAGE}:latest']['size']}", *map(str, parts.items())]))

    assert len(sources) > 2000
    assert stale == []
    assert kept["digest"] == hashlib.sha256(contract).hexdigest()


def test_all_that_the_pages_load_is_in_the_image_compressed(image: Containers) -> None:
    with image.mounted(IMAGE) as root:
        pages = root / "app/service/pages"
        files = [file for file in (pages / "static").rglob("*") if file.is_file() and file.stat().st_size > 100]
        digests = {hashlib.sha256(file.read_bytes()).hexdigest(): file.name for file in files}
        compressed = {file.name for file in (pages / "compressed").iterdir()}

    assert {"consent.js", "firebase-auth.js", "page.css"} < set(digests.values())
    assert {f"{digest}{suffix}" for digest in digests for suffix in (".br", ".gz")} <= compressed


def test_the_list_of_parts_names_all_that_is_in_the_image(image: Containers, tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    assert sbom.main([str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    listed = {
        (kind, each["name"], each["version"]) for each in json.loads(text)["components"] for kind in [purl_type(each)]
    }
    with image.mounted(IMAGE) as root:
        folders = [str(folder) for folder in root.glob("venv/lib/*/site-packages")]
        there = {("pypi", canonical(each.name), each.version) for each in distributions(path=folders)}
        vendor = {each.name.partition(".")[0] for each in (root / "app/service/pages/static/vendor").iterdir()}
    pinned = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]

    assert not list(cyclonedx().iter_errors(json.loads(text)))
    with pytest.raises(jsonschema_rs.ValidationError):
        cyclonedx().validate(json.loads(text) | {"bomFormat": "other"})
    assert {each for each in listed if each[0] == "pypi"} == there
    assert {("npm", name, version) for name, version in pinned.items()} < listed
    assert {name.partition("-")[0] for name in vendor} <= {name.partition("-")[0] for name in pinned} | {
        "oauth2"
    }  # Swagger's
    assert ("docker", "docker.io/library/python", "3.13-slim") in listed


def cyclonedx() -> jsonschema_rs.Draft7Validator:
    """The schema that cyclonedx-py brings; its own validator takes five seconds."""
    folder = Path(schemas.__file__).parent

    def read(name: str) -> Any:
        return json.loads((folder / name.rpartition("/")[2]).read_text("utf-8"))

    return jsonschema_rs.Draft7Validator(read("bom-1.6.SNAPSHOT.schema.json"), retriever=read)


def purl_type(component: dict[str, str]) -> str:
    return component["purl"].removeprefix("pkg:").partition("/")[0]


def canonical(name: str) -> str:
    """As PyPI compares names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_compiled(file: Path) -> bool:
    """Whether its bytecode is there, and is used whatever the file's date (PEP 552: a hash that is not checked)."""
    found = list((file.parent / "__pycache__").glob(f"{file.stem}.cpython-*.pyc"))
    return bool(found) and all(each.read_bytes()[4:8] == b"\x01\0\0\0" for each in found)


def biggest(root: Path) -> list[Path]:
    parts = [*(root / "app").iterdir(), *root.glob("venv/lib/*/site-packages/*"), root / "usr"]
    return sorted(parts, key=size, reverse=True)[:10]


def size(part: Path) -> int:
    """In bytes, of a file or of all that is in a folder."""
    return sum(each.lstat().st_size for each in (part.rglob("*") if part.is_dir() else [part]) if not each.is_dir())
