"""The least that gunicorn can serve with Flask: what a start is compared with."""

from flask import Flask

app = Flask("empty")


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
