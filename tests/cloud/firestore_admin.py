"""What Firestore's Admin API does with the indexes and fields of one database, as far as its users rely on it here."""

import re
from collections.abc import Mapping
from typing import Any

from scripts.verbs.index_file import AUTOMATIC, Index, Indexes, Mode, live, name_order
from tests.cloud.proxy import Answer, error

NOTHING = Indexes(frozenset(), {})
DATABASE = "projects/demo-cloud/databases/(default)"
_PACKAGE = "type.googleapis.com/google.firestore.admin.v1"
_GROUPS = re.compile(rf"/v1/{re.escape(DATABASE)}/collectionGroups/([\w-]+)/(indexes|fields)(?:/([\w.*]+))?")


class FirestoreAdmin:
    """Its state is what it would list: `Index` and `Field` messages. At first it HAS these."""

    def __init__(self, has: Indexes = NOTHING) -> None:
        self.indexes: list[dict[str, Any]] = []
        self.fields: dict[str, dict[str, Any]] = {}
        for index in sorted(has.composites):
            self._create(f"{_groups(index.group)}/indexes", {"queryScope": index.scope, "fields": _messages(index)})
        for (group, path), field in has.fields.items():
            made: dict[str, Any] = {"name": f"{_groups(group)}/fields/{path}"}
            if field.modes is not None:
                singles = [_single(path, mode) for mode in sorted(field.modes)]
                made["indexConfig"] = {"indexes": singles} if singles else {}
            self.fields[made["name"]] = made | ({"ttlConfig": {"state": "ACTIVE"}} if field.ttl else {})

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        if path == f"/v1/{DATABASE}" and method == "GET":
            return 200, {"name": DATABASE, "type": "FIRESTORE_NATIVE", "databaseEdition": "STANDARD"}
        if not (parts := _GROUPS.fullmatch(path)):
            return error(404, "NOT_FOUND", path)
        name = path.removeprefix("/v1/")
        made = error(404, "NOT_FOUND", path)
        match method, parts[2], parts[3]:
            case "GET", "indexes", None:
                made = 200, {"indexes": self.indexes} if self.indexes else {}
            case "GET", "fields", None:
                made = 200, {"fields": self._list(query["filter"])}
            case "POST", "indexes", None:
                made = self._create(name, body)
            case "PATCH", "fields", str():
                made = self._update(name, query.get("updateMask"), body or {})
        return made

    def state(self) -> Indexes:
        return live(self.indexes, self.fields.values())

    def _create(self, parent: str, body: Any) -> Answer:
        name, fields = f"{parent}/i{len(self.indexes)}", list(body["fields"])
        if fields[-1]["fieldPath"] != "__name__":
            modes = [(field["fieldPath"], field.get("order", "CONTAINS")) for field in fields]
            fields.append({"fieldPath": "__name__", "order": name_order(modes)})
        made = {"name": name, "queryScope": body["queryScope"], "fields": fields, "state": "READY"}
        if live([made], []).composites <= self.state().composites:
            return error(409, "ALREADY_EXISTS", "index already exists")
        self.indexes.append(made)
        return 200, _operation("IndexOperationMetadata", {"index": name}, "Index", made)

    def _update(self, name: str, mask: str | None, body: Any) -> Answer:
        changed = set(mask.split(",")) if mask else {"indexConfig", "ttlConfig"}
        if name.endswith("/*") and "ttlConfig" in changed:
            return error(400, "INVALID_ARGUMENT", "Updating ttl other than single field level is not supported")
        field = {key: value for key, value in self.fields.get(name, {"name": name}).items() if key not in changed}
        if "indexConfig" in changed and "indexConfig" in body:
            made = [single | {"state": "READY"} for single in body["indexConfig"].get("indexes", ())]
            field["indexConfig"] = {"indexes": made} if made else {}
        if "ttlConfig" in changed and "ttlConfig" in body:
            field["ttlConfig"] = {"state": "ACTIVE"}
        self.fields.pop(name, None)
        if field.keys() > {"name"}:
            self.fields[name] = field
        return 200, _operation("FieldOperationMetadata", {"field": name}, "Field", self._show(name))

    def _list(self, wanted: str) -> list[dict[str, Any]]:
        fields = [self._show(name) for name in (_DEFAULT, *self.fields)]
        own = [field for field in fields if "usesAncestorConfig" not in field["indexConfig"]]
        expiring = [field for field in fields if "ttlConfig" in field and field not in own]
        match wanted:
            case "indexConfig.usesAncestorConfig:false":
                return own
            case "indexConfig.usesAncestorConfig=false OR ttlConfig:*":
                return own + expiring
            case "ttlConfig:*":
                return [field for field in fields if "ttlConfig" in field]
        raise ValueError(wanted)

    def _show(self, name: str) -> dict[str, Any]:
        automatic = [_single("*", mode) for mode in sorted(AUTOMATIC)]
        if name == _DEFAULT:
            return {"name": name, "indexConfig": {"indexes": automatic}}
        inherited = {"usesAncestorConfig": True, "ancestorField": _DEFAULT}
        group = self.fields.get(name.rpartition("/")[0] + "/*")
        if group:
            inherited |= {"ancestorField": group["name"]} | group["indexConfig"]
        else:
            inherited |= {"indexes": automatic}
        return {"name": name, "indexConfig": inherited} | self.fields.get(name, {})


_DEFAULT = f"{DATABASE}/collectionGroups/__default__/fields/*"


def _groups(group: str) -> str:
    return f"{DATABASE}/collectionGroups/{group}"


def _messages(index: Index) -> list[dict[str, str]]:
    return [{"fieldPath": path, "arrayConfig" if mode == "CONTAINS" else "order": mode} for path, mode in index.fields]


def _single(path: str, mode: Mode) -> dict[str, Any]:
    return {"queryScope": mode[0], "fields": _messages(Index("", mode[0], ((path, mode[1]),))), "state": "READY"}


def _operation(metadata: str, about: dict[str, Any], kind: str, response: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{DATABASE}/operations/o",
        "metadata": {"@type": f"{_PACKAGE}.{metadata}", "state": "SUCCESSFUL"} | about,
        "done": True,
        "response": {"@type": f"{_PACKAGE}.{kind}"} | response,
    }
