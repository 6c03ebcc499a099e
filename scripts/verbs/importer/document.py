"""An OpenAPI document as a linter reads it: its parts by kind, each with its place."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from scripts.verbs.processes import Failed

Document = dict[str, Any]
Found = Iterator[tuple[str, str]]
"""What a rule finds: the place, such as `paths./notes.post.summary`, and what is wrong there and what to do."""

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ONE, _MANY = False, True
_MEDIA = {"content": ("media", _MANY)}
_VALUE = {"schema": ("schema", _ONE), **_MEDIA}
# Which parts a part of each kind has: under which key, of what kind, and whether they are a list or map of their own.
_PARTS: dict[str, dict[str, tuple[str, bool]]] = {
    "document": {"paths": ("path", _MANY), "components": ("components", _ONE)},
    "components": {
        "schemas": ("schema", _MANY),
        "parameters": ("parameter", _MANY),
        "requestBodies": ("body", _MANY),
        "responses": ("response", _MANY),
        "headers": ("header", _MANY),
        "pathItems": ("path", _MANY),
    },
    "path": {"parameters": ("parameter", _MANY), **dict.fromkeys(_METHODS, ("operation", _ONE))},
    "operation": {
        "parameters": ("parameter", _MANY),
        "requestBody": ("body", _ONE),
        "responses": ("response", _MANY),
    },
    "parameter": _VALUE,
    "body": _MEDIA,
    "response": {"headers": ("header", _MANY), **_MEDIA},
    "header": _VALUE,
    "media": {"schema": ("schema", _ONE)},
    "schema": {
        **dict.fromkeys(("items", "contains", "not", "if", "then", "else"), ("schema", _ONE)),
        **dict.fromkeys(("properties", "patternProperties", "$defs", "dependentSchemas"), ("schema", _MANY)),
        **dict.fromkeys(("anyOf", "oneOf", "allOf", "prefixItems"), ("schema", _MANY)),
    },
}


class _Loader(yaml.SafeLoader):
    """As `yaml.SafeLoader`, which keeps the last of two equal keys; here they raise `Failed`."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        keys: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in keys:
                    line = key.start_mark.line + 1
                    raise Failed(f"{key.value} is there twice, again in line {line}: YAML keeps one of them.")
                keys.add(key.value)
        return node


@dataclass(frozen=True)
class Part:
    """One part of a document. A schema that is no JSON object has an empty `value`: it says as little."""

    kind: str
    path: tuple[str, ...]
    value: dict[str, Any]

    def place(self, *keys: str) -> str:
        """Where this part is, or what is below its KEYS."""
        return ".".join((*self.path, *keys))


def parse(text: str) -> Document:
    """TEXT, which is YAML or JSON, as JSON has it: every key is text. Raises `Failed`, also for a key that is there twice."""
    try:
        document = json.loads(json.dumps(_Loader(text).get_single_data(), default=str))
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise Failed(f"It is not YAML that JSON can say: {' '.join(str(error).split())}.") from None
    if not isinstance(document, dict):
        raise Failed("It is not an object with `openapi`, `info`, `servers` and `paths`.")
    return document


def read(path: Path) -> Document:
    """The document in the file PATH. Raises `Failed`."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"It cannot be read: {error}.") from None


def every(document: Document, *kinds: str) -> Iterator[Part]:
    """The parts of DOCUMENT of one of KINDS, in its order. What has the wrong type is passed over."""
    return (part for part in _walk("document", document, ()) if part.kind in kinds)


def operations(document: Document) -> list[Part]:
    return list(every(document, "operation"))


def mapping(value: object) -> dict[str, Any]:
    """VALUE if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def target(document: Document, reference: str) -> object:
    """Where REFERENCE, `#` and a JSON pointer (RFC 6901), leads in DOCUMENT; None if nowhere, or to null."""
    found: object = document
    for step in steps(reference):
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found if reference.startswith("#") else None


def steps(reference: str) -> list[str]:
    """The keys that the JSON pointer of REFERENCE goes down."""
    pointer = unquote(reference.partition("#")[2])
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _walk(kind: str, value: object, path: tuple[str, ...]) -> Iterator[Part]:
    if not isinstance(value, dict) and kind != "schema":
        return
    part = Part(kind, path, mapping(value))
    yield part
    for key, under in part.value.items():
        below, many = _PARTS[kind].get(key, ("", _ONE))
        for down, child in _children(under) if many else [((), under)] if below else []:
            yield from _walk(below, child, (*path, key, *down))


def _children(value: object) -> list[tuple[tuple[str, ...], object]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [((str(key),), child) for key, child in items]
