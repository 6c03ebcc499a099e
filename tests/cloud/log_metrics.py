"""What the Logging API does with the metrics of one project, which are counted in its log."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.proxy import Answer, error


class LogMetrics:
    def __init__(self) -> None:
        self.metrics: dict[str, dict[str, Any]] = {}

    def __call__(self, method: str, path: str, _query: Mapping[str, str], body: Any) -> Answer:
        name = path.rpartition("/metrics/")[2]
        match method:
            case "POST" if body["name"] in self.metrics:
                return error(409, "ALREADY_EXISTS", f"Metric {body['name']} already exists")
            case "POST":
                self.metrics[body["name"]] = body
                return 200, body
            case "PUT":
                self.metrics[name] = body
        return (200, self.metrics[name]) if name in self.metrics else error(404, "NOT_FOUND", path)
