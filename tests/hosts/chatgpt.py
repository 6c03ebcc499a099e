"""ChatGPT as an MCP client: plugins and connectors at chatgpt.com."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import requests

from scripts.verbs.journey import Assistant
from tests.hosts import client_documents
from tests.hosts.client_documents import CHATGPT
from tests.hosts.host import PROTECTED_RESOURCE, Host
from tests.hosts.internet import Internet
from tests.hosts.wire import Change, Refused, SignInNeeded, parse_challenge
from tests.mcp_client import MODERN
from tests.world import World

STABLE = "https://chatgpt.com/connector_platform_oauth_redirect"
_HINTS = {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}
_MOST_OF_A_TOOL = 20_000  # characters: 5000 tokens


class ChatGPT(Host):
    """By developers.openai.com/plugins/build/auth.md and /apps-sdk/reference; where else from, a comment says.

    METADATA_FROM is where it finds the resource metadata: "challenge", or a well-known address, "path" or "root".
    """

    name = "openai-mcp"
    user_agent = "openai-mcp/1.0.0"  # openai/openai-apps-sdk-examples issue 201
    meta_of_calls: Mapping[str, Any]

    def __init__(
        self,
        world: World,
        hosts: Internet,
        *,
        era: str = MODERN,
        metadata_from: str = "challenge",
        changed: Mapping[str, Change] | None = None,
    ) -> None:
        super().__init__(world, changed=changed)
        self.protocol = era
        self._metadata_from = metadata_from
        self.static: Assistant | None = None
        """The credentials that its person has typed in."""
        self.callback_id = secrets.token_urlsafe(9)  # 12 characters
        hosts.publish(client_documents.chatgpt(self.callback_id))
        self.registered: Assistant | None = None
        # As a public repository's fixtures have it of September 2026, with other values.
        self.meta_of_calls = {
            "timezone": f"Europe/{secrets.token_hex(8)}",
            "openai/locale": f"en-{secrets.token_hex(8)}",
            "openai/session": f"v1/{secrets.token_urlsafe(24)}",
            "openai/subject": f"v1/{secrets.token_urlsafe(24)}",
            "openai/organization": f"v1/{secrets.token_urlsafe(24)}",
            "openai/userAgent": f"Mozilla/5.0 (Macintosh) {secrets.token_hex(8)}",
            "openai/userLocation": {
                "city": f"Graz {secrets.token_hex(8)}",
                "region": f"Steiermark {secrets.token_hex(8)}",
                "country": "AT",
                "timezone": "Europe/Vienna",
                "longitude": f"15.4{secrets.randbelow(10**9):09}",
                "latitude": f"47.0{secrets.randbelow(10**9):09}",
            },
        }

    @property
    def meta(self) -> dict[str, Any]:
        capabilities = {
            "extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}},
            "experimental": {"openai/visibility": {"enabled": True}},
        }
        own = {"io.modelcontextprotocol/clientCapabilities": capabilities} if self.protocol == MODERN else {}
        return {**super().meta, **own, **self.meta_of_calls}

    def knock(self) -> dict[str, str]:
        challenge = super().knock()
        return challenge if self._metadata_from == "challenge" else {}

    def opened(self, result: dict[str, Any]) -> None:
        # kagura-ai/memory-cloud issue 1544: it does not fall back, once the server knows server/discover.
        if self.protocol == MODERN and MODERN not in result["supportedVersions"]:
            raise Refused("stalls in set-up: server/discover lists no modern version")
        super().opened(result)
        if "save it" not in result["instructions"][:512]:
            raise Refused("the model never reads that it should save")

    def well_known(self) -> str:
        parts = urlsplit(self.url)
        path = parts.path if self._metadata_from == "path" else ""
        return f"{parts.scheme}://{parts.netloc}{PROTECTED_RESOURCE}{path}"

    def scopes(self, challenge: Mapping[str, str], found: Mapping[str, Any]) -> list[str]:
        schemes = (scheme for tool in self.tools.values() for scheme in tool["securitySchemes"])
        return super().scopes(challenge, found) + [scope for one in schemes for scope in one.get("scopes", ())]

    @property
    def _is_issuer_named(self) -> bool:
        return bool(self.server.get("authorization_response_iss_parameter_supported"))

    def redirect(self) -> str:
        return STABLE if self._is_issuer_named else f"https://chatgpt.com/connector/oauth/{self.callback_id}"

    def identify(self) -> Assistant:
        if self.static:
            return self.static
        own = CHATGPT if self._is_issuer_named else client_documents.chatgpt(self.callback_id)
        self.document_id = own["client_id"]
        methods = set(own["token_endpoint_auth_methods_supported"])
        if not methods & set(self.server["token_endpoint_auth_methods_supported"]):
            raise Refused("no way to authenticate in common")
        if not self.server.get("client_id_metadata_document_supported"):
            self.registered = self.registered or self.register()  # once for each connection
            return self.registered
        return super().identify()

    def registration(self) -> dict[str, Any]:
        """[unverified] beside the name and the redirect URI."""
        return super().registration() | {"client_name": "ChatGPT", "application_type": "web"}

    def list_tools(self) -> None:
        super().list_tools()
        for tool in self.tools.values():
            check(tool)
        profiles = [tool for tool in self.tools.values() if tool["_meta"].get("openai/profile")]
        if len(profiles) > 1:
            raise Refused("more than one profile")

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = super().call(tool, **arguments)
        if result.get("isError"):
            self.relink(tool, result)
            return result
        found = result["structuredContent"]
        jsonschema_rs.Draft202012Validator(self.tools[tool]["outputSchema"]).validate(found)
        if json.loads(result["content"][0]["text"]) != found or "null" in re.sub(
            r'"(\\.|[^"\\])*"', "", json.dumps(found)
        ):
            raise Refused("text and structure differ, or a null")
        return result

    def relink(self, tool: str, result: dict[str, Any]) -> None:
        """Ask for sign-in by an error's RESULT, where the tool says that it needs one."""
        needs = {scheme["type"] for scheme in self.tools[tool]["securitySchemes"]}
        for challenge in result.get("_meta", {}).get("mcp/www_authenticate", ()):
            found = parse_challenge(challenge)
            if "oauth2" in needs and {"error", "error_description"} <= found.keys():
                raise SignInNeeded(found)

    def relink_by_result(self, tool: str, **arguments: Any) -> dict[str, str]:
        """The challenge of an error's result alone, as if HTTP had said nothing."""
        answer: requests.Response = self.send("tools/call", name=tool, arguments=arguments)
        try:
            self.relink(tool, answer.json()["result"])
        except SignInNeeded as needed:
            return dict(needed.challenge)
        raise Refused("no link to sign in")


def check(tool: dict[str, Any]) -> None:
    """guides/developer-mode.md, plugins/reference: what a tool must have, or it is shown badly, asked about at every call, or refused."""
    name = tool["name"]
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) or not tool.get("title") or not tool.get("description"):
        raise Refused(f"{name}: no name, title or description")
    if not tool.get("annotations", {}).keys() >= _HINTS:
        raise Refused(f"{name}: asks before every call")
    if any(tool[schema]["type"] != "object" for schema in ("inputSchema", "outputSchema")):
        raise Refused(f"{name}: no object")
    schemes = tool.get("securitySchemes")
    if not schemes or tool["_meta"].get("securitySchemes") != schemes:
        raise Refused(f"{name}: no securitySchemes")
    if len(json.dumps(tool, ensure_ascii=False)) >= _MOST_OF_A_TOOL:
        raise Refused(f"{name}: too long")
    if tool["_meta"].get("openai/profile") and (
        tool["inputSchema"]["properties"] or not tool["annotations"]["readOnlyHint"]
    ):
        raise Refused(f"{name}: no profile")
