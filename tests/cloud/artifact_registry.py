"""What the Artifact Registry API does with the repositories of one project."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.operations import Operations
from tests.cloud.policies import Policies
from tests.cloud.proxy import Answer, error

_KIND = {"@type": "type.googleapis.com/google.devtools.artifactregistry.v1.Repository"}


class ArtifactRegistry:
    def __init__(self, polls: int = 0) -> None:
        self._operations, self.policies = Operations(polls), Policies()
        self.repositories: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, str] = {}
        """The digest of each, by its whole name: .../packages/PACKAGE/tags/TAG."""

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        name, _, verb = path.removeprefix("/v1/").partition(":")
        if method == "POST" and name.endswith("/repositories"):
            return self._create(f"{name}/{query['repositoryId']}", body)
        if finished := self._operations.poll(name):
            return finished
        if name in self.tags:
            package = name.partition("/tags/")[0]
            return 200, {"name": name, "version": f"{package}/versions/{self.tags[name]}"}
        if name not in self.repositories:
            return error(404, "NOT_FOUND", f"Requested entity was not found: {name}")
        if verb:
            return self.policies(verb, name, body)
        if method == "PATCH":
            masked = {each.partition(".")[0] for each in query["updateMask"].split(",")}
            self.repositories[name] |= {key: body[key] for key in masked if key in body}
            for policy in self.repositories[name].get("cleanupPolicies", {}).values():
                if condition := policy.get("condition"):  # gcloud sends 60.0s, and the API says 60s
                    condition["olderThan"] = condition["olderThan"].replace(".0s", "s")
        return 200, self.repositories[name]

    def _create(self, name: str, body: Any) -> Answer:
        if name in self.repositories:
            return error(409, "ALREADY_EXISTS", "the repository already exists")
        self.repositories[name] = body | {"name": name}
        return self._operations.begin(name.partition("/repositories/")[0], _KIND | self.repositories[name])
