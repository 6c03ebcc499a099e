"""What the Resource Manager API does with one project: it has a policy."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.policies import Policies
from tests.cloud.proxy import Answer, error


class ResourceManager:
    def __init__(self, project: str) -> None:
        self._project, self.policies = project, Policies()

    def __call__(self, method: str, path: str, _query: Mapping[str, str], body: Any) -> Answer:
        name, _, verb = path.removeprefix("/v1/").partition(":")
        if name != f"projects/{self._project}":
            return error(403, "PERMISSION_DENIED", f"no permission on {name}, or it does not exist")
        if verb and method == "POST":
            return self.policies(verb, name, body)
        return 200, {"projectId": self._project, "projectNumber": "123456789012", "lifecycleState": "ACTIVE"}
