"""`/__/auth/…` and `/__/firebase/init.json`: what the Firebase SDK expects on its `authDomain`, which is our host."""

from flask import Blueprint, Response, jsonify, request

from service.backends import Backends
from service.errors import ActionError
from service.identity.helper import FILES
from service.settings import Settings

# Firebase's own page, for itself; it must be framed by our consent page and by nobody else.
_HEADERS = {"Content-Security-Policy": "frame-ancestors 'self'", "X-Frame-Options": "SAMEORIGIN"}


def blueprint(settings: Settings, backends: Backends) -> Blueprint:
    identity = Blueprint("identity", __name__)

    @identity.get("/__/firebase/init.json")
    def init() -> Response:
        host = settings.public_url.partition("://")[2]
        return jsonify(apiKey=settings.firebase_api_key, authDomain=host, projectId=settings.project)

    # POST because Apple answers the handler by form_post.
    @identity.route("/__/auth/<file>", methods=["GET", "POST"])
    def helper(file: str) -> Response:
        if file not in FILES:
            raise ActionError(404, "not_found", "Firebase's sign-in helper has no such file.")
        query = request.query_string.decode("ascii", "ignore")
        body = request.get_data(cache=False)
        answer = backends.auth_helper.fetch(request.method, file, query, body, request.content_type or "")
        return Response(answer.body, answer.status, answer.headers | _HEADERS)

    return identity
