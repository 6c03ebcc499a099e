"""Who may do what with a resource: IAM policies, whose etag changes with each write and is asked for."""

from base64 import b64encode
from typing import Any

from tests.cloud.proxy import Answer, error


class Policies:
    def __init__(self) -> None:
        self.of: dict[str, dict[str, Any]] = {}
        """By the resource's name; without an entry nothing is granted."""
        self._writes = 0

    def __call__(self, verb: str, name: str, body: Any) -> Answer:
        """The answer to `getIamPolicy` or `setIamPolicy` of the resource NAME, which exists."""
        now = self.of.get(name, {"version": 1, "etag": _etag(0)})
        if verb == "getIamPolicy":
            return 200, now
        if verb != "setIamPolicy":
            return error(404, "NOT_FOUND", f"{name}:{verb}")
        if body["policy"].get("etag") != now["etag"]:
            return error(409, "ABORTED", "There were concurrent policy changes.")
        self._writes += 1
        self.of[name] = body["policy"] | {"version": 1, "etag": _etag(self._writes)}
        return 200, self.of[name]

    def grants(self) -> set[tuple[str, str, str]]:
        """Resource, role and member, all of them."""
        return {
            (name, binding["role"], member)
            for name, policy in self.of.items()
            for binding in policy.get("bindings", ())
            for member in binding["members"]
        }


def _etag(writes: int) -> str:
    return b64encode(writes.to_bytes(6)).decode()
