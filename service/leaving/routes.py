"""/account, where a person takes their data with them or deletes it, and the same for programs: /me/export, /me/deletion."""

from flask import Blueprint, Response, jsonify, request

from service.audit import Decision, decided
from service.backends import Backends
from service.body import read_body
from service.errors import ActionError
from service.identity.id_token import verify_person
from service.leaving.deletion import check_confirmation, shown
from service.leaving.export import MOST_NOTES, parse_cursor, write_cursor, write_part
from service.pages.sign_in import SignInPages
from service.settings import Settings

DOORS = {"/account": "page"}
_MOST_BYTES = 1_000


def blueprint(settings: Settings, pages: SignInPages, backends: Backends) -> Blueprint:
    room = Blueprint("leaving", __name__)

    @room.get("/account")
    def page() -> Response:
        return pages.show("account.html")

    @room.get("/me/export")
    def export() -> Response:
        with decided("export", request.environ, settings.project) as decision:
            uid, after = _person(backends, decision), _after()
            headers = {} if after else {"Notes-Total": str(backends.leaving.count_notes(uid))}
            part = write_part(backends.leaving.notes(uid, after), MOST_NOTES)
            decision.notes = part.count
        headers |= {"Notes-In-Part": str(part.count)}
        headers |= {"Next-Cursor": write_cursor(part.last)} if part.last else {}
        headers |= {"Content-Disposition": 'attachment; filename="notes.zip"'}
        return Response(part.content, mimetype="application/zip", headers=headers)

    @room.post("/me/deletion")
    def delete() -> Response:
        with decided("deletion", request.environ, settings.project) as decision:
            uid = _person(backends, decision)
            check_confirmation(read_body(request.environ, _MOST_BYTES))
            deletion = backends.leaving.delete(uid, backends.now())
            decision.notes = deletion.deleted["notes"]
        return jsonify(shown(deletion))

    @room.get("/me/deletion")
    def show() -> Response:
        with decided("deletion.show", request.environ, settings.project) as decision:
            deletion = backends.leaving.find_deletion(_person(backends, decision), backends.now())
            if deletion is None:
                raise ActionError(404, "not_found", "No deletion was asked for, or its receipt is no longer kept.")
        return jsonify(shown(deletion))

    return room


def _person(backends: Backends, decision: Decision) -> str:
    return verify_person(request.headers.get("Authorization"), backends.identity, decision)


def _after() -> str | None:
    """The id after which the part begins; None at the beginning."""
    cursor = request.args.get("cursor")
    if not cursor:
        return None
    if (note_id := parse_cursor(cursor)) is None:
        raise ActionError(400, "invalid_request", "cursor: take it from the Next-Cursor header of the part before.")
    return note_id
