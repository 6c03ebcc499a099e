"""The documents by which hosts describe themselves (CIMD), as they served them in September and October 2026."""

from typing import Any

CHATGPT: dict[str, Any] = {
    "client_id": "https://chatgpt.com/oauth/client.json",
    "client_uri": "https://chatgpt.com/",
    "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "client_name": "ChatGPT",
    "logo_uri": "https://persistent.oaistatic.com/sonic/misc/openai-logo.png",
    "token_endpoint_auth_signing_alg": "RS256",
    "jwks_uri": "https://chatgpt.com/oauth/jwks.json",
}
CLAUDE: dict[str, Any] = {
    "client_id": "https://claude.ai/oauth/mcp-oauth-client-metadata",
    "client_name": "Claude",
    "client_uri": "https://claude.ai",
    "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
    "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}
CLAUDE_CODE: dict[str, Any] = {
    "client_id": "https://claude.ai/oauth/claude-code-client-metadata",
    "client_name": "Claude Code",
    "client_uri": "https://claude.ai",
    "grant_types": ["authorization_code", "refresh_token"],
    "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}
CODEX: dict[str, Any] = {
    "client_id": "https://chatgpt.com/oauth/codex/client.json",
    "client_uri": "https://chatgpt.com/codex",
    "application_type": "native",
    "redirect_uris": ["http://127.0.0.1/callback", "http://localhost/callback"],
    "token_endpoint_auth_method": "none",
    "token_endpoint_auth_methods_supported": ["none"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "client_name": "Codex",
    "logo_uri": "https://persistent.oaistatic.com/sonic/misc/openai-logo.png",
}
VISUAL_STUDIO_CODE: dict[str, Any] = {
    "client_name": "Visual Studio Code",
    "logo_uri": "https://code.visualstudio.com/assets/branding/code-stable.png",
    "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
    "application_type": "native",
    "client_id": "https://vscode.dev/oauth/client-metadata.json",
    "client_uri": "https://vscode.dev/product",
    "redirect_uris": ["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
}


def chatgpt(callback_id: str) -> dict[str, Any]:
    """ChatGPT's for one connection, to a server that sends no `iss`."""
    return CHATGPT | {
        "client_id": f"https://chatgpt.com/oauth/{callback_id}/client.json",
        "redirect_uris": [f"https://chatgpt.com/connector/oauth/{callback_id}"],
        "response_types": ["code", "id_token"],
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
    }


def codex(callback_id: str) -> dict[str, Any]:
    """Codex's for one server that sends no `iss`; [unverified] beside its two addresses, which are Codex's own code's."""
    return CODEX | {
        "client_id": f"https://chatgpt.com/oauth/codex/{callback_id}/client.json",
        "redirect_uris": [f"http://127.0.0.1/callback/{callback_id}", f"http://localhost/callback/{callback_id}"],
    }
