"""The importer's rules for schemas and references."""

from collections.abc import Mapping

from scripts.verbs.importer.document import Document, Found, every, has, mapping, steps

_COMPONENTS = ["components", "schemas"]
_CHOICES = ("oneOf", "anyOf")
_REFERRING = ("path", "operation", "parameter", "body", "response", "header", "media", "schema")


def components_hold_schemas(document: Document) -> Found:
    """`components.schemas` is there as an object."""
    if not isinstance(mapping(document.get("components")).get("schemas"), dict):
        yield "components.schemas", "it is not there as an object: write {} if no schema is shared."


def references_lead_somewhere(document: Document) -> Found:
    """Each `$ref` leads to something in this document."""
    for part in every(document, *_REFERRING):
        if "$ref" in part.value and not has(document, str(part.value["$ref"])):
            yield part.place("$ref"), f"{part.value['$ref']!r} leads nowhere in this document: add it or correct it."


def components_are_not_circular(document: Document) -> Found:
    """No schema of `components.schemas` refers to itself, directly or through others."""
    uses: dict[str, set[str]] = {}
    for part in every(document, "schema"):
        used = steps(str(part.value.get("$ref", "")))
        if [*part.path[:2]] == _COMPONENTS and used[:2] == _COMPONENTS:
            uses.setdefault(part.path[2], set()).update(used[2:3])
    for name in uses:
        if name in _reached(name, uses):
            yield f"components.schemas.{name}", f"{name} contains itself: cut the circle with a plain type."


def objects_have_properties(document: Document) -> Found:
    """Each schema of type object has `properties`."""
    for schema in every(document, "schema"):
        if "object" in _types(schema.value) and not isinstance(schema.value.get("properties"), dict):
            yield schema.place(), "it is an object without `properties`: name them."


def arrays_have_items(document: Document) -> Found:
    """Each schema of type array has `items`, and they are not empty."""
    for schema in every(document, "schema"):
        if ("array" in _types(schema.value) or "items" in schema.value) and not mapping(schema.value.get("items")):
            yield schema.place("items"), "they are missing or empty: give their type."


def schemas_have_a_type(document: Document) -> Found:
    """Each schema has a `type`, a `$ref`, or a choice of schemas; a title or description alone is not enough."""
    for schema in every(document, "schema"):
        is_empty_items = schema.path[-1] == "items" and not schema.value
        if not is_empty_items and not any(schema.value.get(key) for key in ("type", "$ref", *_CHOICES, "allOf")):
            yield schema.place(), "it has no type: give it one."


def no_schema_takes_null(document: Document) -> Found:
    """No schema takes null: not as a `type`, alone or in a list, not in an `enum`, not by `nullable`."""
    for schema in every(document, "schema"):
        values = schema.value.get("enum")
        if "null" in _types(schema.value):
            yield schema.place("type"), "it takes null: leave the field out of `required` instead."
        elif schema.value.get("nullable"):
            yield schema.place("nullable"), "it takes null: leave the field out of `required` instead."
        elif isinstance(values, list) and None in values:
            yield schema.place("enum"), "it takes null: leave the field out of `required` instead."


def references_stand_alone(document: Document) -> Found:
    """No schema has a `$ref` beside `oneOf` or `anyOf`."""
    for schema in every(document, "schema"):
        if "$ref" in schema.value and any(key in schema.value for key in _CHOICES):
            yield schema.place("$ref"), "it stands beside oneOf or anyOf: make it one of the choices."


def no_object_is_a_map(document: Document) -> Found:
    """`additionalProperties` is true or false, or left out; it is no schema."""
    for schema in every(document, "schema"):
        if isinstance(schema.value.get("additionalProperties"), dict):
            yield schema.place("additionalProperties"), "it is a schema: name the properties, or use an array of pairs."


def _types(schema: Mapping[str, object]) -> list[object]:
    types = schema.get("type")
    return types if isinstance(types, list) else [types]


def _reached(start: str, uses: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = {start}
    while waiting:
        waiting = set().union(*(uses.get(name, set()) for name in waiting)) - reached
        reached |= waiting
    return reached
