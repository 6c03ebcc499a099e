"""`openapi.yaml`: what an operation accepts and which scopes it needs. What ChatGPT imports is what we enforce."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from service.errors import ActionError

PATH = Path(__file__).resolve().parents[1] / "openapi.yaml"
_PLACEHOLDER = "https://mate.example.com"
_METHODS = ("get", "put", "post", "patch", "delete")
_MOST_MESSAGE = 300


@dataclass(frozen=True)
class OperationContract:
    """One operation of the document. `scopes` is empty exactly when it needs no sign-in."""

    operation_id: str
    method: str
    path: str
    scopes: tuple[str, ...]
    _validator: Any

    def check(self, raw: bytes, content_type: str) -> Mapping[str, Any]:
        """RAW as the JSON object that this operation's request schema describes. Raises `ActionError`.

        Its messages name the field and the rule, never the value.
        """
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise ActionError(415, "unsupported_media_type", "Send the body as application/json.")
        try:
            body = json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
        except UnicodeDecodeError:
            raise ActionError(400, "invalid_json", "The body is not UTF-8.") from None
        except (ValueError, RecursionError):
            raise ActionError(400, "invalid_json", "The body is not valid JSON.") from None
        self._check_schema(body)
        return body  # type: ignore[no-any-return]  # the schema says that it is an object

    def _check_schema(self, body: Any) -> None:
        try:
            error = next(iter(self._validator.iter_errors(body)), None)
        except UnicodeEncodeError:
            raise ActionError(400, "invalid_text", "The text has a lone surrogate: it is not Unicode text.") from None
        except ValueError:
            raise ActionError(400, "invalid_json", "The body is nested too deeply.") from None
        if error is not None:
            raise ActionError(400, "invalid_request", _explain(error))


class Contract:
    """The document as a whole."""

    def __init__(self, text: str) -> None:
        self._text = text
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
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
    def load(cls) -> "Contract":
        return cls(PATH.read_text(encoding="utf-8"))

    def published(self, public_url: str) -> str:
        """The document as YAML with PUBLIC_URL as its server: what `/openapi.yaml` serves."""
        return self._text.replace(_PLACEHOLDER, public_url)


def _operation(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> OperationContract:
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    validator = jsonschema_rs.Draft202012Validator(
        schema | {"components": {"schemas": document["components"]["schemas"]}}, mask="this value"
    )
    scopes = tuple(scope for requirement in operation["security"] for names in requirement.values() for scope in names)
    return OperationContract(operation["operationId"], method.upper(), path, scopes, validator)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ActionError(400, "invalid_json", "A field of the body is there twice.")
    return found


def _explain(error: Any) -> str:
    where = ".".join(str(step) for step in error.instance_path) or "The body"
    what = error.message
    if error.kind.name == "pattern":
        what = "this value has a character that is not allowed here (a control character), or nothing but spaces"
    elif error.kind.name == "additionalProperties":
        what = "it has a field that is not known: " + ", ".join(sorted(error.kind.unexpected))
    return f"{where}: {what}"[:_MOST_MESSAGE] + "."
