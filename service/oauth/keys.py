"""The secret key from which successors of refresh tokens are derived and the consent page's request is sealed."""

import base64
import hashlib
import hmac
from dataclasses import field
from typing import Protocol

from service.record import record

LEAST_BYTES = 32


@record
class Key:
    """One version of the key. `key_id` is stored beside what was made with it, so that the right one is found again."""

    key_id: str
    secret: bytes = field(repr=False)

    def mac(self, purpose: str, text: str) -> str:
        """43 characters of `[A-Za-z0-9_-]`: HMAC-SHA256 of TEXT, of no use for another PURPOSE."""
        message = purpose.encode() + b"\0" + text.encode("utf-8", "surrogatepass")
        digest = hmac.new(self.secret, message, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Keyring(Protocol):
    """Every version of the key that still counts. Each method raises `errors.Unavailable` when it cannot be read."""

    def current(self) -> Key:
        """The version to make new things with."""
        ...

    def find(self, key_id: str) -> Key | None:
        """The version of that id, or None when there is none (any more). For ids that we have stored ourselves."""
        ...

    def find_known(self, key_id: str) -> Key | None:
        """The version of that id if it is at hand. For ids that come from outside: they must not cost a call each."""
        ...


class LocalKeyring:
    """A single key that never changes: for a developer's machine, which has no Secret Manager."""

    def __init__(self, secret: bytes) -> None:
        self._key = Key("local", secret)

    def current(self) -> Key:
        return self._key

    def find(self, key_id: str) -> Key | None:
        return self._key if key_id == self._key.key_id else None

    find_known = find
