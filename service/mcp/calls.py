"""Who calls, and what their tool does for them."""

import json
import re
from dataclasses import field
from functools import partial
from typing import Any

from service.actions.operation import Answer, Call, Operation, PublicOperation
from service.audit import Decision
from service.backends import Backends
from service.errors import ActionError, BearerError, TooMany, Unavailable, invalid_token
from service.identity.access import Access, Use
from service.mcp.methods import Arguments
from service.mcp.protocol import Message
from service.mcp.provenance import origin, software
from service.mcp.tools import Tool
from service.oauth.resources import Resources
from service.record import record
from service.settings import Settings
from service.web.bearer import read_access, too_narrow
from service.web.pace import Pace

# Where the opening is answered without a token, these never ask a person to sign in.
_SIGNS_IN_FIRST = re.compile(r"(?<![a-z])(claude|anthropic|dify|grok|librechat|opencode)", re.IGNORECASE)
_UNAVAILABLE = "The store does not answer just now. Try the same again in a few seconds: nothing is done twice."


@record
class Caller:
    """What HTTP says of who sent a message."""

    authorization: str | None = field(repr=False)
    user_agent: str
    network: str


@record
class Turn:
    """One message that is being answered."""

    message: Message
    caller: Caller
    access: Access | None
    """What the caller's token claims, if there is one; not proven yet."""
    decision: Decision


class Calls:
    """SCOPES are all that the tools can need: who signs in is asked once for everything."""

    def __init__(
        self, settings: Settings, scopes: tuple[str, ...], path: str, resources: Resources, backends: Backends
    ) -> None:
        self._settings, self._scopes, self._path = settings, scopes, path
        self._resources, self._backends = resources, backends
        self._pace, self._public_pace = Pace(settings.calls_per_minute), Pace(10 * settings.calls_per_minute)

    def admit(self, message: Message, caller: Caller) -> Access | None:
        """What CALLER's token claims; None without one, where that is allowed. Raises `BearerError`."""
        if caller.authorization is not None:
            return self._read(caller)
        named = f"{caller.user_agent} {software(message) or ''}"
        if self._settings.mcp_sign_in == "first" or _SIGNS_IN_FIRST.search(named):
            return self._read(caller)
        return None

    def call(self, turn: Turn, tool: Tool, arguments: Arguments) -> dict[str, Any]:
        """What `tools/call` answers. Raises `BearerError`; what the model can put right is in the result."""
        decision = turn.decision
        decision.event = f"mcp.{tool.name}"
        try:
            answer = self._answer(turn, tool, arguments)
        except ActionError as refused:
            decision.outcome, decision.reason = "refused", refused.reason
            return _failed(refused.message)
        except TooMany as refused:
            decision.outcome, decision.reason = "refused", refused.reason
            return _failed(f"{refused.what} Wait {refused.retry_after} seconds, then try again.")
        except Unavailable as failed:
            decision.outcome, decision.reason = "failed", failed.reason
            return _failed(_UNAVAILABLE)
        decision.reason = f"status_{answer.status}"
        if turn.access and tool.contract.scopes:  # what the token says is true, now that it was proven
            decision.client_id, decision.grant_id = turn.access.client_id, turn.access.grant_id
        text = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
        if answer.status >= 400:  # HTTP's
            return _failed(text)
        return {"content": [{"type": "text", "text": text}], "structuredContent": answer.body, "isError": False}

    def _answer(self, turn: Turn, tool: Tool, arguments: Arguments) -> Answer:
        now = self._backends.now()
        if isinstance(tool.operation, PublicOperation):
            self._public_pace.count(turn.caller.network, now)
            return tool.answer(tool.operation.run, tool.read(arguments))
        access, needed = turn.access or self._read(turn.caller), tool.contract.scopes
        if not access.scope.issuperset(needed):
            raise too_narrow(needed, tuple(sorted(access.scope.intersection(self._scopes).union(needed))))
        self._pace.count(access.token_path, now)
        run = partial(self._run, tool.operation, Use(access, now), turn.message)
        try:
            return tool.answer(run, tool.read(arguments))
        except BearerError as ended:  # the store found out
            raise invalid_token(ended.reason, self._scopes) from None

    def _run(self, operation: Operation, use: Use, message: Message, arguments: Arguments) -> Answer:
        assert not isinstance(operation, PublicOperation)
        return operation.run(Call(use, arguments, origin(message), self._settings), self._backends)

    def _read(self, caller: Caller) -> Access:
        try:
            return read_access(caller.authorization, (), self._path, self._resources, self._backends.now())
        except BearerError as refused:
            raise BearerError(
                refused.status, refused.error, refused.description, self._scopes, refused.reason
            ) from None


def _failed(message: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": message}], "isError": True}
