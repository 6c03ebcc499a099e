"""What each method of the protocol answers. Tools are called by whom the door gives."""

from collections.abc import Callable, Mapping
from typing import Any

from service.mcp.protocol import HANDSHAKE, INVALID_PARAMS, METHOD_NOT_FOUND, MODERN, Message, ProtocolError, negotiate
from service.mcp.tools import Tool

Arguments = Mapping[str, Any]
CallTool = Callable[[Tool, Arguments], dict[str, Any]]
CALL = "tools/call"
_FRESH = 300_000  # milliseconds for which a list may be kept


class Methods:
    """The server that this service is: NAME and VERSION, INSTRUCTIONS for models, and TOOLS."""

    def __init__(self, name: str, title: str, version: str, instructions: str, tools: Mapping[str, Tool]) -> None:
        self._server = {"name": name, "title": title, "version": version}
        self._instructions, self._tools = instructions, tools
        shown = [tool.shown for tool in tools.values()]
        self._handshake: dict[str, Callable[[Message, CallTool], dict[str, Any]]] = {
            "initialize": self._initialize,
            "ping": lambda _message, _call: {},
            "tools/list": lambda _message, _call: {"tools": shown},
            CALL: self._call,
        }
        self._modern: dict[str, Callable[[Message, CallTool], dict[str, Any]]] = {
            "server/discover": self._discover,
            "tools/list": lambda _message, _call: {"tools": shown, "ttlMs": _FRESH, "cacheScope": "public"},
            CALL: self._call,
        }

    def answer(self, message: Message, call: CallTool) -> dict[str, Any]:
        """The result of MESSAGE, a request. Raises `ProtocolError`, and what CALL raises."""
        known = self._modern if message.is_modern else self._handshake
        if message.method not in known:
            raise _refusal(message, METHOD_NOT_FOUND, "There is no such method here.")
        return self.complete(message, known[message.method](message, call))

    def complete(self, message: Message, result: dict[str, Any]) -> dict[str, Any]:
        """RESULT with what each result of MESSAGE's era has."""
        if not message.is_modern:
            return result
        meta = {"io.modelcontextprotocol/serverInfo": self._server, **result.get("_meta", {})}
        return {"resultType": "complete", **result, "_meta": meta}

    def known(self, message: Message) -> str:
        """The method of MESSAGE, if it is one that there is: a word that may be logged."""
        known = self._modern.keys() | self._handshake.keys() | {"notifications/initialized", "notifications/cancelled"}
        return message.method if message.method in known else "unknown"

    def _initialize(self, message: Message, _call: CallTool) -> dict[str, Any]:
        if not isinstance(message.params.get("protocolVersion"), str):
            raise _refusal(message, INVALID_PARAMS, "protocolVersion must be a string.")
        return {
            "protocolVersion": negotiate(message.params["protocolVersion"]),
            "capabilities": {"tools": {}},
            "serverInfo": self._server,
            "instructions": self._instructions,
        }

    def _discover(self, _message: Message, _call: CallTool) -> dict[str, Any]:
        return {
            "supportedVersions": [MODERN, *HANDSHAKE],
            "capabilities": {"tools": {}},
            "instructions": self._instructions,
            "ttlMs": _FRESH,
            "cacheScope": "public",
        }

    def _call(self, message: Message, call: CallTool) -> dict[str, Any]:
        name, arguments = message.params.get("name"), message.params.get("arguments", {})
        tool = self._tools.get(name) if isinstance(name, str) else None
        if tool is None:
            raise _refusal(message, INVALID_PARAMS, "There is no such tool; tools/list has those that there are.")
        if not isinstance(arguments, dict):
            raise _refusal(message, INVALID_PARAMS, "arguments must be an object.")
        return call(tool, arguments)


def _refusal(message: Message, code: int, text: str) -> ProtocolError:
    """The era of the handshake answers a well-formed request by 200, whatever the answer is."""
    return ProtocolError(code, text, status=0 if message.is_modern else 200)
