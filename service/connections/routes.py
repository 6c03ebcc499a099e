"""/connections, where a person sees and ends what is connected, and the same for the phone app: /me/connections."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.audit import Decision, decided
from service.backends import Backends
from service.connections.connections import Connection, list_connections, parse_connection_id
from service.errors import ActionError
from service.identity.id_token import verify_person
from service.pages.sign_in import SignInPages
from service.settings import Settings

DOORS = {"/connections": "page"}


def blueprint(settings: Settings, scopes: Mapping[str, str], pages: SignInPages, backends: Backends) -> Blueprint:
    """SCOPES has what each scope lets an assistant do, in words."""
    room = Blueprint("connections", __name__)

    @room.get("/connections")
    def page() -> Response:
        return pages.show("connections.html")

    @room.get("/me/connections")
    def show() -> Response:
        with decided("connections.list", request.environ, settings.project) as decision:
            uid = _person(backends, decision)
            found = list_connections(backends.connections.find_grants(uid), backends.now())
        return jsonify({"connections": [_shown(connection, scopes) for connection in found]})

    @room.delete("/me/connections/<connection_id>")
    def end(connection_id: str) -> Response:
        with decided("connections.end", request.environ, settings.project) as decision:
            uid = _person(backends, decision)
            client_id, is_deleting = _client_id(connection_id), _is_deleting_notes()
            if backends.connections.end(uid, client_id):
                decision.client_id = client_id  # one of ours: it had grants
            if not is_deleting:
                return Response(status=204)
            decision.notes = backends.connections.delete_notes(uid, client_id)
        return jsonify({"deletedNotes": decision.notes})

    return room


def _person(backends: Backends, decision: Decision) -> str:
    return verify_person(request.headers.get("Authorization"), backends.identity, decision)


def _client_id(connection_id: str) -> str:
    client_id = parse_connection_id(connection_id)
    if client_id is None:
        raise ActionError(
            400, "invalid_request", "This is not the id of a connection: take it from GET /me/connections."
        )
    return client_id


def _is_deleting_notes() -> bool:
    notes = request.args.getlist("notes")
    if notes not in ([], ["delete"]):
        raise ActionError(400, "invalid_request", "notes must be delete, or be left out to keep what was saved.")
    return bool(notes)


def _shown(connection: Connection, scopes: Mapping[str, str]) -> dict[str, Any]:
    known = sorted(connection.scope & scopes.keys())
    return {
        "id": connection.connection_id,
        "name": connection.name,
        "permissions": [scopes[scope] for scope in known],
        "scope": " ".join(known),
        "connectedAt": _time(connection.connected_at),
        "lastUsedAt": _time(connection.last_used_at),
        "notesSaved": connection.notes_saved,
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
