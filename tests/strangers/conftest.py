"""A world for an MCP client, and a client's own document on the web."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import world as worlds
from tests.conformance.test_fc_documents import HOST, Host, believe
from tests.sites import Authority, site
from tests.strangers.mcp_story import LOOPBACK, Story
from tests.strangers.transcript import Transcript


@pytest.fixture
def sign_in() -> str:
    """When somebody has to: a file's tests may say something else (MCP_SIGN_IN)."""
    return "when-needed"


@pytest.fixture
def story(sign_in: str) -> Iterator[Story]:
    transcript = Transcript()
    with worlds.world(around=transcript.around, mcp_sign_in=sign_in) as world:
        yield Story(world, transcript)


@pytest.fixture
def document(story: Story, tmp_path: Path) -> Iterator[str]:
    """The URL of a client's metadata document (CIMD), where the service of STORY finds it."""
    authority, host = Authority(tmp_path), Host()
    with site(authority.serve_as(HOST), host.answer) as host.served:
        host.document = {
            "client_id": host.url,
            "client_name": "A stranger",
            "redirect_uris": [LOOPBACK],
            "token_endpoint_auth_method": "none",
        }
        believe(story, authority)
        yield host.url
