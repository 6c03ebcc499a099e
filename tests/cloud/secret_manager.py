"""What the Secret Manager API does with the secrets of one project."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.policies import Policies
from tests.cloud.proxy import Answer, error


class SecretManager:
    def __init__(self) -> None:
        self.policies = Policies()
        self.secrets: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, list[str]] = {}
        """What each secret was told, in base64, the oldest first."""
        self.disabled: set[str] = set()
        """Names of versions."""

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        name, _, verb = path.removeprefix("/v1/").partition(":")
        if method == "POST" and name.endswith("/secrets"):
            return self._create(f"{name}/{query['secretId']}", body)
        secret = name.partition("/versions")[0]
        if secret not in self.secrets:
            return error(404, "NOT_FOUND", f"Secret [{secret}] not found.")
        if verb == "addVersion":
            self.versions[secret].append(body["payload"]["data"])
            return 200, self._version(secret, len(self.versions[secret])) | {"clientSpecifiedPayloadChecksum": True}
        if verb:
            return self.policies(verb, secret, body) if secret == name else self._switch(name, verb)
        if secret != name:
            count = len(self.versions[secret])
            return 200, {"versions": [self._version(secret, number) for number in range(count, 0, -1)]}
        return 200, self.secrets[secret]

    def _create(self, name: str, body: Any) -> Answer:
        if name in self.secrets:
            return error(409, "ALREADY_EXISTS", f"Secret [{name}] already exists.")
        self.secrets[name], self.versions[name] = body | {"name": name}, []
        return 200, self.secrets[name]

    def _switch(self, name: str, verb: str) -> Answer:
        secret, _, number = name.partition("/versions/")
        if not number.isdigit() or not 0 < int(number) <= len(self.versions.get(secret, ())):
            return error(404, "NOT_FOUND", f"Secret Version [{name}] not found.")
        if verb not in ("enable", "disable"):
            return error(404, "NOT_FOUND", f"{name}:{verb}")
        self.disabled = self.disabled | {name} if verb == "disable" else self.disabled - {name}
        return 200, self._version(secret, int(number))

    def _version(self, secret: str, number: int) -> dict[str, Any]:
        name = f"{secret}/versions/{number}"
        state = "DISABLED" if name in self.disabled else "ENABLED"
        return {"name": name, "state": state, "createTime": "2026-11-22T12:00:00Z"}
