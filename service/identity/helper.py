"""Firebase's sign-in helper pages, `/__/auth/…`, relayed so that they live on our own host.

Browsers partition storage by site, so the redirect sign-in works only when these pages share the consent page's
origin: option 3 of https://firebase.google.com/docs/auth/web/redirect-best-practices.
"""

from urllib.parse import quote

from service.errors import Unavailable
from service.record import record

# What firebaseapp.com serves below /__/auth/ for sign-in; an open list would make this an open proxy.
FILES = frozenset(
    ("handler", "handler.js", "experiments.js", "iframe", "iframe.js", "links", "links.js", "action", "action.js")
)
_RELAYED = ("Content-Type", "Cache-Control", "Location", "ETag")
_MOST_BYTES = 1 << 20


@record
class HelperAnswer:
    status: int
    headers: dict[str, str]
    body: bytes


class AuthHelper:
    """ORIGIN is `https://PROJECT.firebaseapp.com`. No cookie passes in either direction."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def fetch(self, method: str, file: str, query: str, body: bytes, content_type: str) -> HelperAnswer:
        """Relay one request for one of `FILES`. Raises `errors.Unavailable` when the origin does not answer in 5 s."""
        import requests  # heavy, and only a sign-in by redirect comes here
        from urllib3.exceptions import HTTPError

        url = f"{self._origin}/__/auth/{quote(file)}" + (f"?{query}" if query else "")
        headers = {"Content-Type": content_type} if body else {}
        try:
            with requests.request(
                method, url, data=body, headers=headers, timeout=5, allow_redirects=False, stream=True
            ) as answer:
                content = answer.raw.read(_MOST_BYTES, decode_content=True)
        except (requests.RequestException, HTTPError, OSError) as failed:
            raise Unavailable(f"Firebase sign-in helper: {type(failed).__name__}") from None
        relayed = {name: answer.headers[name] for name in _RELAYED if name in answer.headers}
        if "Location" in relayed:
            relayed["Location"] = relayed["Location"].removeprefix(self._origin)  # stay on our host
        return HelperAnswer(answer.status_code, relayed, content)
