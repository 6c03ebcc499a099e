"""Which message a body and its headers are, in both eras, and what is refused. Sections are of the specification."""

import base64
import json
from typing import Any

import pytest

from service.mcp.protocol import (
    HANDSHAKE,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    MODERN,
    PARSE_ERROR,
    UNSUPPORTED_VERSION,
    ProtocolError,
    decode,
    id_of,
    negotiate,
    parse,
)

UNUSABLE: list[Any] = [None, True, 1.5, [], {}]
VERSION, CAPABILITIES = "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"
META = {VERSION: MODERN, CAPABILITIES: {}}
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
CALL = LIST | {"method": "tools/call", "params": {"_meta": META, "name": "saveNote", "arguments": {}}}
LIST_HEADERS = {"mcp-protocol-version": MODERN, "mcp-method": "tools/list"}
CALL_HEADERS = {"mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "saveNote"}


def wrapped(text: str) -> str:
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


def refusal(body: Any, headers: dict[str, str]) -> ProtocolError:
    with pytest.raises(ProtocolError) as refused:
        parse(body, headers)
    return refused.value


@pytest.mark.parametrize("version", HANDSHAKE)
def test_a_version_of_the_handshake_era_is_taken_from_its_header(version: str) -> None:
    message = parse({"jsonrpc": "2.0", "id": "a", "method": "ping"}, {"mcp-protocol-version": version})

    assert (message.version, message.method) == (version, "ping")
    assert (message.is_modern, message.is_notification, dict(message.meta)) == (False, False, {})


def test_without_a_version_it_is_the_era_of_the_handshake() -> None:
    """2025-06-18, Transports: the server SHOULD assume 2025-03-26, whose messages are the same."""
    assert parse({"jsonrpc": "2.0", "id": 1, "method": "ping"}, {}).version == "2025-06-18"


def test_a_request_of_the_modern_era_says_all_twice() -> None:
    """2026-07-28, Transports: standard headers."""
    assert parse(LIST, LIST_HEADERS).is_modern
    assert parse(CALL, CALL_HEADERS).params["name"] == "saveNote"
    assert parse(CALL, CALL_HEADERS | {"mcp-name": wrapped("saveNote")}).is_modern


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"mcp-protocol-version": None}, HEADER_MISMATCH),
        ({"mcp-method": None}, HEADER_MISMATCH),
        ({"mcp-method": "TOOLS/CALL"}, HEADER_MISMATCH),
        ({"mcp-method": "tools/list"}, HEADER_MISMATCH),
        ({"mcp-name": None}, HEADER_MISMATCH),
        ({"mcp-name": "deleteNote"}, HEADER_MISMATCH),
        ({"mcp-name": wrapped("deleteNote")}, HEADER_MISMATCH),
        ({"mcp-name": "=?base64?!?="}, HEADER_MISMATCH),
        ({"mcp-name": "=?base64?/w==?="}, HEADER_MISMATCH),
        ({"mcp-protocol-version": "2027-01-01"}, HEADER_MISMATCH),
    ],
    ids=str,
)
def test_headers_that_say_otherwise_are_refused(change: dict[str, str | None], code: int) -> None:
    """2026-07-28, Transports: server validation of headers; 400 with -32020."""
    headers = {name: value for name, value in (CALL_HEADERS | change).items() if value is not None}

    refused = refusal(CALL, headers)

    assert (refused.code, refused.status) == (code, 400)


def test_an_unknown_version_is_told_which_are_known() -> None:
    """2026-07-28, Versioning: 400 with -32022 and both lists."""
    meta = META | {VERSION: "2099-01-01"}
    refused = refusal(LIST | {"params": {"_meta": meta}}, LIST_HEADERS | {"mcp-protocol-version": "2099-01-01"})

    assert (refused.code, refused.status) == (UNSUPPORTED_VERSION, 400)
    assert refused.data == {"supported": [MODERN, *HANDSHAKE], "requested": "2099-01-01"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (LIST | {"jsonrpc": "1.0"}, INVALID_REQUEST),
        ({"id": 1, "method": "ping"}, INVALID_REQUEST),
        (LIST | {"method": 7}, INVALID_REQUEST),
        ({"jsonrpc": "2.0", "id": 1, "result": {}}, INVALID_REQUEST),
        *((LIST | {"id": id_}, INVALID_REQUEST) for id_ in UNUSABLE),
        (LIST | {"params": []}, INVALID_PARAMS),
        (LIST | {"params": None}, INVALID_PARAMS),
        (LIST | {"params": {}}, INVALID_PARAMS),
        (LIST | {"params": {"_meta": 7}}, INVALID_PARAMS),
        (LIST | {"params": {"_meta": {VERSION: MODERN}}}, INVALID_PARAMS),
        (LIST | {"params": {"_meta": {CAPABILITIES: {}}}}, INVALID_PARAMS),
    ],
    ids=str,
)
def test_a_message_that_is_none_is_refused(body: dict[str, Any], code: int) -> None:
    """JSON-RPC 2.0 section 4; 2026-07-28, Base protocol: per-request fields."""
    refused = refusal(body, LIST_HEADERS)

    assert (refused.code, refused.status) == (code, 400)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        *((raw, PARSE_ERROR) for raw in (b"", b"{", b"\xff", b'{"a":1}}', b"[" * 100_000)),
        *((raw, INVALID_REQUEST) for raw in (b"[]", b"7", b'"a"', b"null", json.dumps([LIST, CALL]).encode())),
    ],
    ids=lambda raw: repr(raw)[:20],
)
def test_a_body_that_is_no_object_is_refused(raw: bytes, code: int) -> None:
    """JSON-RPC 2.0 section 5.1; a batch is none since 2025-06-18."""
    with pytest.raises(ProtocolError) as refused:
        decode(raw)

    assert (refused.value.code, refused.value.status) == (code, 400)


def test_a_notification_wants_no_answer() -> None:
    """JSON-RPC 2.0 section 4.1."""
    body = {"jsonrpc": "2.0", "method": "notifications/initialized"}

    assert parse(body, {"mcp-protocol-version": "2025-11-25"}).is_notification
    assert parse(body, {"mcp-protocol-version": MODERN}).is_notification
    assert refusal(body, {"mcp-protocol-version": "2099-01-01"}).code == UNSUPPORTED_VERSION


@pytest.mark.parametrize(
    ("body", "found"), [({"id": 7}, 7), ({"id": "a"}, "a"), ({"id": True}, None), ({}, None)], ids=str
)
def test_the_id_is_kept_for_every_answer(body: dict[str, Any], found: object) -> None:
    assert id_of(body) == found


@pytest.mark.parametrize(
    ("asked", "answered"),
    [*((known, known) for known in HANDSHAKE), ("1999-01-01", "2025-11-25"), (MODERN, "2025-11-25")],
)
def test_initialize_agrees_on_a_version(asked: str, answered: str) -> None:
    """2025-11-25, Lifecycle: version negotiation."""
    assert negotiate(asked) == answered
