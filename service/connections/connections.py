"""What a person has connected. One assistant is one connection, however often it was allowed: one click ends it all."""

import base64
import re
from collections.abc import Iterable
from datetime import datetime

from service.record import record

_CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]{1,1000}")


@record
class Grant:
    """One yes of a person to an assistant, as far as the person sees it."""

    client_id: str
    client_name: str
    scope: frozenset[str]
    created_at: datetime
    last_used_at: datetime
    notes_saved: int
    expires_at: datetime


@record
class Connection:
    """All that one person allowed one assistant. `name` is what the person was asked last."""

    client_id: str
    name: str
    scope: frozenset[str]
    connected_at: datetime
    last_used_at: datetime
    notes_saved: int

    @property
    def connection_id(self) -> str:
        """The client's id, which may be a URL, as unpadded base64url: one segment of a path, read back without a look-up."""
        return base64.urlsafe_b64encode(self.client_id.encode()).decode().rstrip("=")


def parse_connection_id(text: str) -> str | None:
    """The client's id of which TEXT is the `connection_id`, whether there is such a client or not; or None."""
    if not _CONNECTION_ID.fullmatch(text):
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        canonical = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        return raw.decode() if canonical == text else None
    except ValueError:
        return None


def list_connections(grants: Iterable[Grant], now: datetime) -> list[Connection]:
    """GRANTS of one person, those that have not expired, by client; the one used last comes first."""
    by_client: dict[str, list[Grant]] = {}
    for grant in grants:
        if now < grant.expires_at:
            by_client.setdefault(grant.client_id, []).append(grant)
    connections = [_connection(client_id, its_grants) for client_id, its_grants in by_client.items()]
    return sorted(connections, key=lambda one: (one.last_used_at, one.client_id), reverse=True)


def _connection(client_id: str, grants: list[Grant]) -> Connection:
    return Connection(
        client_id,
        name=max(grants, key=lambda grant: grant.created_at).client_name,
        scope=frozenset[str]().union(*(grant.scope for grant in grants)),
        connected_at=min(grant.created_at for grant in grants),
        last_used_at=max(grant.last_used_at for grant in grants),
        notes_saved=sum(grant.notes_saved for grant in grants),
    )
