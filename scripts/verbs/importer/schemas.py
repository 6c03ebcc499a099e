"""The importer's rules for schemas and references."""

from collections.abc import Mapping

from scripts.verbs.importer.document import Document, Found, every, mapping, steps, target

_CHOICES = ("oneOf", "anyOf")
_REFERRING = ("path", "operation", "parameter", "body", "response", "header", "media", "schema")
_TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
_Path = tuple[str, ...]


def components_hold_schemas(document: Document) -> Found:
    """`components.schemas` is there as an object."""
    if not isinstance(mapping(document.get("components")).get("schemas"), dict):
        yield "components.schemas", "it is not there as an object: write {} if no schema is shared."


def references_lead_somewhere(document: Document) -> Found:
    """Each `$ref` leads to something in this document."""
    for part in every(document, *_REFERRING):
        if "$ref" in part.value and target(document, str(part.value["$ref"])) is None:
            yield part.place("$ref"), f"{part.value['$ref']!r} leads nowhere in this document: add it or correct it."


def references_are_not_circular(document: Document) -> Found:
    """No `$ref` leads back to itself, directly or through others."""
    references = [part for part in every(document, *_REFERRING) if str(part.value.get("$ref", "")).startswith("#")]
    leads = {part.path: tuple(steps(str(part.value["$ref"]))) for part in references}
    uses = {there: {leads[path] for path in leads if path[: len(there)] == there} for there in leads.values()}
    for part in references:
        if any(part.path[: len(there)] == there for there in _reached(leads[part.path], uses)):
            yield part.place("$ref"), f"{part.value['$ref']!r} leads back here: cut the circle with a plain type."


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


def types_are_those_of_json(document: Document) -> Found:
    """Each `type` is string, integer, number, boolean, object or array, or a list of these."""
    for schema in every(document, "schema"):
        for kind in _types(schema.value):
            if kind not in (*_TYPES, None):
                yield schema.place("type"), f"{kind!r} is no type: write one of {', '.join(_TYPES[:-1])}."


def no_schema_takes_null(document: Document) -> Found:
    """No schema takes null: not as a `type`, alone or in a list, not in an `enum`, not by `const`, `default` or `nullable`."""
    for schema in every(document, "schema"):
        values, takes = schema.value, "it takes null: leave the field out of `required` instead."
        if "null" in _types(values):
            yield schema.place("type"), takes
        if values.get("nullable"):
            yield schema.place("nullable"), takes
        for key in ("enum", "const", "default"):
            value = values.get(key, "")
            if value is None or (key == "enum" and isinstance(value, list) and None in value):
                yield schema.place(key), takes


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


def _reached(start: _Path, uses: Mapping[_Path, set[_Path]]) -> set[_Path]:
    reached: set[_Path] = set()
    waiting = {start}
    while waiting:
        reached |= waiting
        waiting = set().union(*(uses[there] for there in waiting)) - reached
    return reached
