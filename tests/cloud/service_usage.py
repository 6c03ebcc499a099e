"""Which APIs of one project are switched on. Until they are, every other API of it refuses."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.operations import Operations
from tests.cloud.proxy import Answer, Api, error


class ServiceUsage:
    def __init__(self, project: str, polls: int = 0) -> None:
        self._root, self.enabled = f"projects/{project}", set[str]()
        self._operations = Operations(polls)

    def __call__(self, method: str, path: str, _query: Mapping[str, str], body: Any) -> Answer:
        name = path.removeprefix("/v1/")
        services = f"{self._root}/services"
        if name.startswith("projects/") and not name.startswith(services):
            return error(403, "PERMISSION_DENIED", f"Not found or permission denied: {name}")
        match method, name.removeprefix(services):
            case "GET", "":
                return 200, {"services": [self._show(each) for each in sorted(self.enabled)]}
            case "POST", ":batchEnable":
                return self._enable(*body["serviceIds"])
            case "POST", one if one.endswith(":enable"):
                return self._enable(one.strip("/").removesuffix(":enable"))
            case "GET", one if one.startswith("/"):
                return 200, self._show(one.strip("/"))
        return self._operations.poll(name) or error(404, "NOT_FOUND", path)

    def behind(self, host: str, api: Api) -> Api:
        """API as HOST answers for it: not before it is switched on."""

        def answer(method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
            if host in self.enabled:
                return api(method, path, query, body)
            code, refused = error(403, "PERMISSION_DENIED", f"{host} has not been used in this project before.")
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}
            about = {"domain": "googleapis.com", "metadata": {"service": host, "consumer": self._root}}
            refused["error"]["details"] = [info | about]
            return code, refused

        return answer

    def _enable(self, *names: str) -> Answer:
        self.enabled.update(names)
        kind = "type.googleapis.com/google.api.serviceusage.v1.BatchEnableServicesResponse"
        return self._operations.begin("", {"@type": kind, "services": [self._show(name) for name in names]})

    def _show(self, name: str) -> dict[str, Any]:
        state = "ENABLED" if name in self.enabled else "DISABLED"
        return {"name": f"{self._root}/services/{name}", "config": {"name": name}, "state": state}
