"""How everything of a person is deleted: a job that is carried on step by step, and its receipt."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from service.errors import ActionError
from service.record import record

ACCESS = ("codes", "connections")
"""What lets assistants in, first the codes: who is about to exchange one then fails, or has made a connection."""
REST = ("tokens", "notes")
KINDS = (*ACCESS, *REST)
CONFIRMATION = "delete everything"
_KEPT = timedelta(days=30)


@record
class Deletion:
    """One job. `found` is what was counted at its beginning, `deleted` what it has deleted so far, both by `KINDS`."""

    deletion_id: str
    requested_at: datetime
    found: Mapping[str, int]
    deleted: Mapping[str, int]
    asked_at: datetime
    """When its person last asked for it to go on."""
    finished_at: datetime | None = None

    @property
    def expires_at(self) -> datetime | None:
        """Until when its receipt is kept."""
        return self.finished_at + _KEPT if self.finished_at else None


def begin(found: Mapping[str, int], now: datetime) -> Deletion:
    return Deletion(secrets.token_urlsafe(16), now, found, dict.fromkeys(KINDS, 0), now)


def finish(deletion: Deletion, now: datetime) -> Deletion:
    return replace(deletion, finished_at=now)


def is_over(deletion: Deletion, now: datetime) -> bool:
    """Whether its receipt is no longer shown, whether it is still stored or not."""
    return deletion.expires_at is not None and now >= deletion.expires_at


def check_confirmation(body: bytes) -> None:
    """That BODY says in so many words what is to happen. Raises `ActionError`."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or said.get("confirm") != CONFIRMATION:
        message = (
            f'Nothing was deleted. To delete all of this person\'s data, send the JSON {{"confirm": "{CONFIRMATION}"}}.'
        )
        raise ActionError(400, "invalid_request", message)


def shown(deletion: Deletion) -> dict[str, Any]:
    """DELETION as its person sees it; `finishedAt` is there when it is done."""
    finished = {"finishedAt": _time(deletion.finished_at)} if deletion.finished_at else {}
    return {
        "id": deletion.deletion_id,
        "requestedAt": _time(deletion.requested_at),
        **finished,
        "done": deletion.finished_at is not None,
        "found": {kind: deletion.found[kind] for kind in KINDS},
        "deleted": {kind: deletion.deleted[kind] for kind in KINDS},
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
