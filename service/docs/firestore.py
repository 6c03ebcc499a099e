"""`CallStore` on Firestore: the collection `contractCalls`."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.docs.calls import ContractCall
from service.firestore import Documents
from service.firestore_query import Query


class FirestoreCallStore:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def find_calls(self, most: int) -> Sequence[ContractCall]:
        newest = Query("contractCalls", newest_by="calledAt", limit=most)
        return [_call(found.fields) for _, found in self._documents.stream(newest)]


def _call(fields: Mapping[str, Any]) -> ContractCall:
    return ContractCall(
        client_id=fields["clientId"],
        client_name=fields["clientName"],
        operation_id=fields["operationId"],
        contract=fields["contract"],
        called_at=fields["calledAt"],
        expires_at=fields["expireAt"],
    )
