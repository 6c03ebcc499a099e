"""The certificates of the keys that Google signs Firebase's ID tokens with, and whether one of them did."""

import json
import re
import time

from service.errors import Unavailable
from service.identity.firebase_token import Token
from service.identity.remote import Answer, Remote
from service.identity.user import NotSignedIn

URL = "https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=([0-9]{1,9})(?:$|[\s,])", re.IGNORECASE)
_FORBIDDEN = re.compile(r"(?:^|[\s,])no-(?:store|cache)(?:$|[\s,])", re.IGNORECASE)


class Certificates:
    """Those at URL, by their ids; asked for again when the time is over that their host gives them, and not before."""

    def __init__(self, url: str) -> None:
        self._remote = Remote(url)
        self._kept: tuple[float, dict[str, str]] = (0.0, {})

    def check_signature(self, token: Token, key: str) -> None:
        """That KEY has signed TOKEN, by RSASSA-PKCS1-v1_5 with SHA-256, whatever its header says.

        Raises `NotSignedIn`, or `errors.Unavailable`.
        """
        from google.auth.crypt import RSAVerifier, verify_signature  # heavy, and the emulator signs nothing

        certificate = self._find(key)
        if certificate is None:
            raise NotSignedIn("unknown_key")
        try:
            is_signed = verify_signature(token.signed, token.signature, [certificate], RSAVerifier)  # type: ignore[no-untyped-call]  # google.auth is half typed
        except (ValueError, TypeError) as failed:
            raise Unavailable(f"certificate: {type(failed).__name__}") from None
        if not is_signed:
            raise NotSignedIn("signature")

    def _find(self, key: str) -> str | None:
        until, found = self._kept
        if time.time() >= until:
            asked = time.time()
            answer = self._remote.call("GET", "", None, {})
            found = _read(answer)
            self._kept = asked + fresh_seconds(answer.cache_control, answer.age), found
        return found.get(key)


def fresh_seconds(cache_control: str, age: str) -> int:
    """How long an answer may be used without asking again (RFC 9111 section 4.2): not at all, unless it says so."""
    lifetime = _MAX_AGE.search(cache_control)
    if not lifetime or _FORBIDDEN.search(cache_control):
        return 0
    return int(lifetime[1]) - (int(age) if re.fullmatch(r"[0-9]{1,9}", age) else 0)


def _read(answer: Answer) -> dict[str, str]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        found = None
    if answer.status != 200 or not isinstance(found, dict):
        raise Unavailable(f"certificates: status {answer.status}")
    return {key: text for key, text in found.items() if isinstance(text, str)}
