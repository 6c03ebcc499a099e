"""What the Cloud Run API does with services, their revisions and their traffic, and who answers at their addresses."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from tests.cloud.policies import Policies
from tests.cloud.proxy import Answer, error

PLACEHOLDER = "us-docker.pkg.dev/cloudrun/container/hello"
DOMAIN = "-abc-ew.a.run.app"
_KNATIVE = "/apis/serving.knative.dev/v1/namespaces/"
_CONDITIONS = ("Ready", "ConfigurationsReady", "RoutesReady")


def _starts(_revision: Any) -> str | None:
    return None


class CloudRun:
    """Of one project. `pushed` are the images that can be pulled; `start` is what starts a revision.

    A new revision is started at once. One that does not start keeps the traffic as it was, and its tag stays asked for.
    """

    def __init__(self, project: str) -> None:
        self._project, self.policies = project, Policies()
        self.services: dict[str, dict[str, Any]] = {}
        self.revisions: dict[str, dict[str, Any]] = {}
        self.pushed: set[str] = {PLACEHOLDER}
        self.start: Callable[[Any], str | None] = _starts
        """Told a revision; answers why it does not start."""
        self._requests = self._writes = 0

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        if path.startswith("/v1/"):
            name, _, verb = path.removeprefix("/v1/").partition(":")
            known = name.rpartition("/")[2] in self.services
            return self.policies(verb, name, body) if known else error(404, "NOT_FOUND", name)
        kind, _, name = path.removeprefix(f"{_KNATIVE}{self._project}/").partition("/")
        if method in {"POST", "PUT"} and kind == "services":
            return self._write(body["metadata"]["name"], body, query, is_new=method == "POST")
        kept = self.services if kind == "services" else self.revisions
        if method == "GET" and name in kept:
            return 200, kept[name]
        if method == "GET" and not name:
            return 200, {"metadata": {}, "items": list(kept.values())}
        return error(404, "NOT_FOUND", f"Resource '{name}' of kind '{kind[:-1].upper()}' does not exist.")

    def serves(self, host: str) -> str | None:
        """Which revision answers the next request to HOST. Of ten requests, 10 percent is one."""
        tag, hyphens, name = host.removesuffix(DOMAIN).rpartition("---")
        if name not in self.services:
            return None
        targets = self.services[name]["status"]["traffic"]
        if hyphens:
            return next((each["revisionName"] for each in targets if each.get("tag") == tag), None)
        self._requests += 1
        slot = self._requests % 10 * 10 + self._requests // 10 % 10
        for each in targets:
            slot -= each.get("percent", 0)
            if slot < 0:
                return str(each["revisionName"])
        return None

    def _write(self, name: str, body: Any, query: Mapping[str, str], *, is_new: bool) -> Answer:
        before = self.services.get(name)
        if is_new != (before is None):
            status = (409, "ALREADY_EXISTS") if is_new else (404, "NOT_FOUND")
            return error(*status, f"Resource '{name}' of kind 'SERVICE': {status[1]}.")
        if (
            before
            and body["metadata"].get("resourceVersion", before["metadata"]["resourceVersion"])
            != (before["metadata"]["resourceVersion"])
        ):
            return error(409, "ABORTED", f"Conflict for resource '{name}': version mismatch.")
        after = deepcopy(body)
        after["spec"].setdefault("traffic", [{"latestRevision": True, "percent": 100}])
        if sum(each.get("percent", 0) for each in after["spec"]["traffic"]) != 100:
            return error(400, "INVALID_ARGUMENT", "spec.traffic: the percents must sum to 100.")
        revision = self._revision(name, after["spec"]["template"])
        if revision is None:
            return error(409, "ALREADY_EXISTS", "Revision with different configuration already exists.")
        if query.get("dryRun") != "all":
            self._store(name, after, revision, (before or {}).get("status", {}))
            return 200, self.services[name]
        return 200, after

    def _revision(self, service: str, template: Any) -> dict[str, Any] | None:
        """A new one, or one that is known; None for a known name with another content: a name is taken once."""
        about = template.setdefault("metadata", {})
        same = [each for each in self.revisions.values() if each["spec"] == template.get("spec")]
        if "name" not in about and same:
            return same[-1]
        name = about.get("name", f"{service}-{len(self.revisions) + 1:05}")
        if known := self.revisions.get(name):
            return known if known["spec"] == template["spec"] else None
        metadata = about | {"name": name, "namespace": self._project}
        return {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Revision",
            "metadata": metadata,
            "spec": template["spec"],
        }

    def _store(self, name: str, after: dict[str, Any], revision: dict[str, Any], status: Mapping[str, Any]) -> None:
        self._writes += 1
        called, image = revision["metadata"]["name"], revision["spec"]["containers"][0]["image"]
        if called not in self.revisions:
            why = self.start(revision) if image in self.pushed else f"Image '{image}' not found."
            self.revisions[called] = revision | {"status": {"conditions": _conditions(why)[:1]}}
        why = _why(self.revisions[called])
        ready = status.get("latestReadyRevisionName", called) if why else called
        targets = after["spec"]["traffic"]
        asked = [each.get("revisionName", ready) for each in targets]
        unreachable = next(filter(None, (self._unreachable(each) for each in asked)), None)
        after["metadata"] |= {"generation": self._writes, "resourceVersion": f"r{self._writes}"}
        self.services[name] = after | {
            "status": {
                "conditions": _conditions(why or unreachable),
                "observedGeneration": self._writes,
                "url": f"https://{name}{DOMAIN}",
                "latestCreatedRevisionName": called,
                "latestReadyRevisionName": ready,
                "traffic": status.get("traffic", []) if unreachable else _resolved(name, targets, ready),
            }
        }

    def _unreachable(self, revision: str) -> str | None:
        return _why(self.revisions[revision]) if revision in self.revisions else f"Revision '{revision}' not found."


def _why(revision: Any) -> str | None:
    """What it did not start for."""
    message: str | None = revision["status"]["conditions"][0].get("message")
    return message


def _conditions(why: str | None) -> list[dict[str, str]]:
    said = {"status": "False", "reason": "HealthCheckContainerError", "message": why} if why else {"status": "True"}
    return [{"type": kind} | said for kind in _CONDITIONS]


def _resolved(service: str, targets: list[dict[str, Any]], latest: str) -> list[dict[str, Any]]:
    urls = ({"url": f"https://{each['tag']}---{service}{DOMAIN}"} if "tag" in each else {} for each in targets)
    return [{"revisionName": latest} | each | url for each, url in zip(targets, urls, strict=True)]
