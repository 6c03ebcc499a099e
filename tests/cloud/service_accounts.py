"""What the IAM API does with the service accounts of one project."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.policies import Policies
from tests.cloud.proxy import Answer, error


class ServiceAccounts:
    """`projects/-` and the project's own name mean the same account."""

    def __init__(self, project: str) -> None:
        self._project, self.policies = project, Policies()
        self.accounts: dict[str, dict[str, Any]] = {}

    def __call__(self, method: str, path: str, _query: Mapping[str, str], body: Any) -> Answer:
        name, _, verb = path.removeprefix("/v1/").replace("projects/-/", f"projects/{self._project}/").partition(":")
        if method == "POST" and name.endswith("/serviceAccounts"):
            return self._create(f"{body['accountId']}@{self._project}.iam.gserviceaccount.com", body)
        if name not in self.accounts:
            return error(404, "NOT_FOUND", f"Unknown service account: {name}")
        return self.policies(verb, name, body) if verb else (200, self.accounts[name])

    def _create(self, email: str, body: Any) -> Answer:
        name = f"projects/{self._project}/serviceAccounts/{email}"
        if name in self.accounts:
            return error(409, "ALREADY_EXISTS", f"Service account {email} already exists.")
        about = {"name": name, "email": email, "projectId": self._project, "uniqueId": f"10{len(self.accounts)}"}
        self.accounts[name] = about | body.get("serviceAccount", {})
        return 200, self.accounts[name]
