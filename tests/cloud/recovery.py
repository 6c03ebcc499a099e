"""What Firestore's Admin API does with backups, exports and imports, and Cloud Storage with the bucket for them."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.operations import Operations
from tests.cloud.proxy import Answer, error

_PACKAGE = "type.googleapis.com/google.firestore.admin.v1"


class Recovery:
    """The databases of PROJECT in LOCATION, which has one backup of `(default)`."""

    def __init__(self, project: str, location: str) -> None:
        self._parent, self._operations = f"projects/{project}", Operations()
        self.databases = {"(default)"}
        self.backup = f"{self._parent}/locations/{location}/backups/b-1"
        self.exports: dict[str, Any] = {}
        """What was asked for, by where it went."""
        self.imports: list[Any] = []
        self.deleted: list[Any] = []
        self.buckets: dict[str, Any] = {}

    def firestore(self, method: str, path: str, _query: Mapping[str, str], body: Any) -> Answer:
        name, _, verb = path.removeprefix("/v1/").partition(":")
        if method == "GET" and name.endswith("/backups"):
            database = f"{self._parent}/databases/(default)"
            return 200, {"backups": [{"name": self.backup, "database": database, "state": "READY"}]}
        if finished := self._operations.poll(name):
            return finished
        if (name, verb) == (f"{self._parent}/databases", "restore"):
            return self._restore(body)
        database = name.removeprefix(f"{self._parent}/databases/")
        if database not in self.databases:
            return error(404, "NOT_FOUND", f"The database {database} does not exist.")
        if method == "DELETE":
            self.databases.remove(database)
            return 200, {"name": f"{name}/operations/o", "done": True, "response": {"@type": f"{_PACKAGE}.Database"}}
        return self._move(database, name, verb, body)

    def storage(self, method: str, path: str, _query: Mapping[str, str], body: Any) -> Answer:
        name, _, what = path.removeprefix("/storage/v1/b").strip("/").partition("/")
        if method == "POST" and not name:
            self.buckets[body["name"]] = body
            return 200, body
        if name not in self.buckets:
            return error(404, "NOT_FOUND", "The specified bucket does not exist.")
        if method == "DELETE":
            del self.buckets[name]
            return 204, None
        answers = {"": self.buckets[name], "storageLayout": {"bucket": name}}
        return 200, answers.get(what, {})  # no objects and no folders are in it

    def _restore(self, body: Any) -> Answer:
        if body["databaseId"] in self.databases:
            return error(409, "ALREADY_EXISTS", "Database already exists.")
        if body["backup"] != self.backup:
            return error(404, "NOT_FOUND", f"{body['backup']} does not exist.")
        self.databases.add(body["databaseId"])
        name = f"{self._parent}/databases/{body['databaseId']}"
        return self._operations.begin(name, {"@type": f"{_PACKAGE}.Database", "name": name})

    def _move(self, database: str, name: str, verb: str, body: Any) -> Answer:
        match verb:
            case "exportDocuments":
                if body["outputUriPrefix"].split("/")[2] not in self.buckets:
                    return error(404, "NOT_FOUND", "The specified bucket does not exist.")
                self.exports[body["outputUriPrefix"]] = body | {"database": database}
            case "importDocuments":
                if body["inputUriPrefix"] not in self.exports:
                    return error(404, "NOT_FOUND", "There is no export.")
                self.imports.append(body | {"database": database})
            case "bulkDeleteDocuments":
                self.deleted.append(body | {"database": database})
            case _:
                return error(404, "NOT_FOUND", verb)
        return self._operations.begin(name, {"@type": "type.googleapis.com/google.protobuf.Empty"})
