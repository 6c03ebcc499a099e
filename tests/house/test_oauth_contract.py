"""`docs/oauth.openapi.yaml` names every OAuth endpoint that the service has, and no other."""

import re
from typing import Any

import openapi_spec_validator
import yaml

from scripts.verbs.processes import ROOT
from service.app import create_app
from service.google_backends import GoogleBackends
from service.oauth.clients import AUTH_METHODS
from tests.world import World, settings

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "docs/oauth.openapi.yaml").read_text(encoding="utf-8"))
BLUEPRINTS = ("oauth", "authorization")


def endpoints_of_the_service() -> set[tuple[str, str]]:
    """Method and path of each, a path's variable parts written as OpenAPI does."""
    chosen = settings("demo-routes", "http://localhost:8080")
    rules = create_app(chosen, GoogleBackends(chosen)).url_map.iter_rules()
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in rules
        if rule.endpoint.startswith(tuple(f"{name}." for name in BLUEPRINTS))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_it_is_valid_openapi_3_1() -> None:
    openapi_spec_validator.validate(DOCUMENT)


def test_it_has_every_oauth_endpoint_and_no_other() -> None:
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert described == endpoints_of_the_service()
    assert ("POST", "/token") in described


def test_it_describes_everything_that_the_metadata_says(world: World) -> None:
    server = world.service.get("/.well-known/oauth-authorization-server").json()

    schemas = DOCUMENT["components"]["schemas"]
    assert server.keys() == schemas["AuthorizationServer"]["properties"].keys()
    assert schemas["AuthMethod"]["enum"] == list(AUTH_METHODS)
    endpoints = {
        address.removeprefix(world.service.url) for name, address in server.items() if name.endswith("_endpoint")
    }
    assert endpoints <= DOCUMENT["paths"].keys()
