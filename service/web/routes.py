"""The HTTP door: one route an operation, and the public documents."""

from flask import Blueprint, Response, jsonify, request

from service.actions.operation import Call, PersonalOperation
from service.actions.registry import OPERATIONS
from service.backends import Backends
from service.body import read_body
from service.contract import Contract, OperationContract
from service.pages.pages import Pages
from service.settings import Settings
from service.web.bearer import read_access

# 100,000 characters outside the basic plane, each escaped as two \uXXXX, and room for the rest.
_MOST_NOTE_BYTES = 1_500_000
_MOST_CONVERSATION = 200


def blueprint(settings: Settings, contract: Contract, pages: Pages, backends: Backends) -> Blueprint:
    web = Blueprint("web", __name__)
    published = contract.published(settings.public_url).encode()

    @web.get("/")
    def home() -> Response:
        return pages.show("home.html", title=contract.title, version=contract.version)

    @web.get("/health")
    def health() -> Response:
        """Whether the process answers; asks nobody else."""
        return jsonify({"status": "ok"})

    @web.get("/openapi.yaml")
    def openapi() -> Response:
        headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
        return Response(published, content_type="application/yaml; charset=utf-8", headers=headers)

    @web.get("/assets/<digest>/<path:name>")
    def asset(digest: str, name: str) -> Response:
        return pages.file(digest, name, gzip=request.accept_encodings["gzip"] > 0)

    for operation in OPERATIONS:
        _route(web, operation, contract.operations[operation.operation_id], backends)
    return web


def _route(web: Blueprint, operation: PersonalOperation, contract: OperationContract, backends: Backends) -> None:
    def view() -> tuple[Response, int]:
        now = backends.now()
        access = read_access(request.headers.get("Authorization"), contract.scopes, now)
        body = contract.check(read_body(request.environ, _MOST_NOTE_BYTES), request.content_type or "")
        answer = operation.run(Call(access, body, _conversation(), now), backends)
        return jsonify(answer.body), answer.status

    web.add_url_rule(contract.path, operation.operation_id, view, methods=[contract.method])


def _conversation() -> str | None:
    """ChatGPT's name for the conversation: provenance, and part of what makes two notes the same; never a permission."""
    conversation = request.headers.get("openai-conversation-id", "")
    return conversation if conversation.isprintable() and 0 < len(conversation) <= _MOST_CONVERSATION else None
