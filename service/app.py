"""Wires the slices together, and nothing else."""

from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule

from service.backends import Backends
from service.connections import routes as connections_routes
from service.contract import Contract
from service.docs import routes as docs_routes
from service.identity import routes as identity_routes
from service.leaving import routes as leaving_routes
from service.mcp import routes as mcp_routes
from service.oauth import authorization_routes
from service.oauth import routes as oauth_routes
from service.oauth.authorization_routes import AuthorizationEndpoint
from service.oauth.directory import Directory
from service.oauth.grants import Terms
from service.oauth.resources import Resources
from service.oauth.throttle import Throttle
from service.pages.consent import Consent
from service.pages.pages import Pages
from service.pages.sign_in import SignInPages
from service.privacy import routes as privacy_routes
from service.reader import routes as reader_routes
from service.settings import Settings
from service.web import headers
from service.web import routes as web_routes
from service.web.errors import Errors


class _Json(DefaultJSONProvider):
    ensure_ascii = False
    sort_keys = False


class _Route(Rule):
    """Werkzeug compiles two functions for each route at the start, for `url_for`, which nothing here calls."""

    def _compile_builder(self, append_unknown: bool = True) -> Any:  # noqa: FBT001, FBT002  # werkzeug's; nothing public leaves them out
        compiled = super()._compile_builder

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            return compiled(append_unknown)(rule, **values)

        return build


def create_app(settings: Settings, backends: Backends) -> Flask:
    """The whole service as a WSGI application. Touches no backend until a request needs it."""
    app = Flask("service", static_folder=None)
    app.json = _Json(app)
    app.url_rule_class = _Route
    # Only what the operator's own proxies wrote is believed about where a request comes from.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0)  # type: ignore[method-assign]  # Flask's way
    contract, throttle = Contract.load(), Throttle()
    scopes = frozenset(contract.scopes)
    personal = {"/" + item.path.split("/")[1] for item in contract.operations.values() if item.scopes}
    # One for all operations, or who connects for notes could not search.
    resources = Resources(settings.public_url, {"/notes": personal, mcp_routes.PATH: ()})
    terms = Terms(
        code=settings.code_lifetime,
        access_token=settings.access_token_lifetime,
        refresh_token=settings.refresh_token_lifetime,
        grace=settings.refresh_grace,
        resources=resources,
    )
    pages = Pages(settings.app_name)
    sign_in_pages = SignInPages(settings, pages)
    consent = Consent(contract, sign_in_pages)
    directory = Directory(backends, scopes, throttle, documents=settings.client_documents)
    endpoint = AuthorizationEndpoint(settings, consent, terms, directory, backends)
    for blueprint in (
        web_routes.blueprint(settings, contract, pages, resources, backends),
        authorization_routes.blueprint(settings, endpoint, throttle, backends),
        oauth_routes.blueprint(settings, scopes, terms, throttle, backends),
        connections_routes.blueprint(settings, contract.scopes, sign_in_pages, backends),
        leaving_routes.blueprint(settings, sign_in_pages, backends),
        docs_routes.blueprint(settings, contract, pages, sign_in_pages, backends),
        identity_routes.blueprint(settings, backends),
        privacy_routes.blueprint(settings, pages),
        reader_routes.blueprint(settings, sign_in_pages),
        mcp_routes.blueprint(settings, contract, resources, backends),
    ):
        app.register_blueprint(blueprint)
    rooms = oauth_routes, authorization_routes, connections_routes, leaving_routes, docs_routes, mcp_routes
    doors = {path: door for room in rooms for path, door in room.DOORS.items()}
    Errors(pages, settings.iss, resources, doors).install(app)
    cors = oauth_routes.CORS | web_routes.CORS | mcp_routes.CORS
    headers.install(app, https=settings.public_url.startswith("https://"), cors=cors)
    return app
