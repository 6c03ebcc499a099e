"""The importer's rules for operations and their parameters."""

import re

from scripts.verbs.importer.document import Document, Found, Part, every, mapping, operations, target

_MOST_OPERATIONS = 30
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OPERATION_TEXT, _PARAMETER_TEXT = 300, 700
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FLAG = "x-openai-isConsequential"


def there_are_1_to_30_operations(document: Document) -> Found:
    """The document has at least one operation and at most 30."""
    count = len(operations(document))
    if not 1 <= count <= _MOST_OPERATIONS:
        yield "paths", f"it has {count} operations: have 1 to {_MOST_OPERATIONS}."


def every_operation_has_an_id(document: Document) -> Found:
    """Each `operationId` is 1 to 64 ASCII letters, digits, `_` and `-`, as the name of a function is."""
    for operation in operations(document):
        name = operation.value.get("operationId")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield operation.place("operationId"), f"it is {name!r}: give 1 to 64 ASCII letters, digits, _ and -."


def operation_ids_are_unique(document: Document) -> Found:
    """No two operations have the same `operationId`."""
    first: dict[str, str] = {}
    for operation in operations(document):
        name = operation.value.get("operationId")
        if isinstance(name, str) and first.setdefault(name, operation.place()) != operation.place():
            yield operation.place("operationId"), f"{first[name]} is {name}, too: rename one of them."


def every_operation_is_described(document: Document) -> Found:
    """Each operation has a `summary` and a `description`."""
    for operation in operations(document):
        for field in ("summary", "description"):
            text = operation.value.get(field)
            if not isinstance(text, str) or not text.strip():
                yield operation.place(field), "there is none: say what the operation does."


def operation_texts_are_short(document: Document) -> Found:
    """The `summary` and `description` of an operation have fewer than 300 characters."""
    for operation in operations(document):
        for field in ("summary", "description"):
            if (length := len(str(operation.value.get(field, "")))) >= _OPERATION_TEXT:
                yield operation.place(field), f"it has {length} characters: stay below {_OPERATION_TEXT}."


def parameter_texts_are_short(document: Document) -> Found:
    """The `description` of a parameter or a schema has fewer than 700 characters."""
    for part in every(document, "parameter", "schema"):
        if (length := len(str(part.value.get("description", "")))) >= _PARAMETER_TEXT:
            yield part.place("description"), f"it has {length} characters: stay below {_PARAMETER_TEXT}."


def no_parameter_is_a_header_or_cookie(document: Document) -> Found:
    """Each parameter is in the path or the query."""
    for parameter in every(document, "parameter"):
        if (where := parameter.value.get("in")) in ("header", "cookie"):
            yield parameter.place("in"), f"it is in the {where}: take it in the path, the query or the body."


def path_parameters_are_in_the_path(document: Document) -> Found:
    """Each `{name}` in a path has a path parameter of that name, and each path parameter its `{name}`."""
    for operation in operations(document):
        if operation.path[0] != "paths":
            continue
        path = operation.path[1]
        above = Part("path", operation.path[:-1], document["paths"][path])
        given = [
            name for part in (operation, above) for _, name, where in _parameters(document, part) if where == "path"
        ]
        asked = _PLACEHOLDER.findall(path)
        for name in asked:
            if name not in given:
                yield operation.place("parameters"), f"{{{name}}} of the path is not among them: describe it."
        for name in given:
            if name not in asked:
                yield operation.place("parameters"), f"{name!r} is not in the path: write {{{name}}} there or drop it."


def parameters_are_there_once(document: Document) -> Found:
    """No list of parameters has two of the same name and place."""
    for part in every(document, "path", "operation"):
        seen: list[tuple[object, object]] = []
        for place, name, where in _parameters(document, part):
            if (name, where) in seen:
                yield place, f"{name!r} in the {where} is there before: drop one of them."
            seen.append((name, where))


def asking_is_explicit(document: Document) -> Found:
    """Each operation has `x-openai-isConsequential`, true or false."""
    for operation in operations(document):
        if not isinstance(operation.value.get(_FLAG), bool):
            yield operation.place(_FLAG), f"it is {operation.value.get(_FLAG)!r}: write true or false."


def asking_suits_the_operation(document: Document) -> Found:
    """`x-openai-isConsequential` is false where a POST creates, with a 201, and true for a DELETE."""
    for operation in operations(document):
        flag, method = operation.value.get(_FLAG), operation.path[-1]
        if method == "delete" and flag is False:
            yield operation.place(_FLAG), "it deletes: write true."
        if method == "post" and "201" in mapping(operation.value.get("responses")) and flag is True:
            yield operation.place(_FLAG), "it only creates: write false."


def security_is_explicit(document: Document) -> Found:
    """Each operation has `security`, or the document has it for those without; an open one says `[]`."""
    for operation in operations(document):
        if not isinstance(operation.value.get("security", document.get("security")), list):
            yield (
                operation.place("security"),
                "there is none: name the scheme and its scopes, or write [] for everyone.",
            )


def there_is_one_auth_type(document: Document) -> Found:
    """All operations that need sign-in name the same one of `components.securitySchemes`, alone."""
    known = mapping(mapping(document.get("components")).get("securitySchemes"))
    chosen: str | None = None
    needed = {
        part.place("security"): part.value.get("security")
        for operation in operations(document)
        for part in (operation if "security" in operation.value else Part("document", (), document),)
    }
    for place, needs in needed.items():
        if not isinstance(needs, list) or not needs:
            continue
        names = [name for need in needs for name in mapping(need)]
        chosen = chosen or next(iter(names), None)
        if len(needs) != 1 or names != [chosen]:
            yield (
                place,
                f"it names {', '.join(names) or 'nothing'}: name {chosen or 'a scheme'} alone, or write [] for everyone.",
            )
        elif chosen not in known:
            yield place, f"{chosen} is not among components.securitySchemes: describe it there."


def _parameters(document: Document, part: Part) -> list[tuple[str, object, object]]:
    """The place, name and `in` of each parameter of PART itself; one `$ref` is followed."""
    given = part.value.get("parameters")
    found = []
    for number, parameter in enumerate(given if isinstance(given, list) else []):
        shared = mapping(parameter).get("$ref")
        value = mapping(parameter if shared is None else target(document, str(shared)))
        if {"name", "in"} <= value.keys():
            found.append((part.place("parameters", str(number)), value["name"], value["in"]))
    return found
