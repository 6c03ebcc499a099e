"""The importer's rules for operations and their parameters."""

import re

from scripts.verbs.importer.document import Document, Found, every, mapping, operations

_MOST_OPERATIONS = 30
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OPERATION_TEXT, _PARAMETER_TEXT = 300, 700
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
    """Each operation has `security`; an open one says `[]`."""
    for operation in operations(document):
        if not isinstance(operation.value.get("security"), list):
            yield (
                operation.place("security"),
                "there is none: name the scheme and its scopes, or write [] for everyone.",
            )


def there_is_one_auth_type(document: Document) -> Found:
    """All operations that need sign-in name the same one of `components.securitySchemes`, alone."""
    known = mapping(mapping(document.get("components")).get("securitySchemes"))
    chosen: str | None = None
    for operation in operations(document):
        needs = operation.value.get("security")
        if not isinstance(needs, list) or not needs:
            continue
        names = [name for need in needs for name in mapping(need)]
        chosen = chosen or next(iter(names), None)
        if len(needs) != 1 or names != [chosen]:
            yield (
                operation.place("security"),
                f"it names {', '.join(names) or 'nothing'}: name {chosen or 'a scheme'} alone, or write [] for everyone.",
            )
        elif chosen not in known:
            yield operation.place("security"), f"{chosen} is not among components.securitySchemes: describe it there."
