"""Whose a redirect URI is."""

import pytest

from service.oauth.clients import CURSOR_APP
from service.oauth.hosts import host_of


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("https://chatgpt.com/connector_platform_oauth_redirect", "chatgpt"),
        ("https://chatgpt.com/connector/oauth/aB3_x-9", "chatgpt"),
        ("https://chatgpt.com/connector/oauth/..", "other"),
        ("https://platform.openai.com/apps-manage/oauth", "chatgpt"),
        ("https://claude.ai/api/mcp/auth_callback", "claude"),
        ("https://claude.com/api/mcp/auth_callback", "claude"),
        (CURSOR_APP, "cursor"),
        ("https://www.cursor.com/agents/mcp/oauth/callback", "cursor"),
        ("http://localhost:8787/callback", "loopback"),
        ("http://127.0.0.1/callback", "loopback"),
        ("http://[::1]:33418/", "loopback"),
        ("https://localhost/callback", "other"),
        ("https://vscode.dev/redirect", "other"),
        ("https://chatgpt.com/connector_platform_oauth_redirect?x", "other"),
        ("https://chatgpt.com/connector/oauth/a/b", "other"),
        ("https://chatgpt.com/connector/oauth/", "other"),
        ("https://chatgpt.com/connector/oauth/a?next=https://evil.example", "other"),
        ("https://chatgpt.com.evil.example/connector/oauth/a", "other"),
        ("https://claude.ai/api/mcp/auth_callback/", "other"),
        ("https://evil.example/https://claude.ai/api/mcp/auth_callback", "other"),
    ],
)
def test_an_address_is_its_hosts_only_as_a_whole(uri: str, host: str) -> None:
    assert host_of(uri) == host
