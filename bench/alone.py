"""The service for gunicorn alone: the same handler, without functions-framework's application around it."""

from werkzeug.wrappers import Request

from service.main import handler

app = Request.application(handler)
