"""/privacy: a page for people, and the same as JSON for who asks for that."""

from functools import cache

from flask import Blueprint, Response, jsonify, request

from service.pages.pages import Pages
from service.privacy.policy import Policy, document, write_policy
from service.settings import Settings


def blueprint(settings: Settings, pages: Pages) -> Blueprint:
    room = Blueprint("privacy", __name__)

    @cache
    def policy() -> Policy:
        return write_policy(settings)

    @room.get("/privacy")
    def show() -> Response:
        response = jsonify(document(policy())) if _wants_json() else pages.show("privacy.html", privacy=policy())
        response.vary.add("Accept")
        return response

    return room


def _wants_json() -> bool:
    """Whether JSON is preferred to a page; who takes either gets the page (RFC 9110 section 12.5.1)."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return best == "application/json"
