"""How `scripts/client` shows clients: for people, and for machines. Never a hash."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from service.oauth.clients import Client, gpt_callbacks

_COLUMNS = 100
_ID = 22
_HEADING = ("client_id", "kind", "type", "secrets", "created", "disabled", "name")


def table(clients: Sequence[Client]) -> str:
    """A few lines a client, none longer than 100 characters: what is longer is cut, or has a line of its own."""
    lines = [_row(*_HEADING), *(line for client in clients for line in _lines(client))]
    return "\n".join(_cut(line.rstrip()) for line in lines)


def details(client: Client, connections: str | None = None) -> str:
    """All of CLIENT but its secrets' hashes, and how many CONNECTIONS it has if that was asked."""
    facts = [
        ("client_id", client.client_id),
        ("name", client.name),
        ("kind", f"{client.kind}, {_type(client)}"),
        ("authenticates", " ".join(sorted(client.auth_methods))),
        ("secrets", str(len(client.secret_hashes))),
        *(("redirect_uri", uri) for uri in client.redirect_uris),
        ("gpt_id", client.gpt_id or "-"),
        *(("", uri) for uri in _pinned(client)),
        ("scope", " ".join(sorted(client.scope))),
        ("created", _moment(client.created_at)),
        ("disabled", _moment(client.disabled_at)),
        *([("unused, until", _moment(client.expires_at))] if client.expires_at else []),
        *([("fresh until", _moment(client.fresh_until))] if client.fresh_until else []),
        *([("connections", connections)] if connections else []),
    ]
    return "\n".join(f"{name:<15}{value}" for name, value in facts)


def as_json(client: Client) -> dict[str, Any]:
    """CLIENT under the names of docs/storage.md, with the number of its secrets as `secrets`."""
    return {
        "clientId": client.client_id,
        "name": client.name,
        "kind": client.kind,
        "authMethods": sorted(client.auth_methods),
        "secrets": len(client.secret_hashes),
        "redirectUris": list(client.redirect_uris),
        "gptId": client.gpt_id,
        "scope": sorted(client.scope),
        "createdAt": client.created_at.isoformat(),
        "disabledAt": client.disabled_at and client.disabled_at.isoformat(),
        "freshUntil": client.fresh_until and client.fresh_until.isoformat(),
        "expireAt": client.expires_at and client.expires_at.isoformat(),
    }


def _lines(client: Client) -> Iterator[str]:
    is_long = len(client.client_id) > _ID
    if is_long:
        yield client.client_id
    yield _row(
        *("" if is_long else client.client_id, client.kind, _type(client), str(len(client.secret_hashes))),
        *(_day(client.created_at), _day(client.disabled_at), client.name),
    )
    first, *others = (*client.redirect_uris, *_pinned(client)) or ("-",)
    more = f" (+{len(others)})" if others else ""
    yield _cut(f"  {first}", _COLUMNS - len(more)) + more


def _row(*cells: str) -> str:
    client_id, kind, of_type, secrets, created, disabled, name = cells
    return f"{client_id:<{_ID}}  {kind:<8}  {of_type:<12}  {secrets:>7}  {created:<10}  {disabled:<10}  {name}"


def _cut(line: str, most: int = _COLUMNS) -> str:
    return line if len(line) <= most else line[: most - 1] + "…"


def _pinned(client: Client) -> tuple[str, ...]:
    return gpt_callbacks(client.gpt_id) if client.gpt_id else ()


def _type(client: Client) -> str:
    return "public" if client.is_public else "confidential"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "-"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "-"
