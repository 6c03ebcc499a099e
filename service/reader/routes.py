"""/notes and /notes/{id} for people: their own notes, read and kept in order in the browser.

The page talks to Firestore itself, under firestore.rules, as the phone app does. Programs find the operations of
`openapi.yaml` at the same addresses.
"""

from flask import Blueprint, Response, request

from service.pages.sign_in import SignInPages
from service.reader.navigation import is_navigation
from service.settings import Settings

_SHARED = ("/notes", "/notes/<id>")
_FIRESTORE = "https://firestore.googleapis.com"


def blueprint(settings: Settings, pages: SignInPages) -> Blueprint:
    room = Blueprint("reader", __name__)
    emulator = f"http://{settings.firestore_emulator}" if settings.firestore_emulator else None
    firestore = {"database": settings.database, "emulator": settings.firestore_emulator}

    @room.before_app_request
    def show() -> Response | None:
        if not _is_shared() or not is_navigation(request.accept_mimetypes, request.headers.get("Authorization")):
            return None
        return pages.show("notes.html", connect=emulator or _FIRESTORE, firestore=firestore)

    @room.after_app_request
    def vary(response: Response) -> Response:
        if _is_shared():
            response.vary.update(("Accept", "Authorization"))
        return response

    return room


def _is_shared() -> bool:
    return request.method in ("GET", "HEAD") and request.url_rule is not None and request.url_rule.rule in _SHARED
