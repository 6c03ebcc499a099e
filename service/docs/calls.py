"""Which version of the contract clients call: what their imports are worth."""

from collections.abc import Iterable
from datetime import datetime

from service.record import record


@record
class ContractCall:
    """The latest noted call of one operation, by one client, by one version of the contract (`Contract.digest`)."""

    client_id: str
    client_name: str
    operation_id: str
    contract: str
    called_at: datetime
    expires_at: datetime


def list_calls(calls: Iterable[ContractCall], now: datetime) -> list[ContractCall]:
    """CALLS that have not expired, in their order."""
    return [call for call in calls if now < call.expires_at]
