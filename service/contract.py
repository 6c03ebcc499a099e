"""`openapi.yaml`: what an operation accepts and which scopes it needs. What ChatGPT imports is what we enforce.

`python -m service.contract` keeps the document beside this file as JSON, which is read a hundred times as fast.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs

from service.errors import ActionError
from service.record import record

PATH = Path(__file__).resolve().parents[1] / "openapi.yaml"
PARSED = Path(__file__).with_suffix(".json")
_PLACEHOLDER = "https://mate.example.com"
_SERVER = f"servers:\n  - url: {_PLACEHOLDER}\n"
_METHODS = ("get", "put", "post", "patch", "delete")
_MOST_MESSAGE, _MOST_PARAMETERS = 300, 50
_WEB_ADDRESS = "^[Hh][Tt][Tt][Pp]"
_INTEGER = re.compile(r"-?[0-9]{1,15}", re.ASCII)


@record
class OperationContract:
    """One operation of the document. `scopes` is empty exactly when it needs no sign-in."""

    operation_id: str
    method: str
    path: str
    scopes: tuple[str, ...]
    parameters: Mapping[str, str]
    """The type of each, by name."""
    has_body: bool
    refusal: int
    """The status for parameters that are not as described: 422, with all that is wrong with each, where the document
    says so; else 400."""
    _parameter_schema: dict[str, Any]
    _body_schema: dict[str, Any]

    @cached_property
    def _parameters(self) -> Any:
        return _validator(self._parameter_schema)

    @cached_property
    def _body(self) -> Any:
        return _validator(self._body_schema)

    def read_parameters(self, path: Mapping[str, str], query: bytes) -> dict[str, Any]:
        """The parameters in PATH and QUERY as the document describes them. Raises `ActionError`.

        A public operation ignores what it does not know, as any web page does.
        """
        try:
            pairs = parse_qsl(
                query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
            )
        except ValueError:
            raise ActionError(400, "invalid_request", "The query of the address is too long, or not UTF-8.") from None
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name not in self.parameters:
                if not self.scopes:
                    continue
                known = ", ".join(self.parameters) or "none"
                raise ActionError(400, "invalid_request", f"A parameter is not known here. Known ones: {known}.")
            if name in found or name in path:
                raise ActionError(400, "invalid_request", f"{name} is there twice.")
            is_integer = self.parameters.get(name) == "integer" and _INTEGER.fullmatch(value)
            found[name] = int(value) if is_integer else value
        return self._check(self._parameters, {**found, **path}, "The query", self.refusal)

    def read_body(self, raw: bytes, content_type: str) -> dict[str, Any]:
        """RAW as the JSON object that this operation's request schema describes. Raises `ActionError`."""
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise ActionError(415, "unsupported_media_type", "Send the body as application/json.")
        try:
            body = json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
        except UnicodeDecodeError:
            raise ActionError(400, "invalid_json", "The body is not UTF-8.") from None
        except (ValueError, RecursionError):
            raise ActionError(400, "invalid_json", "The body is not valid JSON.") from None
        return self._check(self._body, body, "The body", 400)

    def read_arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """ARGUMENTS, the parameters and the fields of the body in one object, as described. Raises `ActionError`."""
        named = {
            name: int(value) if self.parameters.get(name) == "integer" and _is_whole(value) else value
            for name, value in arguments.items()
            if name in self.parameters or not self.has_body
        }
        rest = {name: value for name, value in arguments.items() if name not in named}
        checked = self._check(self._parameters, named, "The arguments", 400)
        return checked | (self._check(self._body, rest, "The arguments", 400) if self.has_body else {})

    def _check(self, validator: Any, found: Any, whole: str, status: int) -> dict[str, Any]:
        """FOUND if VALIDATOR agrees. What it says otherwise names the field and the rule, never the value."""
        try:
            errors = [] if validator.is_valid(found) else _errors(validator, found, all_of_them=status == 422)
        except UnicodeEncodeError:
            raise ActionError(400, "invalid_text", "The text has a lone surrogate: it is not Unicode text.") from None
        except ValueError:
            raise ActionError(400, "invalid_json", "The body is nested too deeply.") from None
        if errors:
            wrong = [(".".join(map(str, error.instance_path)) or whole, _explain(error)) for error in errors]
            message = ": ".join(wrong[0])[:_MOST_MESSAGE] + "."
            raise ActionError(status, "invalid_request", message, members=_detail(wrong) if status == 422 else None)
        return found  # type: ignore[no-any-return]  # the schema says that it is an object


class Contract:
    """The document as a whole."""

    def __init__(self, text: str) -> None:
        if text.count(_SERVER) != 1:
            raise ValueError(f"openapi.yaml must have exactly one server, {_PLACEHOLDER}.")
        self._text = text
        whole_digest = hashlib.sha256(text.encode()).hexdigest()
        self.digest = whole_digest[:12]
        """Twelve hexadecimal digits that name this version of the document."""
        self.document = document = _kept(whole_digest) or _parse(text)
        self.title: str = document["info"]["title"]
        self.version: str = document["info"]["version"]
        schemes = document["components"]["securitySchemes"].values()
        self.scopes: dict[str, str] = dict(
            item for scheme in schemes for item in scheme["flows"]["authorizationCode"]["scopes"].items()
        )
        self.operations = {
            operation["operationId"]: _operation(document, path, method, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if method in _METHODS
        }

    @classmethod
    @cache
    def load(cls) -> "Contract":
        """The document of this service, read once a process."""
        return cls(PATH.read_text(encoding="utf-8"))

    def published(self, public_url: str) -> str:
        """The document as YAML, for PUBLIC_URL: what `/openapi.yaml` serves.

        Its server is an address of this version alone (`versioned`), so that each call tells which version the caller
        has imported.
        """
        server = _SERVER.replace(_PLACEHOLDER, public_url + versioned(self.digest))
        return self._text.replace(_SERVER, server).replace(_PLACEHOLDER, public_url)


def versioned(digest: str) -> str:
    """The path below which operations are called by who has imported the version DIGEST."""
    return f"/at/{digest}"


def keep() -> None:
    """Write `PARSED` for the `openapi.yaml` of now."""
    text = PATH.read_text(encoding="utf-8")
    kept = {"digest": hashlib.sha256(text.encode()).hexdigest(), "document": _parse(text)}
    PARSED.write_text(json.dumps(kept), encoding="utf-8")


def _kept(digest: str) -> dict[str, Any] | None:
    """The document that was kept from the text of DIGEST, if it was."""
    with suppress(OSError, ValueError, LookupError, TypeError):  # absent, or anything but what `keep` writes
        kept = json.loads(PARSED.read_text(encoding="utf-8"))
        if kept["digest"] == digest:
            return kept["document"]  # type: ignore[no-any-return]  # `keep` wrote it
    return None


def _parse(text: str) -> dict[str, Any]:
    import yaml  # takes longer than all else here, and is not needed where `keep` has run

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # type: ignore[no-any-return]  # noqa: S506  # both are safe


def _operation(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> OperationContract:
    parameters = {parameter["name"]: parameter["schema"] for parameter in operation.get("parameters", ())}
    required = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter.get("required")]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    named = {"type": "object", "properties": parameters, "required": required, "additionalProperties": False}
    schemas = {"components": {"schemas": document["components"]["schemas"]}}
    return OperationContract(
        operation_id=operation["operationId"],
        method=method.upper(),
        path=path,
        scopes=tuple(scope for need in operation["security"] for names in need.values() for scope in names),
        parameters={name: schema["type"] for name, schema in parameters.items()},
        has_body=body is not None,
        refusal=422 if "422" in operation["responses"] else 400,
        _parameter_schema=named | schemas,
        _body_schema=(body or {}) | schemas,
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, float) and value.is_integer()  # an integer to JSON Schema, and not to Python


def _errors(validator: Any, found: Any, *, all_of_them: bool) -> list[Any]:
    """What is wrong with FOUND: the first thing, because a body can have a million; or everything, of a few parameters."""
    if all_of_them:
        return list(validator.iter_errors(found))
    try:
        validator.validate(found)
    except jsonschema_rs.ValidationError as first:
        return [first]
    return []


def _validator(schema: dict[str, Any]) -> Any:
    return jsonschema_rs.Draft202012Validator(schema, mask="this value")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ActionError(400, "invalid_json", "A field of the body is there twice.")
    return found


def _detail(wrong: list[tuple[str, str]]) -> dict[str, Any]:
    """What validation in Flask frameworks answers, for callers that know it from there."""
    query: dict[str, list[str]] = {}
    for name, what in wrong:
        query.setdefault(name, []).append(f"{what}.")
    return {"message": "Validation error", "detail": {"query": query}}


def _explain(error: Any) -> str:
    match error.kind.name:
        case "pattern" if error.kind.pattern.startswith(_WEB_ADDRESS):
            return "it is not a web address that begins with https:// or http://, names a host, and has no user name or password"
        case "pattern":
            return "this value has a character that is not allowed here (a control character), or nothing but spaces"
        case "enum":
            return "this value is none of " + ", ".join(f'"{option}"' for option in error.kind.options)
        case "additionalProperties":
            return "it has a field that is not known: " + ", ".join(sorted(error.kind.unexpected))
        case _:
            return str(error.message)


if __name__ == "__main__":
    keep()
