"""The MCP door: streamable HTTP at `/mcp`, without sessions. Any instance answers any request."""

import re
from functools import partial
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from service.audit import decided
from service.backends import Backends
from service.body import read_body
from service.contract import Contract
from service.errors import BearerError
from service.mcp.calls import Caller, Calls, Turn
from service.mcp.instructions import INSTRUCTIONS
from service.mcp.methods import CALL, Methods
from service.mcp.protocol import INVALID_REQUEST, Message, ProtocolError, decode, id_of, parse
from service.mcp.tools import tools
from service.oauth.metadata import resource_metadata_url
from service.oauth.resources import Resources
from service.oauth.throttle import network_of
from service.settings import Settings
from service.web.bearer import challenge

PATH = "/mcp"
DOORS = {PATH: "mcp"}
CORS = frozenset(("mcp.answer",))
_MOST_BYTES = 1_600_000  # the largest note, and what the protocol puts around it
_LOOPBACK = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")
_HOSTS = ("https://chatgpt.com", "https://chat.openai.com", "https://claude.ai", "https://claude.com")


def blueprint(settings: Settings, contract: Contract, resources: Resources, backends: Backends) -> Blueprint:
    door = Blueprint("mcp", __name__)
    methods = Methods("itsimple-mate", settings.app_name, contract.version, INSTRUCTIONS, tools(contract))
    calls = Calls(settings, tuple(sorted(contract.scopes)), PATH, resources, backends)
    metadata_url = resource_metadata_url(resources, PATH)

    @door.post(PATH)
    def answer() -> tuple[Response, int] | Response:
        body: dict[str, Any] = {}
        try:
            with decided("mcp", request.environ, settings.project) as decision:
                _check_headers(settings.public_url)
                body = decode(read_body(request.environ, _MOST_BYTES))
                g.json_rpc_id = id_of(body)
                message = parse(body, {name.lower(): value.strip() for name, value in request.headers})
                decision.event = f"mcp.{methods.known(message)}"
                if message.method != CALL:  # which follows, most often
                    backends.warm()
                caller = _caller()
                turn = Turn(message, caller, calls.admit(message, caller), decision)
                if message.is_notification:
                    return Response(status=202)
                result = methods.answer(message, partial(calls.call, turn))
        except ProtocolError as refused:
            return jsonify(_error(body, refused.code, refused.message, refused.data)), refused.status
        except BearerError as refused:
            return _challenged(refused, body, methods, message, metadata_url), refused.status
        return jsonify({"jsonrpc": "2.0", "id": id_of(body), "result": result}), 200

    if settings.openai_apps_challenge:
        shown = settings.openai_apps_challenge

        @door.get("/.well-known/openai-apps-challenge")
        def challenge_of_openai() -> Response:
            return Response(shown, content_type="text/plain; charset=utf-8")

    return door


def _caller() -> Caller:
    headers = request.headers
    agent = headers.get("User-Agent", "")
    return Caller(headers.get("Authorization"), agent, network_of(request.remote_addr))


def _challenged(
    refused: BearerError, body: dict[str, Any], methods: Methods, message: Message, metadata_url: str
) -> Response:
    """HTTP's challenge, as the specification wants it; of a tool also in its result, as ChatGPT reads it."""
    if message.method == CALL:
        told = BearerError(refused.status, refused.error or "invalid_token", refused.description, refused.scope)
        meta = {"mcp/www_authenticate": [challenge(told, metadata_url)]}
        result = {"content": [{"type": "text", "text": refused.description}], "isError": True, "_meta": meta}
        answer = {"jsonrpc": "2.0", "id": id_of(body), "result": methods.complete(message, result)}
    else:
        answer = _error(body, INVALID_REQUEST, refused.description)
    response: Response = jsonify(answer)
    response.headers["WWW-Authenticate"] = challenge(refused, metadata_url)
    return response


def _error(body: dict[str, Any], code: int, message: str, data: object = None) -> dict[str, Any]:
    error = {"code": code, "message": message} | ({"data": data} if data else {})
    return {"jsonrpc": "2.0", "id": id_of(body), "error": error}


def _check_headers(public_url: str) -> None:
    """What the transport wants of each POST. Raises `ProtocolError`."""
    origin = request.headers.get("Origin")
    if origin and origin not in (public_url, *_HOSTS) and not _LOOPBACK.fullmatch(origin):
        raise ProtocolError(INVALID_REQUEST, "A page of this origin may not call here.", status=403)
    if request.mimetype != "application/json":
        raise ProtocolError(INVALID_REQUEST, "Send the body as application/json.", status=415)
    if request.headers.get("Accept") and not request.accept_mimetypes["application/json"]:
        raise ProtocolError(INVALID_REQUEST, "Accept application/json: that is what is answered.", status=406)
