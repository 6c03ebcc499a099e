"""What the Firebase Rules API does with the rules of one project: rulesets that never change, and releases that do."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.proxy import Answer, error

_NOW = "2026-11-22T12:00:00Z"


class FirebaseRules:
    def __init__(self, project: str) -> None:
        self._root = f"projects/{project}"
        self._rulesets: list[dict[str, Any]] = []
        self._releases: dict[str, dict[str, Any]] = {}

    def __call__(self, method: str, path: str, _query: Mapping[str, str], body: Any) -> Answer:
        match method, path.removeprefix(f"/v1/{self._root}"):
            case "POST", ":test":
                return 200, {}
            case "POST", "/rulesets":
                made = {"name": f"{self._root}/rulesets/r{len(self._rulesets)}", "createTime": _NOW} | body
                self._rulesets.append(made)
                return 200, made
            case "GET", "/releases":
                return 200, {"releases": list(self._releases.values())}
            case "POST", "/releases":
                return self._release(body)
            case "PATCH", release if release.startswith("/releases/"):
                return self._release(body["release"], must_exist=True)
        found = [each for each in self._rulesets if path == f"/v1/{each['name']}"]
        return (200, found[0]) if found and method == "GET" else error(404, "NOT_FOUND", path)

    def released(self, release: str) -> str | None:
        """The text of the rules that hold for RELEASE."""
        found = self._releases.get(f"{self._root}/releases/{release}")
        rulesets = (each for each in self._rulesets if found and each["name"] == found["rulesetName"])
        return next((each["source"]["files"][0]["content"] for each in rulesets), None)

    def _release(self, release: dict[str, Any], *, must_exist: bool = False) -> Answer:
        if must_exist and release["name"] not in self._releases:
            return error(404, "NOT_FOUND", release["name"])
        self._releases[release["name"]] = release | {"createTime": _NOW, "updateTime": _NOW}
        return 200, self._releases[release["name"]]
