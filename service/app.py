"""Wires the slices together, and nothing else."""

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from service.backends import Backends
from service.contract import Contract
from service.identity import routes as identity_routes
from service.oauth import routes as oauth_routes
from service.pages.consent import Consent
from service.pages.pages import Pages
from service.settings import Settings
from service.web import headers
from service.web import routes as web_routes
from service.web.errors import Errors


class _Json(DefaultJSONProvider):
    ensure_ascii = False
    sort_keys = False


def create_app(settings: Settings, backends: Backends) -> Flask:
    """The whole service as a WSGI application. Touches no backend until a request needs it."""
    app = Flask("service", static_folder=None)
    app.json = _Json(app)
    contract = Contract.load()
    pages = Pages(settings.app_name)
    app.register_blueprint(web_routes.blueprint(settings, contract, pages, backends))
    app.register_blueprint(oauth_routes.blueprint(settings, Consent(settings, contract, pages), backends))
    app.register_blueprint(identity_routes.blueprint(settings, backends))
    Errors(pages, settings.issuer, oauth_routes.DOORS).install(app)
    headers.install(app, https=settings.public_url.startswith("https://"))
    return app
