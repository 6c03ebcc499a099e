"""Cloud Run's front end: who answers at the addresses of its services, and what may be wrong with an answer."""

import http.client
import json
import time
from collections.abc import Callable

from tests.cloud.cloud_run import CloudRun
from tests.cloud.proxy import Reply, Visit

_HOPS = {"connection", "host", "transfer-encoding", "keep-alive"}
Spoiler = Callable[[str, Visit], Reply | None]
"""What REVISION answers to a visit instead of what it would; None for that."""


def _well(_revision: str, _visit: Visit) -> Reply | None:
    return None


class FrontEnd:
    """Sends each visit to the port of its revision. A revision without one is Google's placeholder."""

    def __init__(self, run: CloudRun) -> None:
        self._run = run
        self.ports: dict[str, int] = {}
        self.spoil: Spoiler = _well
        self.visits: list[tuple[str, str]] = []
        """Revision and path, in order."""

    def __call__(self, visit: Visit) -> Reply:
        path = visit.target.partition("?")[0]
        revision = self._run.serves(visit.host)
        if revision is None or path.endswith("z"):  # reserved: the front end answers itself
            return Reply(404, {"Content-Type": "text/html"}, b"<html><title>404 Page not found</title></html>")
        self.visits.append((revision, path))
        if spoiled := self.spoil(revision, visit):
            return spoiled
        if revision not in self.ports:
            return Reply(200, {"Content-Type": "text/html"}, b"<html><title>Congratulations</title></html>")
        return _forwarded(visit, self.ports[revision])


def healthy_as(revision: str, visit: Visit) -> Reply | None:
    """What a process says of itself that stands for many revisions."""
    if visit.target != "/health":
        return None
    content = json.dumps({"status": "ok", "revision": revision}).encode()
    return Reply(200, {"Content-Type": "application/json"}, content)


def late(path: str, seconds: float) -> Spoiler:
    def spoil(_revision: str, visit: Visit) -> Reply | None:
        if visit.target == path:
            time.sleep(seconds)  # what a client that waits less long takes for no answer
        return None

    return spoil


def _forwarded(visit: Visit, port: int) -> Reply:
    headers = {name: value for name, value in visit.headers.items() if name.lower() not in _HOPS}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(visit.method, visit.target, visit.body or None, headers | {"Host": visit.host})
        response = connection.getresponse()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in {*_HOPS, "content-length"}}
        return Reply(response.status, kept, response.read())
    finally:
        connection.close()
