"""What the Cloud Build API does with the builds of one project; its triggers are `Triggers`'."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from tests.cloud.proxy import Answer, error
from tests.cloud.triggers import Triggers

_METADATA = "type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata"


def _nothing(_build: Any) -> str:
    return "SUCCESS"


class CloudBuild:
    """A build runs beside those who ask about it, and ends with the status that `run` answers."""

    def __init__(self, *connected: str) -> None:
        self.triggers = Triggers(*connected)
        self.builds: dict[str, dict[str, Any]] = {}
        self.run: Callable[[Any], str] = _nothing

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        parent, kind, name = path.removeprefix("/v1/").partition("/builds")
        if not kind:
            return self.triggers(method, path, query, body)
        if method == "POST" and not name:
            return self._begin(parent, body)
        found = self.builds.get(name.strip("/"))
        return (200, found) if found and method == "GET" else error(404, "NOT_FOUND", path)

    def _begin(self, parent: str, body: Any) -> Answer:
        number = f"{len(self.builds) + 1:08x}-1122-4334-8556-778899aabbcc"
        about = {"id": number, "name": f"{parent}/builds/{number}", "logUrl": "https://console.cloud.google.com/"}
        build = body | about | {"projectId": parent.split("/")[1], "status": "WORKING"}
        self.builds[number] = build

        def work() -> None:
            status = "INTERNAL_ERROR"
            try:
                status = self.run(dict(build))
            finally:
                self.builds[number] = build | {"status": status}

        threading.Thread(target=work, daemon=True).start()
        return 200, {"name": f"{parent}/operations/build-{number}", "metadata": {"@type": _METADATA, "build": build}}
