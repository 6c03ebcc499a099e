"""What proves an access that is used for nothing else."""

from typing import Protocol

from service.identity.access import Use


class AccessStore(Protocol):
    def check(self, use: Use) -> None:
        """That USE is true. Raises `errors.BearerError`, or `errors.Unavailable` when the store does not answer."""
        ...
