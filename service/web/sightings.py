"""Which version of the contract is called: noted down once in a while, so that it costs next to nothing."""

from datetime import datetime, timedelta

from service.identity.access import Access, Sighting

INTERVAL = timedelta(minutes=10)
_MOST = 10_000


class Sightings:
    """What this process has noted down lately, by client, version and operation."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str, str], datetime] = {}

    def due(self, access: Access, contract: str | None, operation_id: str, now: datetime) -> Sighting | None:
        """What is to be noted of a call; None when the same was noted less than `INTERVAL` ago."""
        if contract is None:
            return None
        noted = self._noted.get((access.client_id, contract, operation_id))
        return Sighting(contract, operation_id) if noted is None or now >= noted + INTERVAL else None

    def remember(self, access: Access, sighting: Sighting, now: datetime) -> None:
        """That SIGHTING is noted, if it is."""
        if sighting.is_noted:
            if len(self._noted) >= _MOST:
                self._noted.clear()
            self._noted[access.client_id, sighting.contract, sighting.operation_id] = now
