"""scripts/smoke URL: is what answers at URL the service, whole and as this tree has it? Changes and needs nothing there.

Standard library only, because it also runs inside the build, in Google's image of gcloud.
"""

import json
import re
import sys
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

from scripts.verbs.processes import ROOT
from scripts.verbs.shown import show

_SECONDS = 30.0
_VERSION = re.compile(r"^  version: (\S+)$", re.MULTILINE)
_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "itsimple-mate-smoke", "version": "1"},
    },
}
_MCP = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_STRANGER = b"grant_type=authorization_code&client_id=nobody&code=none&redirect_uri=https%3A%2F%2Fexample.com"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str

    def json(self) -> Any:
        """Raises `ValueError` for what is no JSON."""
        return json.loads(self.text)


class Wrong(Exception):
    """Something is not as it should be; the text has what."""


class Unreachable(Wrong):
    """There was no answer at all."""


@dataclass(frozen=True)
class Place:
    """Where the service is asked: at URL, which may be that of a tag; its issuer is ISSUER wherever it is asked."""

    url: str
    issuer: str
    revision: str | None = None
    """Which revision is to answer; None for any."""
    seconds: float = _SECONDS

    def ask(self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """The answer, whatever its status. Raises `Unreachable` without one."""
        request = urllib.request.Request(self.url + path, body, headers or {})  # noqa: S310  # our own URL
        try:
            with urllib.request.urlopen(request, timeout=self.seconds) as response:  # noqa: S310  # the same
                return Answer(response.status, response.headers, response.read().decode(errors="replace"))
        except HTTPError as refused:
            return Answer(refused.code, refused.headers, refused.read().decode(errors="replace"))
        except (URLError, OSError, HTTPException) as failed:
            raise Unreachable(f"no answer: {getattr(failed, 'reason', failed)}") from None


def revision_at(place: Place) -> str | None:
    """Which revision says that it is well; None for something else, as Google's placeholder. Raises `Wrong`."""
    answer = place.ask("/health")
    _expect(answer.status == 200, f"status {answer.status}")
    try:
        said = answer.json()
        return str(said["revision"]) if said["status"] == "ok" else None
    except (ValueError, KeyError, TypeError):
        return None


def _health(place: Place) -> None:
    found = revision_at(place)
    _expect(place.revision in {None, found}, f"it is {found}, not {place.revision}")


def _ready(place: Place) -> None:
    """Asked twice if need be: a new instance opens its connections with the first."""
    answer = place.ask("/ready")
    if answer.status == 503:
        answer = place.ask("/ready")
    _expect(answer.status == 200, f"status {answer.status}: {answer.text[:200]}")


def _authorization_server(place: Place) -> None:
    found = place.ask("/.well-known/oauth-authorization-server").json()["issuer"]
    _expect(found == place.issuer, f"the issuer is {found}, not {place.issuer}: is PUBLIC_URL right?")


def _protected_resource(place: Place) -> None:
    found = place.ask("/.well-known/oauth-protected-resource").json()["authorization_servers"]
    _expect(found == [place.issuer], f"the authorization servers are {found}")


def _challenge(place: Place) -> None:
    answer = place.ask("/notes", b"{}", {"Content-Type": "application/json"})
    challenge = answer.headers.get("WWW-Authenticate", "")
    where = f'resource_metadata="{place.issuer}/.well-known/oauth-protected-resource'
    _expect(answer.status == 401, f"status {answer.status}")
    _expect(where in challenge, f"the challenge does not lead to the metadata: {challenge[:200]}")


def _contract(place: Place) -> None:
    served, ours = (_VERSION.search(text) for text in (place.ask("/openapi.yaml").text, _read("openapi.yaml")))
    assert ours, "openapi.yaml has a version"
    found = served and served[1]
    _expect(found == ours[1], f"openapi.yaml is of version {found} there, {ours[1]} here")


def _game(place: Place) -> None:
    """X has two in the first row; O must take the third."""
    board = place.ask("/human_move?position_1=X&position_2=X&position_5=O").json()["board"]
    _expect(board[0][2] == "O", f"it plays {board}")


def _stranger(place: Place) -> None:
    """An unknown client; to know that it is, Firestore is asked."""
    answer = place.ask("/token", _STRANGER, _FORM)
    _expect(answer.status == 401, f"status {answer.status}: {answer.text[:200]}")
    _expect(answer.json()["error"] == "invalid_client", f"the error is {answer.text[:200]}")


def _mcp(place: Place) -> None:
    answer = place.ask("/mcp", json.dumps(_INITIALIZE).encode(), _MCP)
    _expect(answer.status == 200, f"status {answer.status}: {answer.text[:200]}")
    _expect("tools" in answer.json()["result"]["capabilities"], "no tools")


def _pages(place: Place) -> None:
    for path in ("/", "/docs", "/privacy", "/connections"):
        answer = place.ask(path)
        _expect(answer.status == 200 and "<html" in answer.text, f"{path}: status {answer.status}")


CHECKS: tuple[tuple[str, Callable[[Place], None]], ...] = (
    ("health", _health),
    ("ready", _ready),
    ("authorization server metadata", _authorization_server),
    ("protected resource metadata", _protected_resource),
    ("challenge", _challenge),
    ("contract", _contract),
    ("tic-tac-toe", _game),
    ("a refused client", _stranger),
    ("MCP", _mcp),
    ("pages", _pages),
)


def wrongs(place: Place) -> Iterator[tuple[str, str | None]]:
    """Each check by its name, with what is wrong, or None."""
    for name, check in CHECKS:
        try:
            check(place)
        except Wrong as wrong:
            yield name, str(wrong)
        except (ValueError, KeyError, TypeError) as unreadable:
            yield name, f"an answer that cannot be read: {type(unreadable).__name__} {unreadable}"
        else:
            yield name, None


def smoke(place: Place) -> list[str]:
    """The names of the checks that fail. Prints a line for each check."""
    failed = []
    for name, wrong in wrongs(place):
        show(f"  {name}: {'ok' if wrong is None else f'FAILED: {wrong}'}")
        failed += [] if wrong is None else [name]
    return failed


def _expect(is_so: bool, otherwise: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not is_so:
        raise Wrong(otherwise)


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(prog="scripts/smoke", description="Is the service at URL whole, and as this tree has it?")
    parser.add_argument("url", metavar="URL", help="where it is asked, without a path")
    parser.add_argument("--issuer", metavar="PUBLIC_URL", help="what it calls itself; URL")
    parser.add_argument("--revision", help="which revision is to answer; any")
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="to wait for each answer; %(default)s")
    chosen = parser.parse_args(arguments)
    url = chosen.url.rstrip("/")
    failed = smoke(Place(url, chosen.issuer or url, chosen.revision, chosen.seconds))
    if failed:
        show(f"scripts/smoke: {len(failed)} of {len(CHECKS)} failed at {url}: {', '.join(failed)}", is_error=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
