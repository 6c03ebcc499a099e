"""What becomes of a host that the operator has left out of SELF_REGISTERED_REDIRECTS."""

from dataclasses import replace
from uuid import uuid4

import pytest

from scripts.verbs.journey import Assistant
from service.oauth.hosts import HOSTS
from tests.conformance.answers import refusal
from tests.hosts.chatgpt import STABLE
from tests.hosts.claude import AI, COM
from tests.hosts.internet import Internet
from tests.hosts.programs import CURSOR_APP, CURSOR_WEB
from tests.mcp_client import McpClient
from tests.world import PKCE, VERIFIER, Tokens, World, error_of, running

ADDRESSES = {
    "chatgpt": (
        *(STABLE, "https://chatgpt.com/connector/oauth/09QNletoUsmb"),
        "https://platform.openai.com/apps-manage/oauth",
    ),
    "claude": (AI, COM),
    "cursor": (CURSOR_APP, CURSOR_WEB),
    "loopback": ("http://localhost:53211/callback", "http://127.0.0.1:33418/"),
    "other": ("https://vscode.dev/redirect", "https://chatgpt.com/elsewhere"),
}
BOTH = "notes:read notes:write"
NOT_TAKEN = "returns to an address that is not allowed here. Whoever runs this service can allow it, or register"


def described(hosts: Internet, redirect_uri: str) -> Assistant:
    """A client that is known by its document, and new."""
    client_id = f"https://client.example/{uuid4().hex}.json"
    hosts.publish({"client_id": client_id, "client_name": "A client", "redirect_uris": [redirect_uri]})
    return Assistant(client_id, "", redirect_uri, BOTH)


def connected(world: World, client: Assistant) -> Tokens:
    code = world.code(client, world.person(), **PKCE)
    answer = world.exchange(client, code=code, code_verifier=VERIFIER)
    assert answer.status_code == 200, answer.text
    return Tokens(**answer.json())


@pytest.mark.parametrize(("host", "redirect_uri"), [(host, uri) for host in HOSTS for uri in ADDRESSES[host]])
def test_a_host_that_is_left_out(world: World, hosts: Internet, host: str, redirect_uri: str) -> None:
    """Nobody new comes from there by themselves; who is connected stays so, and who is registered connects."""
    registered = replace(world.newcomer(redirect_uris=[redirect_uri], token_endpoint_auth_method="none"), scope=BOTH)
    documented = described(hosts, redirect_uri)
    before = {client: connected(world, client) for client in (registered, documented)}
    left = frozenset(HOSTS) - {host}
    with running(world.project, public_url=world.service.url, self_registered_redirects=left) as service:
        later = hosts.reach(World(service, world.firebase, world.project))

        assert error_of(later.register(redirect_uris=[redirect_uri])) == (400, "invalid_redirect_uri")
        for client in (registered, documented):
            assert NOT_TAKEN in refusal(later.ask(client, **PKCE))
        unknown = described(hosts, redirect_uri)
        assert NOT_TAKEN in refusal(later.allow(unknown, later.person(), **PKCE))

        for client, tokens in before.items():
            renewed = later.refresh(client, tokens.refresh_token)
            bearer = Tokens(**renewed.json()).bearer
            saved = McpClient(later.service, bearer=bearer).call(
                "saveNote", title="Still here", content=client.client_id
            )
            assert saved["structuredContent"]["created"] is True

        static = replace(later.public_client("Static", redirect_uri), scope=BOTH)
        assert connected(later, static).token_type == "bearer"


@pytest.mark.parametrize("host", HOSTS)
def test_the_others_come_as_before(world: World, host: str) -> None:
    """Of several redirect URIs those are registered that are taken."""
    left = frozenset(HOSTS) - {host}
    everywhere = [uri for addresses in ADDRESSES.values() for uri in addresses]
    with running(world.project, public_url=world.service.url, self_registered_redirects=left) as service:
        answer = service.post("/register", json={"redirect_uris": everywhere})

    assert answer.status_code == 201
    assert answer.json()["redirect_uris"] == [uri for uri in everywhere if uri not in ADDRESSES[host]]
