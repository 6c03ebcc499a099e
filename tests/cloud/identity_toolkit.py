"""What the Identity Toolkit API tells of one project's sign-in, which only the Firebase console changes here."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.proxy import Answer, error


class IdentityToolkit:
    """Before it is begun with, there is no CONFIG."""

    def __init__(self) -> None:
        self.config: dict[str, Any] | None = None
        self.providers: set[str] = set()
        """As `google.com`."""

    def __call__(self, method: str, path: str, _query: Mapping[str, str], _body: Any) -> Answer:
        root, _, what = path.removeprefix("/v2/").rpartition("/")
        if method != "GET" or self.config is None:
            return error(404, "NOT_FOUND", "CONFIGURATION_NOT_FOUND")
        if what == "config":
            return 200, self.config
        found = [{"name": f"{root}/{what}/{each}", "enabled": True} for each in sorted(self.providers)]
        return 200, {"defaultSupportedIdpConfigs": found}
