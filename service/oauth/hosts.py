"""Whose a redirect URI is: where assistants that nobody registered may take their answers is the operator's choice."""

import re
from urllib.parse import urlsplit

from service.oauth.clients import CURSOR_APP, LOOPBACK

HOSTS = ("chatgpt", "claude", "cursor", "loopback", "other")
"""`other` is every https address that is nobody's of them."""
_EXACT = {
    "https://chatgpt.com/connector_platform_oauth_redirect": "chatgpt",
    "https://platform.openai.com/apps-manage/oauth": "chatgpt",  # where a plugin is submitted
    "https://claude.ai/api/mcp/auth_callback": "claude",
    "https://claude.com/api/mcp/auth_callback": "claude",
    "https://www.cursor.com/agents/mcp/oauth/callback": "cursor",
    CURSOR_APP: "cursor",
}
# Where ChatGPT returns to when the server sends no `iss`: one address a connection.
_OF_A_CONNECTION = re.compile(r"https://chatgpt\.com/connector/oauth/[A-Za-z0-9_-]+")


def host_of(redirect_uri: str) -> str:
    """Which of `HOSTS` takes an answer at REDIRECT_URI, one that may be registered."""
    if redirect_uri in _EXACT:
        return _EXACT[redirect_uri]
    if _OF_A_CONNECTION.fullmatch(redirect_uri):
        return "chatgpt"
    parts = urlsplit(redirect_uri)
    return "loopback" if parts.scheme == "http" and parts.hostname in LOOPBACK else "other"
