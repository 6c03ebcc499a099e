"""Where a message says that it comes from: kept with a note for its person to see; never a permission."""

from service.actions.operation import Origin
from service.mcp.protocol import CLIENT_INFO, Message

_MOST = 200


def origin(message: Message) -> Origin:
    """ChatGPT names the conversation (`openai/session`); since 2026-07-28 each client names its program."""
    return Origin(conversation=_line(message.meta.get("openai/session")), software=software(message))


def software(message: Message) -> str | None:
    """Name and version of the client's program, as one line of at most 200 characters, if it tells them."""
    found = message.meta.get(CLIENT_INFO) or message.params.get("clientInfo")
    if not isinstance(found, dict):
        return None
    return " ".join(filter(None, (_line(found.get(name)) for name in ("name", "version"))))[:_MOST] or None


def _line(value: object) -> str | None:
    return value if isinstance(value, str) and value.isprintable() and 0 < len(value) <= _MOST else None
