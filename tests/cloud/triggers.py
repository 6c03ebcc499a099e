"""What the Cloud Build API does with the triggers of one project; CONNECTED are the repositories that it may see."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.proxy import Answer, error


class Triggers:
    def __init__(self, *connected: str) -> None:
        self.connected = set(connected)
        self.triggers: dict[str, dict[str, Any]] = {}

    def __call__(self, method: str, path: str, _query: Mapping[str, str], body: Any) -> Answer:
        parent, _, name = path.removeprefix("/v1/").partition("/triggers")
        name = name.strip("/")
        if method == "GET" and not name:
            return 200, {"triggers": list(self.triggers.values())}
        if body and "{owner}/{name}".format(**body.get("github", {"owner": "", "name": ""})) not in self.connected:
            return error(400, "FAILED_PRECONDITION", "Repository mapping does not exist. Please visit the console.")
        if method == "POST" and body["name"] in self.triggers:
            return error(409, "ALREADY_EXISTS", "trigger already exists")
        if method in {"POST", "PATCH"}:
            known = next((each for each in self.triggers.values() if name in {each["id"], each["name"]}), {})
            called = body.get("name") or known["name"]
            about = {"id": f"t-{called}", "resourceName": f"{parent}/triggers/t-{called}"}
            self.triggers[called] = known | body | about
            self.triggers[called].get("github", {})["installationId"] = "77"  # which the server adds
            return 200, self.triggers[called]
        found = [each for each in self.triggers.values() if name in {each["id"], each["name"]}]
        return (200, found[0]) if found else error(404, "NOT_FOUND", path)
