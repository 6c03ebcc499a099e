"""What the Logging API does with the lines that a service on Cloud Run has printed, and a part of its filters."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.cloud.proxy import Answer, error

_TERM = re.compile(r'(?P<path>[\w.]+)\s*(?P<operator>>=|=|:)\s*(?P<value>"[^"]*"|\w+|\("[^"]*"(?: OR "[^"]*")*\))')
_SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")


class LogEntries:
    """Those of PROJECT, made of LINES, structured as Cloud Run reads them, whenever somebody asks."""

    def __init__(self, project: str, lines: Callable[[], Iterable[dict[str, Any]]]) -> None:
        self._project, self._lines = project, lines

    def __call__(self, method: str, path: str, _query: Mapping[str, str], body: Any) -> Answer:
        if (method, path) != ("POST", "/v2/entries:list"):
            return error(404, "NOT_FOUND", path)
        if body["resourceNames"] != [f"projects/{self._project}"]:
            return error(403, "PERMISSION_DENIED", "Permission denied for all log views")
        terms = body["filter"].split(" AND ")
        if not all(_TERM.fullmatch(term.strip()) for term in terms):
            return error(400, "INVALID_ARGUMENT", f"Unparseable filter: {body['filter']}")
        found = [entry for entry in map(self._entry, self._lines()) if all(_fits(entry, term) for term in terms)]
        return 200, {"entries": found[::-1][: body.get("pageSize", 50)]}

    def _entry(self, line: dict[str, Any]) -> dict[str, Any]:
        """https://cloud.google.com/run/docs/logging: what has a place of its own in an entry is taken out of the line."""
        payload = dict(line)
        severity, trace = payload.pop("severity"), payload.pop("logging.googleapis.com/trace", "")
        labels = {"project_id": self._project, "service_name": "itsimple-mate", "location": "europe-west1"}
        return {
            "logName": f"projects/{self._project}/logs/run.googleapis.com%2Fstdout",
            "insertId": str(hash(json.dumps(line))),
            "timestamp": datetime.now(UTC).isoformat(),
            "severity": severity,
            "trace": trace,
            "resource": {"type": "cloud_run_revision", "labels": labels},
            "jsonPayload": payload,
        }


def _fits(entry: dict[str, Any], term: str) -> bool:
    """As https://cloud.google.com/logging/docs/view/logging-query-language says of a comparison."""
    comparison = _TERM.fullmatch(term.strip())
    assert comparison
    value: Any = entry
    for name in comparison["path"].split("."):
        value = value.get(name) if isinstance(value, dict) else None
    wanted = re.findall(r'"([^"]*)"', comparison["value"]) or [comparison["value"]]
    if value is None:
        return False
    match comparison["operator"]:
        case ":":
            return any(each.lower() in str(value).lower() for each in wanted)
        case ">=" if comparison["path"] == "severity":
            return _SEVERITIES.index(value) >= _SEVERITIES.index(wanted[0])
        case ">=":
            return datetime.fromisoformat(value) >= datetime.fromisoformat(wanted[0])
    return str(value).lower() in [each.lower() for each in wanted]
