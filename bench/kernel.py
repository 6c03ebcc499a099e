"""The official SDK doing the protocol inside a Flask process: imported by the first request that needs it."""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping, MutableMapping
from functools import partial
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from service.errors import ActionError
from service.mcp.tools import Tool

RunTool = Callable[[Tool, Mapping[str, Any], Any], Mapping[str, Any]]
"""What a tool answers to arguments, for what `Kernel.answer` was told of the caller. Raises `ActionError`."""
_SECONDS = 30


class Kernel:
    """The SDK's low-level server with TOOLS, each of which RUN runs, and its request handling on an event loop.

    The loop has a thread of its own, and a tool runs on a third one: as a2wsgi carries any ASGI application.
    """

    def __init__(self, name: str, version: str, instructions: str, tools: Mapping[str, Tool], run: RunTool) -> None:
        self._tools, self._run = tools, run
        self._listed = types.ListToolsResult(tools=[types.Tool.model_validate(tool.shown) for tool in tools.values()])
        server: Server[Any] = Server(
            name,
            version=version,
            instructions=instructions,
            # Else it lists all tools again for every call.
            get_tool_input_schema=lambda name: tools[name].shown["inputSchema"] if name in tools else None,
            on_list_tools=self._list,
            on_call_tool=self._call,
        )
        server.middleware.clear()  # OpenTelemetry's
        self._manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
        self._loop, ready = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=self._loop.run_until_complete, args=(self._serve(ready),), daemon=True).start()
        ready.wait(_SECONDS)

    def answer(self, headers: Mapping[str, str], body: bytes, caller: object) -> tuple[int, bytes]:
        """Status and body of the answer to a POST of BODY."""
        return asyncio.run_coroutine_threadsafe(self._handle(headers, body, caller), self._loop).result(_SECONDS)

    async def _serve(self, ready: threading.Event) -> None:
        async with self._manager.run():
            ready.set()
            await asyncio.Event().wait()

    async def _handle(self, headers: Mapping[str, str], body: bytes, caller: object) -> tuple[int, bytes]:
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/",
            "query_string": b"",
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
            "state": {"caller": caller},
        }
        parts: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[Any] = []

        async def receive() -> MutableMapping[str, Any]:
            return parts.pop() if parts else await asyncio.get_running_loop().create_future()

        async def send(message: Any) -> None:
            sent.append(message)

        await self._manager.handle_request(scope, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])

    async def _list(
        self, _context: ServerRequestContext[Any], _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return self._listed

    async def _call(
        self, context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        assert context.request is not None
        run = partial(self._run, self._tools[params.name], params.arguments or {}, context.request.state.caller)
        try:
            found = await asyncio.get_running_loop().run_in_executor(None, run)
        except ActionError as refused:
            return types.CallToolResult(content=[types.TextContent(type="text", text=refused.message)], is_error=True)
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)], structured_content=dict(found), is_error=False
        )
