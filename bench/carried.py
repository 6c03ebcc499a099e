"""The service with two more addresses: `/carried`, where the official SDK is the MCP door, and `/loaded`.

The SDK's door does no more than is needed to save: no Origin check, no pace for public tools, no `_meta`.
"""

import sys
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request

from service import main
from service.actions.operation import Call, Origin
from service.audit import decided
from service.body import read_body
from service.contract import Contract
from service.google_backends import GoogleBackends
from service.identity.access import Use
from service.mcp.instructions import INSTRUCTIONS
from service.mcp.routes import PATH
from service.mcp.tools import Tool, tools
from service.oauth.resources import Resources
from service.settings import Settings
from service.web.bearer import read_access
from service.web.pace import Pace

if TYPE_CHECKING:
    from bench.kernel import Kernel

_MOST_BYTES, _HEAD = 1_500_000, 100


class Carrier:
    """What stands before and behind the SDK: who calls, how often, what is logged; and the operation."""

    def __init__(self, settings: Settings, backends: GoogleBackends) -> None:
        self._settings, self._backends, self._contract = settings, backends, Contract.load()
        self._resources, self._pace = Resources(settings.public_url, {PATH: ()}), Pace(settings.calls_per_minute)

    def answer(self) -> Response:
        body, now, use = read_body(request.environ, _MOST_BYTES), self._backends.now(), None
        if authorization := request.headers.get("Authorization"):
            access = read_access(authorization, (), PATH, self._resources, now)
            self._pace.count(access.token_path, now)
            use = Use(access, now)
        if b"tools/call" not in body[:_HEAD]:
            self._backends.warm()
        with decided("mcp", request.environ, self._settings.project) as decision:
            status, answered = self._kernel().answer(dict(request.headers), body, use)
            decision.reason = f"status_{status}"
        return Response(answered, status, content_type="application/json")

    @cache  # noqa: B019  # there is one
    def _kernel(self) -> "Kernel":
        from bench.kernel import Kernel

        return Kernel("itsimple-mate", self._contract.version, INSTRUCTIONS, tools(self._contract), self._run)

    def _run(self, tool: Tool, arguments: Mapping[str, Any], use: Any) -> Mapping[str, Any]:
        checked = tool.contract.read_arguments(arguments)
        call = Call(use, checked, Origin(), self._settings)
        return tool.operation.run(call, self._backends).body  # type: ignore[call-arg, arg-type]  # none of them is public


def _extended(app: Flask, settings: Settings) -> Flask:
    app.add_url_rule("/carried", "carried", Carrier(settings, GoogleBackends(settings)).answer, methods=["POST"])
    app.add_url_rule("/loaded", "loaded", lambda: jsonify(len(sys.modules)))
    return app


_extended(main._app, main.settings)  # noqa: SLF001  # the service itself, not another one like it
app = main.app
