"""The operations as MCP's tools: names, arguments, descriptions and scopes are those of `openapi.yaml`."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any

from service.actions.operation import Answer, Operation
from service.actions.registry import OPERATIONS
from service.contract import Contract, OperationContract
from service.errors import ActionError
from service.mcp import shapes
from service.mcp.shapes import Run
from service.record import record

_REF = "#/components/schemas/"


def as_it_is(run: Run, arguments: Mapping[str, Any]) -> Answer:
    return run(arguments)


@record
class Tool:
    """One operation, and how `tools/list` shows it."""

    name: str
    operation: Operation
    contract: OperationContract
    shown: Mapping[str, Any] = field(repr=False)
    answer: Callable[[Run, Mapping[str, Any]], Answer] = as_it_is
    """What the operation's RUN makes of checked arguments, in the shape of the tool."""

    def read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """ARGUMENTS as `tools/list` describes them. Raises `ActionError`."""
        if self.shown["inputSchema"]["properties"].keys() >= arguments.keys():
            return self.contract.read_arguments(arguments)
        known = ", ".join(self.shown["inputSchema"]["properties"]) or "none"
        raise ActionError(400, "invalid_request", f"An argument is not known here. Known ones: {known}.")


@record
class _Adapted:
    """What a host lays down: the operation behind it, its arguments, and the shape of its answer."""

    of: str
    only: tuple[str, ...]
    output: Mapping[str, Any]
    answer: Callable[[Run, Mapping[str, Any]], Answer]
    meta: Mapping[str, Any] = field(default_factory=dict)


_ADAPTED = {
    "search": _Adapted("searchNotes", ("query",), shapes.FOUND, shapes.search),
    "fetch": _Adapted("getNote", ("id",), shapes.FETCHED, shapes.fetch),
    "getProfile": _Adapted("getProfile", (), shapes.PROFILE, shapes.profile, {"openai/profile": True}),
}


def tools(contract: Contract) -> dict[str, Tool]:
    """Every operation as a tool, by name, in the order of the registry."""
    described = {
        operation["operationId"]: operation
        for methods in contract.document["paths"].values()
        for operation in methods.values()
        if "operationId" in operation
    }
    schemas = contract.document["components"]["schemas"]
    made = {
        operation.operation_id: Tool(
            operation.operation_id,
            operation,
            contract.operations[operation.operation_id],
            _shown(described[operation.operation_id], contract.operations[operation.operation_id], schemas),
        )
        for operation in OPERATIONS
    }
    return made | {name: _adapt(made[adapted.of], name, adapted) for name, adapted in _ADAPTED.items()}


def _adapt(tool: Tool, name: str, adapted: _Adapted) -> Tool:
    taken = tool.shown["inputSchema"]
    arguments = {
        **taken,
        "properties": {key: taken["properties"][key] for key in adapted.only},
        "required": [key for key in taken["required"] if key in adapted.only],
    }
    meta = {**tool.shown["_meta"], **adapted.meta}
    shown = {**tool.shown, "name": name, "inputSchema": arguments, "outputSchema": adapted.output, "_meta": meta}
    return replace(tool, name=name, shown=shown, answer=adapted.answer)


def _shown(described: Mapping[str, Any], contract: OperationContract, schemas: Mapping[str, Any]) -> dict[str, Any]:
    is_reading = contract.method == "GET"
    needs = [{"type": "oauth2", "scopes": list(contract.scopes)}] if contract.scopes else [{"type": "noauth"}]
    return {
        "name": contract.operation_id,
        "title": described["summary"],
        "description": described["description"],
        "inputSchema": _inlined(_input(described, schemas), schemas),
        "outputSchema": _inlined(_output(described), schemas),
        "annotations": {
            "title": described["summary"],
            "readOnlyHint": is_reading,
            "destructiveHint": bool(described.get("x-openai-isConsequential", not is_reading)),
            "idempotentHint": described.get("x-idempotent", True),  # a repeated call meets its own first result
            "openWorldHint": described.get("x-openWorld", False),
        },
        "securitySchemes": needs,
        "_meta": {"securitySchemes": needs},
    }


def _input(described: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters and the fields of the body as the properties of one object."""
    parameters = described.get("parameters", ())
    body = _inlined(_json(described.get("requestBody", {})), schemas)
    return {
        "type": "object",
        "properties": {
            **{item["name"]: {**item["schema"], "description": item["description"]} for item in parameters},
            **body.get("properties", {}),
        },
        "required": [*(item["name"] for item in parameters if item.get("required")), *body.get("required", ())],
        "additionalProperties": False,
    }


def _output(described: Mapping[str, Any]) -> dict[str, Any]:
    (first, *_) = (answer for status, answer in described["responses"].items() if status.startswith("2"))
    return _json(first)


def _json(part: Mapping[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = part.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _inlined(part: Any, schemas: Mapping[str, Any]) -> Any:
    """PART with each schema that it refers to in the place of the reference: not every client follows them."""
    if isinstance(part, dict):
        if "$ref" in part:
            return _inlined(schemas[part["$ref"].removeprefix(_REF)], schemas)
        return {key: _inlined(value, schemas) for key, value in part.items()}
    return [_inlined(item, schemas) for item in part] if isinstance(part, list) else part
