"""What the Monitoring API does with what one project watches. Its lists take as many of a name as they are told to."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.proxy import Answer, error

_KINDS = {"uptimeCheckConfigs", "alertPolicies", "notificationChannels"}


class Monitoring:
    def __init__(self, project: str) -> None:
        self._root = f"projects/{project}"
        self.things: dict[str, dict[str, Any]] = {}
        """By their names."""

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        name = path.removeprefix("/v3/")
        kind = name.removeprefix(f"{self._root}/").partition("/")[0]
        if kind not in _KINDS:
            return error(404, "NOT_FOUND", path)
        if name == f"{self._root}/{kind}":
            return (200, self._list(kind)) if method == "GET" else self._create(kind, body)
        if name not in self.things:
            return error(404, "NOT_FOUND", path)
        if method == "PATCH":
            mask = query.get("updateMask")
            fields = {each.partition(".")[0] for each in mask.split(",")} if mask else body.keys()
            self.things[name] |= _as_stored(name, {key: body[key] for key in fields if key in body})
        return 200, self.things[name]

    def named(self, kind: str) -> list[str]:
        return sorted(each["displayName"] for each in self._list(kind)[kind])

    def _list(self, kind: str) -> dict[str, Any]:
        return {kind: [each for name, each in self.things.items() if f"/{kind}/" in name]}

    def _create(self, kind: str, body: Any) -> Answer:
        name = f"{self._root}/{kind}/{len(self.things)}"
        self.things[name] = _as_stored(name, body) | {"name": name}
        return 200, self.things[name]


def _as_stored(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """As the server tells it: each condition has a name, a duration no fraction, and what is 0 is left out."""
    conditions = [each | {"name": f"{name}/conditions/{nth}"} for nth, each in enumerate(body.get("conditions", ()))]
    for each in conditions:
        each["conditionThreshold"] = {key: value for key, value in each["conditionThreshold"].items() if value != 0}
    times = {key: body[key].replace(".0s", "s") for key in ("period", "timeout") if key in body}
    return body | times | ({"conditions": conditions} if conditions else {})
