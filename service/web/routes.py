"""The HTTP door: one route an operation, and the public documents."""

from flask import Blueprint, Response, jsonify, request

from service.actions.operation import Call, PersonalOperation
from service.actions.registry import OPERATIONS
from service.audit import decided
from service.backends import Backends
from service.body import read_body
from service.contract import Contract, OperationContract
from service.errors import BearerError, invalid_token
from service.oauth.resources import Resources
from service.pages.pages import Pages
from service.settings import Settings
from service.web.bearer import read_access

# 100,000 characters outside the basic plane, each escaped as two \uXXXX, and room for the rest.
_MOST_NOTE_BYTES = 1_500_000
_MOST_CONVERSATION = 200


CORS = frozenset(("web.openapi",))


def blueprint(
    settings: Settings, contract: Contract, pages: Pages, resources: Resources, backends: Backends
) -> Blueprint:
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
        headers = {"Cache-Control": "public, max-age=300"}
        return Response(published, content_type="application/yaml; charset=utf-8", headers=headers)

    @web.get("/assets/<digest>/<path:name>")
    def asset(digest: str, name: str) -> Response:
        return pages.file(digest, name, gzip=request.accept_encodings["gzip"] > 0)

    for operation in OPERATIONS:
        _route(web, operation, contract.operations[operation.operation_id], settings.project, resources, backends)
    return web


def _route(  # noqa: PLR0913, PLR0917  # what one route is made of
    web: Blueprint,
    operation: PersonalOperation,
    contract: OperationContract,
    project: str,
    resources: Resources,
    backends: Backends,
) -> None:
    def view() -> tuple[Response, int]:
        now = backends.now()
        with decided(operation.operation_id, request.environ, project) as decision:
            access = read_access(request.headers.get("Authorization"), contract.scopes, request.path, resources, now)
            body = contract.check(read_body(request.environ, _MOST_NOTE_BYTES), request.content_type or "")
            try:
                answer = operation.run(Call(access, body, _conversation(), now), backends)
            except BearerError as ended:  # the commit found out, and does not know what the operation needs
                raise invalid_token(ended.reason, contract.scopes) from None
            decision.client_id, decision.grant_id = access.client_id, access.grant_id  # true, now that it was proven
            decision.reason = f"status_{answer.status}"
        return jsonify(answer.body), answer.status

    web.add_url_rule(contract.path, operation.operation_id, view, methods=[contract.method])


def _conversation() -> str | None:
    """ChatGPT's name for the conversation: provenance, and part of what makes two notes the same; never a permission."""
    conversation = request.headers.get("openai-conversation-id", "")
    return conversation if conversation.isprintable() and 0 < len(conversation) <= _MOST_CONVERSATION else None
