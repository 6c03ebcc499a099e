"""What a client's owner writes around the Python SDK. Importing it takes a second."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import anyio
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp_types import TextContent

from tests.strangers.mcp_story import LOOPBACK, NOTE, Story, query

_ABOUT = {
    "client_name": "A stranger",
    "redirect_uris": [LOOPBACK],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "none",
}


class Owner:
    """What a client's owner writes around the SDK: what it keeps, and how a person is asked."""

    def __init__(self, story: Story, held: tuple[str, dict[str, Any]] | None = None) -> None:
        """HELD is what it has from an earlier day, its id and its tokens."""
        self._story = story
        self.asked: list[dict[str, str]] = []
        self.client = OAuthClientInformationFull.model_validate({"client_id": held[0], **_ABOUT}) if held else None
        self.tokens = OAuthToken(**held[1]) if held else None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info

    async def ask(self, url: str) -> None:
        self.asked.append(query(url))
        self._answer = query(self._story.visit(url, self._story.ada))

    async def hear(self) -> AuthorizationCodeResult:
        return AuthorizationCodeResult(**self._answer)


def save_twice(story: Story, owner: Owner, mode: str, document: str | None) -> tuple[str, list[dict[str, Any]]]:
    """The version that is spoken, and the receipts of a note that is saved, and again when its token has expired."""
    metadata = OAuthClientMetadata.model_validate(_ABOUT)
    auth = OAuthClientProvider(story.url, metadata, owner, owner.ask, owner.hear, document)

    async def play() -> tuple[str, list[dict[str, Any]]]:
        async with (
            create_mcp_http_client(auth=auth) as http,
            Client(streamable_http_client(story.url, http_client=http), mode=mode) as client,
        ):
            first = await save(client)
            story.service.clock.move(timedelta(hours=2))
            return client.protocol_version, [first, await save(client)]

    with ThreadPoolExecutor(1) as thread:  # in this one the browser of another test can have its loop
        return thread.submit(anyio.run, play).result()


async def save(client: Client) -> dict[str, Any]:
    result = await client.call_tool("saveNote", NOTE)
    (text,) = result.content
    assert isinstance(text, TextContent)
    receipt: dict[str, Any] = json.loads(text.text)
    assert result.structured_content == receipt
    return receipt
