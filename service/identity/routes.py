"""`/__/auth/…` and `/__/firebase/init.json`: what the Firebase SDK expects on its `authDomain`, which is our host."""

from flask import Blueprint, Response, jsonify, request

from service.backends import Backends
from service.body import read_body
from service.errors import ActionError
from service.identity.helper import FILES
from service.settings import Settings

# Firebase's own page, for itself; it must be framed by our consent page and by nobody else.
# It is also what runs in the sign-in popup: an opener policy would cut it off from the page that waits for it.
_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "unsafe-none",
}
_MOST_BYTES = 65_536


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
        body = read_body(request.environ, _MOST_BYTES)
        answer = backends.auth_helper.fetch(request.method, file, query, body, request.content_type or "")
        return Response(answer.body, answer.status, answer.headers | _HEADERS)

    return identity
