"""What clients find out by themselves (RFC 8414, RFC 9728, RFC 9207 section 3)."""

from collections.abc import Sequence
from typing import Any

from service.oauth.authorization import OFFLINE_ACCESS
from service.oauth.clients import AUTH_METHODS
from service.oauth.resources import Resources
from service.settings import Settings

AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server"
PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource"


def authorization_server(settings: Settings, scopes: Sequence[str]) -> dict[str, Any]:
    """RFC 8414 section 2. The issuer is the configured string, character for character."""
    base = settings.issuer
    metadata = {
        "issuer": base,
        "authorization_endpoint": f"{base}/authorization",
        "token_endpoint": f"{base}/token",
        "revocation_endpoint": f"{base}/revoke",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "scopes_supported": [*sorted(scopes), OFFLINE_ACCESS],
        "client_id_metadata_document_supported": settings.client_documents,
        "authorization_response_iss_parameter_supported": settings.iss_parameter,
        "service_documentation": f"{base}/",
    }
    if settings.dynamic_registration:
        metadata["registration_endpoint"] = f"{base}/register"
    return metadata


def protected_resource(settings: Settings, resources: Resources, path: str, scopes: Sequence[str]) -> dict[str, Any]:
    """RFC 9728 section 2, for the part of the service that lies below PATH."""
    return {
        "resource": resources.named(path),
        "resource_name": settings.app_name,
        "authorization_servers": [settings.issuer],
        "scopes_supported": sorted(scopes),
        "bearer_methods_supported": ["header"],
    }


def resource_metadata_url(resources: Resources, path: str) -> str:
    """Where the metadata of the part of the service is, below which PATH of a request lies (RFC 9728 section 3.1)."""
    return f"{resources.whole}{PROTECTED_RESOURCE}{resources.of(path)}"
