"""Google's own descriptions of its APIs, the discovery documents, and whether an exchange is as they say."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_DOCUMENTS = files("googleapiclient") / "discovery_cache/documents"
_V1 = (
    "artifactregistry",
    "cloudbuild",
    "cloudresourcemanager",
    "firebaserules",
    "firestore",
    "iam",
    "run",
    "secretmanager",
    "serviceusage",
    "storage",
)
_VERSIONS = {**dict.fromkeys(_V1, "v1"), "identitytoolkit": "v2", "logging": "v2", "monitoring": "v3"}
_REGION = re.compile(r"^[a-z]+-[a-z]+[0-9]-")
_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "any": (object,),
}
_ERROR = {
    "schemas": {
        "Answer": {"type": "object", "properties": {"error": {"$ref": "Error"}}},
        "Error": {
            "type": "object",
            "properties": {
                "code": {"type": "integer"},
                "status": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "array", "items": {"type": "any"}},
                "errors": {"type": "array", "items": {"type": "any"}},
            },
        },
    }
}


@dataclass(frozen=True)
class Exchange:
    method: str
    host: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int
    answer: Any


def findings(exchange: Exchange) -> list[str]:
    """What in EXCHANGE is not as its API's description says: host, method, parameters, and the fields of both bodies."""
    api = _REGION.sub("", exchange.host.removesuffix(".googleapis.com"))
    if api not in _VERSIONS or not exchange.host.endswith(".googleapis.com"):
        return [f"unknown host: {exchange.host}"]
    document = _document(api)
    method = _method(document, exchange)
    if method is None:
        return [f"no such method: {exchange.method} {exchange.host}{exchange.path}"]
    parameters = document["parameters"].keys() | method["parameters"].keys()
    found = [f"unknown parameter: {name}" for name in exchange.query if name not in parameters]
    if exchange.body is not None:
        found += _differs(document, method.get("request", {}), exchange.body, "request")
    if exchange.status == 204:
        return found + (["a 204 with a body"] if exchange.answer is not None or "response" in method else [])
    if exchange.status == 200:
        return found + list(_differs(document, method["response"], exchange.answer, "answer"))
    return found + list(_differs(_ERROR, {"$ref": "Answer"}, exchange.answer, "answer"))


@cache
def _document(api: str) -> Any:
    return json.loads((_DOCUMENTS / f"{api}.{_VERSIONS[api]}.json").read_text(encoding="utf-8"))


def _method(document: Any, exchange: Exchange) -> Any:
    path = exchange.path.removeprefix("/")
    for method in _methods(document):
        if method["httpMethod"] == exchange.method and any(
            re.fullmatch(pattern, path) for pattern in _patterns(document, method)
        ):
            return method
    return None


def _methods(resource: Any) -> Iterator[Any]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _methods(inner)


def _patterns(document: Any, method: Any) -> Iterator[str]:
    """Where the method is reached, also for an upload.

    A name in the path holds neither / nor :, or a verb such as `:test` would pass as part of it.

    But the name of a release has a slash in it, so there the parameter's own pattern counts.
    """
    names = method["parameters"]
    own = str(names.get("name", {}).get("pattern"))
    if own.endswith("/releases/.*$"):
        yield "v1/" + own.strip("^$")
        return
    uploads = (each["path"].strip("/") for each in method.get("mediaUpload", {}).get("protocols", {}).values())
    for path in (document["servicePath"] + method.get("flatPath", method["path"]), *uploads):
        yield re.sub(r"\\\{\w+\\\}", "[^/:]+", re.escape(path))


def _differs(document: Any, schema: Any, value: Any, where: str) -> Iterator[str]:
    schema = document["schemas"][schema["$ref"]] if "$ref" in schema else schema
    kind = schema.get("type")
    if kind == "array":
        if not isinstance(value, list):
            yield f"{where}: not a list"
            return
        for item in value:
            yield from _differs(document, schema["items"], item, where)
    elif kind == "object":
        yield from _differs_in_fields(document, schema, value, where)
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is not in the enum"
    elif schema.get("format") == "int64" and isinstance(value, int):
        return  # as well a number as a text
    elif kind is None or not isinstance(value, _SCALARS[kind]):
        yield f"{where}: not of the type {kind}"


def _differs_in_fields(document: Any, schema: Any, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: not an object"
        return
    for name, inner in value.items():
        known = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
        if known:
            yield from _differs(document, known, inner, f"{where}.{name}")
        elif name != "@type":
            yield f"{where}: unknown field {name}"
