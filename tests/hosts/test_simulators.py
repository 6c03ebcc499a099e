"""A host that takes anything proves nothing: each refuses what the real one refuses."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.hosts.chatgpt import ChatGPT
from tests.hosts.claude import Claude
from tests.hosts.host import PROTECTED_RESOURCE, SERVER, Host
from tests.hosts.internet import Internet
from tests.hosts.programs import ClaudeCode
from tests.hosts.wire import Change, Refused
from tests.mcp_client import HANDSHAKE, MODERN
from tests.world import World

METADATA = f"{PROTECTED_RESOURCE}/mcp"
GAME = [{"type": "noauth"}]


def having(**members: Any) -> Change:
    return lambda document: document | members


def without(*names: str) -> Change:
    return lambda document: {key: value for key, value in document.items() if key not in names}


def tools_having(**members: Any) -> Change:
    def change(body: dict[str, Any]) -> dict[str, Any]:
        return body | {"result": body["result"] | {"tools": [tool | members for tool in body["result"]["tools"]]}}

    return change


def result_having(**members: Any) -> Change:
    return lambda body: body | {"result": body["result"] | members}


@pytest.mark.parametrize(
    ("what", "change", "why"),
    [
        (METADATA, having(authorization_servers=["http://localhost:1"]), "cannot be reached"),
        (SERVER, lambda document: having(issuer=document["issuer"] + "/")(document), "the issuer is"),
        (SERVER, without("code_challenge_methods_supported"), "no PKCE"),
        (SERVER, having(token_endpoint_auth_methods_supported=["client_secret_basic"]), "in common"),
        (SERVER, without("client_id_metadata_document_supported", "registration_endpoint"), "no way to register"),
        ("callback", having(state="another"), "another state"),
        ("callback", having(iss="https://another.example"), "another issuer"),
        ("callback", without("iss"), "missing required issuer"),
        ("/token", without("refresh_token"), "ends by itself"),
        ("server/discover", result_having(supportedVersions=[HANDSHAKE]), "stalls in set-up"),
        ("server/discover", result_having(instructions="x" * 512 + "save it"), "never reads"),
        ("tools/list", tools_having(title=""), "no name, title"),
        ("tools/list", tools_having(annotations={"readOnlyHint": True}), "asks before every call"),
        ("tools/list", tools_having(securitySchemes=[]), "no securitySchemes"),
        ("tools/list", tools_having(description="x" * 20_000), "too long"),
        ("tools/list", tools_having(_meta={}), "no securitySchemes"),
        (
            "tools/list",
            tools_having(securitySchemes=GAME, _meta={"securitySchemes": GAME, "openai/profile": True}),
            "no profile",
        ),
    ],
)
def test_chatgpt_refuses(world: World, hosts: Internet, what: str, change: Change, why: str) -> None:
    host = ChatGPT(world, hosts, era=MODERN, changed={what: change})

    with pytest.raises(Refused, match=why):
        host.connect(world.person())


@pytest.mark.parametrize(
    ("what", "change", "why"),
    [
        (SERVER, having(issuer="https://another.example"), "the issuer is"),
        (SERVER, without("code_challenge_methods_supported"), "no PKCE"),
        ("/token", without("expires_in"), "ends by itself"),
        ("callback", having(iss="https://another.example"), "another issuer"),
    ],
)
@pytest.mark.parametrize("made", [Claude, ClaudeCode])
def test_claude_refuses(world: World, made: Callable[..., Host], what: str, change: Change, why: str) -> None:
    with pytest.raises(Refused, match=why):
        made(world, changed={what: change}).connect(world.person())


def test_claude_refuses_a_resource_that_was_not_typed(world: World) -> None:
    changed = {METADATA: lambda document: having(resource=document["resource"] + "/")(document)}

    with pytest.raises(Refused, match="typed was"):
        Claude(world, changed=changed).connect(world.person())


def test_claude_takes_a_server_that_opens_for_one_without_sign_in(world: World) -> None:
    host = Claude(world)
    host.name, host.user_agent = "nobody", "nobody"

    with pytest.raises(Refused, match="None: Detected"):
        host.connect(world.person())
