"""What Firestore's Admin API does with the databases of one project; indexes and fields are `FirestoreAdmin`'s."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.firestore_admin import DATABASE, FirestoreAdmin
from tests.cloud.operations import Operations
from tests.cloud.proxy import Answer, error

_DATABASES = DATABASE.rpartition("/")[0]
_KIND = {"@type": "type.googleapis.com/google.firestore.admin.v1.Database"}


class Databases:
    def __init__(self, admin: FirestoreAdmin, polls: int = 0) -> None:
        self._admin, self._operations = admin, Operations(polls)
        self.databases: dict[str, dict[str, Any]] = {}
        self.schedules: list[dict[str, Any]] = []
        """Of backups; as many as it was told to make."""

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        name = path.removeprefix("/v1/")
        if method == "POST" and name == _DATABASES:
            return self._create(f"{_DATABASES}/{query['databaseId']}", body)
        if finished := self._operations.poll(name):
            return finished
        database = "/".join(name.split("/")[:4])
        if database not in self.databases:
            return error(404, "NOT_FOUND", f"The database {database} does not exist.")
        if "/backupSchedules" in name:
            return self._schedule(method, name, body)
        if name == database:
            return self._database(method, name, query, body)
        return self._admin(method, path, query, body)

    def _database(self, method: str, name: str, query: Mapping[str, str], body: Any) -> Answer:
        if method == "GET":
            return 200, self.databases[name]
        self.databases[name] |= {key: body[key] for key in query["updateMask"].split(",")}
        return self._operations.begin(name, _KIND | self.databases[name])

    def _schedule(self, method: str, name: str, body: Any) -> Answer:
        if method == "POST":
            self.schedules.append(_tidy(body) | {"name": f"{name}/s{len(self.schedules)}"})
            return 200, self.schedules[-1]
        if name.endswith("/backupSchedules"):
            return 200, {"backupSchedules": self.schedules} if self.schedules else {}
        found = next((each for each in self.schedules if each["name"] == name), None)
        if found is None:
            return error(404, "NOT_FOUND", name)
        found |= _tidy(body or {})
        return 200, found

    def _create(self, name: str, body: Any) -> Answer:
        if name in self.databases:
            return error(409, "ALREADY_EXISTS", "Database already exists.")
        self.databases[name] = body | {"name": name}
        return self._operations.begin(name, _KIND | self.databases[name])


def _tidy(schedule: dict[str, Any]) -> dict[str, Any]:
    times = {"retention": schedule["retention"].replace(".0s", "s")} if "retention" in schedule else {}
    return schedule | times
