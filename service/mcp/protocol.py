"""MCP over HTTP, both eras: one JSON-RPC message in, what it asks for out. Nothing is remembered between two of them.

The handshake era (2025-11-25 and before) opens with `initialize`. Since 2026-07-28 each request says in `_meta` which
version it speaks, and in headers what the body says too.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any, NoReturn

from service.errors import ServiceError
from service.record import record

MODERN = "2026-07-28"
HANDSHAKE = ("2025-11-25", "2025-06-18")
"""The newest first. The one before allowed several messages in one body, which nobody sends."""
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
_META = "io.modelcontextprotocol"
_VERSION, _CAPABILITIES = f"{_META}/protocolVersion", f"{_META}/clientCapabilities"
CLIENT_INFO = f"{_META}/clientInfo"
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ENCODED = re.compile(r"=\?base64\?(.*)\?=")

Id = str | int | None


class ProtocolError(ServiceError):
    """What is shown as a JSON-RPC error; STATUS is HTTP's."""

    def __init__(self, code: int, message: str, data: Mapping[str, Any] | None = None, status: int = 0) -> None:
        super().__init__(f"json_rpc_{code}")
        self.code, self.message, self.data = code, message, data
        self.status = status or (404 if code == METHOD_NOT_FOUND else 400)


@record
class Message:
    """One request, or a notification, which wants no answer. `version` is the revision that it speaks."""

    version: str
    method: str
    params: Mapping[str, Any] = field(repr=False)
    is_notification: bool

    @property
    def is_modern(self) -> bool:
        return self.version == MODERN

    @property
    def meta(self) -> Mapping[str, Any]:
        """What the client says beside its parameters."""
        found = self.params.get("_meta")
        return found if isinstance(found, Mapping) else {}


def decode(raw: bytes) -> dict[str, Any]:
    """The one JSON object that RAW is. Raises `ProtocolError`; a list of messages is none since 2025-06-18."""
    try:
        text = raw.decode("utf-8")
        del raw  # a note may be most of it: it need not be there three times
        body = json.loads(text, object_pairs_hook=_unrepeated, parse_constant=_no_number)
        if _SURROGATE.search(text):
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ProtocolError(
            PARSE_ERROR, "The body is not JSON in UTF-8, or has a member twice, or half a surrogate pair."
        ) from None
    if not isinstance(body, dict):
        raise ProtocolError(INVALID_REQUEST, "The body is not one JSON-RPC request or notification.")
    return body


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):  # readers differ in which one counts
        raise ValueError
    return members


def _no_number(_: str) -> NoReturn:
    raise ValueError  # NaN and Infinity are Python's, not JSON's


def id_of(body: Mapping[str, Any]) -> Id:
    """The id under which BODY wants its answer, if it is one that can be used."""
    found = body.get("id")
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None


def parse(body: Mapping[str, Any], headers: Mapping[str, str]) -> Message:
    """BODY as a message; HEADERS by their names in lower case. Raises `ProtocolError`."""
    method, params = body.get("method"), body.get("params", {})
    if body.get("jsonrpc") != "2.0" or not isinstance(method, str):
        raise ProtocolError(INVALID_REQUEST, 'A message has "jsonrpc": "2.0" and a method.')
    if "id" in body and id_of(body) is None:
        raise ProtocolError(INVALID_REQUEST, "id must be a string or an integer.")
    if not isinstance(params, dict):
        raise ProtocolError(INVALID_PARAMS, "params must be an object.")
    is_notification = "id" not in body
    version = headers.get("mcp-protocol-version")
    meta = params.get("_meta")
    says_its_version = isinstance(meta, dict) and _VERSION in meta
    if not says_its_version and version in (None, *HANDSHAKE):
        return Message(version or HANDSHAKE[-1], method, params, is_notification)
    if is_notification or not says_its_version:
        _check_version(version)
    if not is_notification:
        _check_modern(method, params, headers)
    return Message(MODERN, method, params, is_notification)


def _check_modern(method: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """The rungs in their order: what each request says of itself, that the headers agree, that the version is known."""
    meta = params.get("_meta")
    if not isinstance(meta, dict) or _VERSION not in meta or not isinstance(meta.get(_CAPABILITIES), dict):
        raise ProtocolError(INVALID_PARAMS, f"params._meta must have {_VERSION} and {_CAPABILITIES}.")
    if headers.get("mcp-protocol-version") != meta[_VERSION]:
        raise ProtocolError(HEADER_MISMATCH, "The header MCP-Protocol-Version must be the version in params._meta.")
    if headers.get("mcp-method") != method:
        raise ProtocolError(HEADER_MISMATCH, "The header Mcp-Method must be the method of the body.")
    named = params.get(_NAMED.get(method, ""))
    if named is not None and _decoded(headers.get("mcp-name")) != named:
        raise ProtocolError(HEADER_MISMATCH, f"The header Mcp-Name must be params.{_NAMED[method]}.")
    _check_version(meta[_VERSION])


def _check_version(version: str | None) -> None:
    if version != MODERN:
        data = {"supported": [MODERN, *HANDSHAKE], "requested": version}
        raise ProtocolError(UNSUPPORTED_VERSION, "This version of the protocol is not supported.", data)


def _decoded(value: str | None) -> str | None:
    """VALUE of a header, which may be wrapped in base64; None when the wrapping is broken."""
    wrapped = _ENCODED.fullmatch(value or "")
    if not wrapped:
        return value
    try:
        return base64.b64decode(wrapped[1], validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def negotiate(asked: str) -> str:
    """The version that answers `initialize`: the one ASKED for, or the newest of its era."""
    return asked if asked in HANDSHAKE else HANDSHAKE[0]
