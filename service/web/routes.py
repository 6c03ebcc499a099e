"""The HTTP door: one route an operation, and the public documents."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify, request

from service.actions.operation import Answer, Call, Origin, PersonalOperation, PublicOperation
from service.actions.registry import OPERATIONS
from service.audit import decided
from service.backends import Backends
from service.body import read_body
from service.contract import Contract, OperationContract, versioned
from service.errors import BearerError, invalid_token
from service.identity.access import Use
from service.oauth.resources import Resources
from service.oauth.throttle import network_of
from service.pages.files import ENCODINGS
from service.pages.pages import Pages
from service.settings import Settings
from service.web.bearer import read_access
from service.web.pace import Pace
from service.web.readiness import Readiness
from service.web.sightings import Sightings

# 100,000 characters outside the basic plane, each escaped as two \uXXXX, and room for the rest.
_MOST_NOTE_BYTES = 1_500_000
_MOST_ORIGIN = 200

CORS = frozenset(
    ("web.openapi", *(f"web.{item.operation_id}" for item in OPERATIONS if isinstance(item, PublicOperation)))
)


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
        """Whether the process answers, and which revision it is of; asks nobody else."""
        return jsonify({"status": "ok"} | ({"revision": settings.revision} if settings.revision else {}))

    def read_key() -> object:
        return backends.keyring.current()  # connects on first use, so not before somebody asks

    readiness = Readiness({"firestore": backends.reach_store, "key": read_key})

    @web.get("/ready")
    def ready() -> tuple[Response, int]:
        """Whether what it depends on answers, with the service's own account."""
        missing = readiness.missing(backends.now())
        return (
            (jsonify({"status": "unavailable", "missing": missing}), 503)
            if missing
            else (jsonify({"status": "ok"}), 200)
        )

    @web.get("/openapi.yaml")
    def openapi() -> Response:
        headers = {"Cache-Control": "public, max-age=300"}
        return Response(published, content_type="application/yaml; charset=utf-8", headers=headers)

    @web.get("/assets/<digest>/<path:name>")
    def asset(digest: str, name: str) -> Response:
        return pages.file(digest, name, [each for each in ENCODINGS if request.accept_encodings[each] > 0])

    door = _Door(settings, resources, backends)
    for operation in OPERATIONS:
        described = contract.operations[operation.operation_id]
        view = (
            door.public(operation, described)
            if isinstance(operation, PublicOperation)
            else door.personal(operation, described)
        )
        rule = described.path.replace("{", "<").replace("}", ">")
        for path in (rule, versioned("<string(length=12):contract>") + rule):
            web.add_url_rule(path, operation.operation_id, view, methods=[described.method])
    return web


class _Door:
    """Makes the view of each operation."""

    def __init__(self, settings: Settings, resources: Resources, backends: Backends) -> None:
        self._settings, self._resources, self._backends = settings, resources, backends
        # One address may be all of ChatGPT.
        self._pace, self._public_pace = Pace(settings.calls_per_minute), Pace(10 * settings.calls_per_minute)
        self._sightings = Sightings()

    def personal(
        self, operation: PersonalOperation, described: OperationContract
    ) -> Callable[..., tuple[Response, int]]:
        def view(contract: str | None = None, **path: str) -> tuple[Response, int]:
            now = self._backends.now()
            with decided(operation.operation_id, request.environ, self._settings.project) as decision:
                decision.contract = contract = _digest(contract)
                authorization = request.headers.get("Authorization")
                access = read_access(authorization, described.scopes, described.path, self._resources, now)
                self._pace.count(access.token_path, now)
                arguments = _arguments(described, path)
                sighting = self._sightings.due(access, contract, operation.operation_id, now)
                call = Call(Use(access, now, sighting), arguments, _origin(), self._settings)
                try:
                    answer = operation.run(call, self._backends)
                except BearerError as ended:  # the store found out, and does not know what the operation needs
                    raise invalid_token(ended.reason, described.scopes) from None
                finally:
                    if sighting:
                        self._sightings.remember(access, sighting, now)
                # What the token says is true, now that it was proven.
                decision.client_id, decision.grant_id = access.client_id, access.grant_id
                decision.reason = f"status_{answer.status}"
            return _shown(answer)

        return view

    def public(self, operation: PublicOperation, described: OperationContract) -> Callable[..., tuple[Response, int]]:
        def view(contract: str | None = None, **path: str) -> tuple[Response, int]:
            with decided(operation.operation_id, request.environ, self._settings.project) as decision:
                decision.contract = _digest(contract)
                self._public_pace.count(network_of(request.remote_addr), self._backends.now())
                answer = operation.run(_arguments(described, path))
            return _shown(answer)

        return view


def _arguments(described: OperationContract, path: dict[str, str]) -> dict[str, object]:
    parameters = described.read_parameters(path, request.query_string)
    if not described.has_body:
        return parameters
    return parameters | described.read_body(read_body(request.environ, _MOST_NOTE_BYTES), request.content_type or "")


def _shown(answer: Answer) -> tuple[Response, int]:
    return jsonify(answer.body), answer.status


def _digest(contract: str | None) -> str | None:
    return contract if contract and set(contract) <= set("0123456789abcdef") else None


def _origin() -> Origin:
    """What ChatGPT says of a call. Its openai-ephemeral-user-id changes daily and names nobody: it is not read."""
    return Origin(_named("openai-conversation-id"), _named("openai-gpt-id"))


def _named(header: str) -> str | None:
    value = request.headers.get(header, "")
    return value if value.isprintable() and 0 < len(value) <= _MOST_ORIGIN else None
