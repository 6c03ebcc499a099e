"""Where it is looked up which version of the contract is called. `service.proof` writes it."""

from collections.abc import Sequence
from typing import Protocol

from service.docs.calls import ContractCall


class CallStore(Protocol):
    def find_calls(self, most: int) -> Sequence[ContractCall]:
        """The MOST recent ones, newest first, also those that have expired and are not deleted yet.

        Raises `errors.Unavailable` when the store does not answer; then it can be repeated.
        """
        ...
