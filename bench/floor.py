"""The least that Flask can answer: a JSON object as large as a token answer, that is always the same."""

from flask import Flask, Response, jsonify

app = Flask("floor")

_ANSWER = {
    "access_token": "a" * 210,
    "token_type": "bearer",
    "expires_in": 3600,
    "refresh_token": "r" * 56,
    "scope": "notes:write",
}


@app.post("/")
def answer() -> Response:
    return jsonify(_ANSWER)
