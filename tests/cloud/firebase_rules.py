"""What the Firebase Rules API does with the rules of one project: rulesets that never change, and releases that do."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.proxy import Answer, error

_NOW = "2026-11-22T12:00:00Z"


class FirebaseRules:
    def __init__(self, project: str) -> None:
        self._root = f"projects/{project}"
        self.rulesets: list[dict[str, Any]] = []
        self.releases: dict[str, dict[str, Any]] = {}

    def __call__(self, method: str, path: str, _query: Mapping[str, str], body: Any) -> Answer:
        match method, path.removeprefix(f"/v1/{self._root}"):
            case "POST", ":test":
                return 200, {}
            case "POST", "/rulesets":
                made = {
                    "name": f"{self._root}/rulesets/r{len(self.rulesets)}",
                    "createTime": f"{_NOW[:-1]}.{len(self.rulesets):03}Z",
                } | body
                self.rulesets.append(made)
                return 200, made
            case "GET", "/rulesets" | "/releases" as listed:
                return 200, self._list(listed.strip("/"))
            case "POST", "/releases":
                return self._release(body)
            case "PATCH", release if release.startswith("/releases/"):
                return self._release(body["release"], must_exist=True)
        found = [each for each in (*self.rulesets, *self.releases.values()) if path == f"/v1/{each['name']}"]
        return (200, found[0]) if found and method == "GET" else error(404, "NOT_FOUND", path)

    def released(self, release: str) -> str | None:
        """The text of the rules that hold for RELEASE."""
        found = self.releases.get(f"{self._root}/releases/{release}")
        rulesets = (each for each in self.rulesets if found and each["name"] == found["rulesetName"])
        return next((each["source"]["files"][0]["content"] for each in rulesets), None)

    def _list(self, kind: str) -> dict[str, Any]:
        if kind == "releases":
            return {kind: list(self.releases.values())}
        return {kind: [{key: each[key] for key in ("name", "createTime")} for each in reversed(self.rulesets)]}

    def _release(self, release: dict[str, Any], *, must_exist: bool = False) -> Answer:
        if must_exist and release["name"] not in self.releases:
            return error(404, "NOT_FOUND", release["name"])
        self.releases[release["name"]] = release | {"createTime": _NOW, "updateTime": _NOW}
        return 200, self.releases[release["name"]]
