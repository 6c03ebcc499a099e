"""Section E of the required behaviours: what clients find out by themselves, one story a row."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import world as worlds
from tests.world import World

AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server"
PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource"
OIDC_SCOPES = {"openid", "profile", "email", "address", "phone"}


def read(world: World, path: str) -> dict[str, Any]:
    answer = world.service.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    found: dict[str, Any] = answer.json()
    return found


def test_e01_the_authorization_server_describes_itself(world: World) -> None:
    """E01 · RFC 8414 2, 3.3; MCP "Authorization Code Protection": the exact issuer, S256 alone, code alone, `none` too."""
    found = read(world, AUTHORIZATION_SERVER)

    assert found["issuer"] == world.service.url
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["response_types_supported"] == ["code"]
    methods = {"client_secret_basic", "client_secret_post", "none"}
    assert set(found["token_endpoint_auth_methods_supported"]) == methods


def test_e02_a_challenge_leads_to_the_resources_metadata(world: World) -> None:
    """E02 · RFC 9728 3.1, 3.3, 5.1: the challenge's URL and the root form name the resource, and the issuer exactly."""
    url = world.service.url
    header = world.service.post("/notes").headers["WWW-Authenticate"]
    (named,) = re.findall(r'resource_metadata="([^"]*)"', header)
    assert named == f"{url}{PROTECTED_RESOURCE}/notes"

    for path, resource in ((urlsplit(named).path, f"{url}/notes"), (PROTECTED_RESOURCE, url)):
        found = read(world, path)
        assert found["resource"] == resource
        assert found["authorization_servers"] == [url] == [read(world, AUTHORIZATION_SERVER)["issuer"]]


def test_e03_a_client_in_a_browser_reads_and_keeps_the_metadata(world: World) -> None:
    """E03 · OAuth 2.1 3.2; RFC 9700 2.6: metadata is readable from any origin, and kept for a while."""
    for path in (AUTHORIZATION_SERVER, PROTECTED_RESOURCE, f"{PROTECTED_RESOURCE}/notes"):
        answer = world.service.get(path, headers={"Origin": "https://client.example"})

        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert int(re.findall(r"\bmax-age=([0-9]+)", answer.headers["Cache-Control"])[0]) > 0
        assert "no-store" not in answer.headers["Cache-Control"]


def test_every_endpoint_in_the_metadata_is_there(world: World) -> None:
    found = read(world, AUTHORIZATION_SERVER)
    paths = {name: value.removeprefix(world.service.url) for name, value in found.items() if name.endswith("_endpoint")}

    assert paths == {
        "authorization_endpoint": "/authorization",
        "token_endpoint": "/token",
        "revocation_endpoint": "/revoke",
        "registration_endpoint": "/register",
    }
    assert world.service.get(paths.pop("authorization_endpoint")).status_code == 400
    for path in paths.values():
        assert world.service.post(path, data=b"").status_code == 400


def test_the_metadata_names_what_can_be_had_and_nothing_else(world: World) -> None:
    found = read(world, AUTHORIZATION_SERVER)

    methods = {"client_secret_basic", "client_secret_post", "none"}
    assert set(found["revocation_endpoint_auth_methods_supported"]) == methods
    assert set(found["scopes_supported"]) == {"notes:read", "notes:write", "offline_access"}
    assert found["client_id_metadata_document_supported"] is True
    assert found["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert not OIDC_SCOPES & set(found["scopes_supported"])
    assert "private_key_jwt" not in str(found)
    assert world.service.get("/.well-known/openid-configuration").status_code == 404


def test_what_is_switched_off_is_not_announced() -> None:
    with worlds.world(client_documents=False, dynamic_registration=False) as world:
        found = read(world, AUTHORIZATION_SERVER)

        assert found["client_id_metadata_document_supported"] is False
        assert "registration_endpoint" not in found
        assert world.register().status_code == 404


def test_offline_access_is_no_scope_of_a_resource(world: World) -> None:
    for path in (PROTECTED_RESOURCE, f"{PROTECTED_RESOURCE}/notes"):
        assert set(read(world, path)["scopes_supported"]) == {"notes:read", "notes:write"}
    assert "offline_access" not in world.service.post("/notes").headers["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["/other", "/notes/", "/notes/x", "/Notes"])
def test_what_is_no_resource_has_no_metadata(world: World, path: str) -> None:
    assert world.service.get(PROTECTED_RESOURCE + path).status_code == 404
