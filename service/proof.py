"""What makes an `Access` true: its two documents, in the commit or read in which it is used."""

import hashlib
from contextlib import suppress
from datetime import timedelta

from service.errors import Unavailable, invalid_token
from service.firestore import Documents
from service.firestore_values import Snapshot
from service.firestore_write import Write, put, require, update
from service.identity.access import Use

_KEPT = timedelta(days=30)


def prove(use: Use, notes: int = 0) -> tuple[Write, ...]:
    """The writes that make USE true in the commit they are part of, and note that its grant was used.

    NOTES is how many notes the commit adds to those that the grant has saved. The commit raises `Missing` when the
    token was never issued or its grant has ended: see `invalid_token`.
    """
    counted = {"notesSaved": notes} if notes else {}
    touched = update(use.access.grant_path, {"lastUsedAt": use.now}, increments=counted)
    return require(use.access.token_path), touched, *_sighting(use)


def noted(use: Use) -> None:
    """To be called when a commit with `prove` is done: what it noted down need not be noted again."""
    if use.sighting:
        use.sighting.is_noted = True


def proven(documents: Documents, use: Use, *paths: str) -> list[Snapshot | None]:
    """The documents at PATHS, read together with the two that make USE true. Raises `invalid_token`."""
    token, grant, *rest = documents.get(use.access.token_path, use.access.grant_path, *paths)
    if token is None or grant is None:
        raise invalid_token()
    if sighting := _sighting(use):
        with suppress(Unavailable):  # a reading does not fail because something about it was not noted down
            documents.commit(*sighting)
            noted(use)
    return rest


def _sighting(use: Use) -> tuple[Write, ...]:
    if use.sighting is None or use.sighting.is_noted:
        return ()
    seen = (use.access.client_id, use.sighting.operation_id, use.sighting.contract)
    fields = {
        "clientId": use.access.client_id,
        "clientName": use.access.client_name,
        "operationId": use.sighting.operation_id,
        "contract": use.sighting.contract,
        "calledAt": use.now,
        "expireAt": use.now + _KEPT,
    }
    return (put(f"contractCalls/{hashlib.sha256(' '.join(seen).encode()).hexdigest()}", fields),)
