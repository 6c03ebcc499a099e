"""The least that Flask can answer: a JSON object as large as a token answer, that is always the same."""

from flask import Request, Response, jsonify

_ANSWER = {
    "access_token": "a" * 210,
    "token_type": "bearer",
    "expires_in": 3600,
    "refresh_token": "r" * 56,
    "scope": "notes:write",
}


def handler(_request: Request) -> Response:
    return jsonify(_ANSWER)
