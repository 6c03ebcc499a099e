"""Who asks on a person's behalf: what a client is, and where it may be answered (RFC 6749 section 2)."""

import re
import secrets
import string
import unicodedata
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from service.oauth.tokens import Secret, SecretHash, mint
from service.paths import is_segment
from service.record import record

LOOPBACK = ("localhost", "127.0.0.1", "::1")
CHATGPT = ("chatgpt.com", "chat.openai.com")
MOST_NAME, MOST_REDIRECT_URIS = 80, 20
_LOOPBACK_URI = re.compile(
    r"(?P<host>http://(?:localhost|127\.0\.0\.1|\[::1\]))(?::(?P<port>[0-9]{1,5}))?(?P<rest>(?:[/?][^#]*)?)"
)
_URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,2000}")
_PRIVATE_USE = re.compile(r"([a-z][a-z0-9+.-]*):/[\x21-\x7e]{0,1900}")  # RFC 8252 section 7.1
# What a browser acts on itself is no application's own scheme.
_BROWSER_SCHEMES = frozenset(
    ("http", "https", "ws", "wss", "ftp", "file", "data", "blob", "filesystem", "about", "javascript", "vbscript")
)
CURSOR_APP = "cursor://anysphere.cursor-mcp/oauth/callback"
_HOST = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z][a-z0-9_-]*|(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9a-f:]+:[0-9a-f:.]*")
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


Kind = Literal["operator", "dynamic", "document"]
UNUSED = timedelta(days=30)
"""How long one that came by itself is kept until it is used; after its first use it is kept for good."""
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")


@record
class Client:
    """Someone registered, by the operator, dynamically (RFC 7591), or by a client-id metadata document (CIMD)."""

    client_id: str
    name: str
    kind: Kind
    redirect_uris: tuple[str, ...]
    auth_methods: frozenset[str]
    """Of `AUTH_METHODS`: how it may authenticate at the token endpoint; exactly {"none"} makes it public."""
    secret_hashes: tuple[SecretHash, ...]
    """Oldest first. Two may live at once, so that a rotation has no gap."""
    scope: frozenset[str]
    """What it may ask for."""
    created_at: datetime
    disabled_at: datetime | None = None
    expires_at: datetime | None = None
    """Of one that came by itself and was never used: when it is forgotten (a document is then fetched again)."""
    fresh_until: datetime | None = None
    """Of a document: when it must be fetched again."""
    gpt_id: str | None = None
    """Of a GPT whose callbacks the operator pinned: see `allows_redirect`."""
    version: object = field(default=None, repr=False, compare=False)
    """The store's own mark of the state that was read."""

    @property
    def is_public(self) -> bool:
        return self.auth_methods == {"none"}

    @property
    def must_use_pkce(self) -> bool:
        return self.is_public or self.kind != "operator"

    @property
    def default_scope(self) -> frozenset[str]:
        """What it gets when it does not ask: a GPT action needs all; who registered itself begins with reading."""
        reading = frozenset(scope for scope in self.scope if scope.endswith(":read"))
        return self.scope if self.kind == "operator" else reading or self.scope


class InvalidRegistration(ValueError):
    """A client cannot be registered so; the text says why."""


def register(
    name: str, redirect_uris: Sequence[str], scope: frozenset[str], now: datetime, *, public: bool = False
) -> tuple[Client, Secret | None]:
    """A new client of the operator's and its secret, which is shown once and never stored; a public one has none.

    Raises `InvalidRegistration`.
    """
    check_name(name)
    check_redirect_uris(redirect_uris)
    secret = None if public else mint()
    methods = frozenset(("none",) if public else ("client_secret_basic", "client_secret_post"))
    hashes = (secret.hash(),) if secret else ()
    client = Client(mint_client_id(), name, "operator", tuple(redirect_uris), methods, hashes, scope, now)
    return client, secret


def mint_client_id() -> str:
    """22 characters of `[A-Za-z0-9_-]`: never a URL, so never taken for a client-id metadata document.

    The first is a letter or a digit, so that a command line takes it for no option.
    """
    return secrets.choice(string.ascii_letters + string.digits) + secrets.token_urlsafe(16)[1:]


def check_name(name: str) -> None:
    """Raises `InvalidRegistration` unless NAME is fit to be shown to the person who is asked."""
    # Printable, so also without the invisible characters that turn text around (U+202E).
    if len(name) > MOST_NAME or not name.isprintable() or not any(map(_is_letter_or_digit, name)):
        raise InvalidRegistration(
            f"The name must have 1 to {MOST_NAME} printable characters, a letter or a digit among them."
        )


def _is_letter_or_digit(character: str) -> bool:
    # The fillers of Hangul are letters to Unicode, and nothing to the eye.
    return unicodedata.category(character)[0] in "LN" and character not in "\u115f\u1160\u3164\uffa0"


def check_redirect_uris(uris: Sequence[str]) -> None:
    """Raises `InvalidRegistration` unless each of URIS may be registered, all of them are different, and they fit."""
    for uri in uris:
        if problem := redirect_uri_problem(uri):
            raise InvalidRegistration(f"Redirect URI {uri!r} {problem}.")
    if len(set(uris)) < len(uris):
        raise InvalidRegistration("A redirect URI is there twice: name each one once.")
    if len(uris) > MOST_REDIRECT_URIS:
        raise InvalidRegistration(f"A client has at most {MOST_REDIRECT_URIS} redirect URIs: let one replace another.")


def redirect_uri_problem(uri: str) -> str | None:  # noqa: PLR0911  # one return a problem
    """Why URI may not be registered, or None (RFC 6749 section 3.1.2, RFC 8252 section 7.3, RFC 9700 section 2.6)."""
    if uri == CURSOR_APP:
        return None
    if not _URI.fullmatch(uri):
        return "must be 1 to 2000 of the ASCII characters that a URI may have (RFC 3986)"
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URI"
    if "#" in uri:
        return "must not have a fragment"
    if "@" in parts.netloc or not host:
        return "must have a host and no user name"
    if not _HOST.fullmatch(host):  # what a browser may read as another host than we show
        return "must name its host by its plain DNS name or IP address"
    if parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK):
        return None
    return "must be https (http is for localhost only)"


def redirectable(uris: Sequence[str]) -> list[str]:
    """URIS, each once, as a client offers them that registers itself: without the schemes of applications.

    Only a scheme that we know to be an assistant's is opened: any other could start any program on a person's device.
    """
    return [uri for uri in dict.fromkeys(uris) if uri == CURSOR_APP or not _is_private_use(uri)]


def _is_private_use(uri: str) -> bool:
    own = _PRIVATE_USE.fullmatch(uri)
    return own is not None and own[1] not in _BROWSER_SCHEMES


def allows_redirect(client: Client, uri: str) -> bool:
    """Whether an answer for CLIENT may be sent to URI: plain equality with a registered one (RFC 9700 section 2.1).

    Two exceptions: the port of a public client's loopback address is free (RFC 8252 section 7.3), and a client with a
    `gpt_id` may return to that GPT's callback on either of ChatGPT's hosts.
    """
    if uri in client.redirect_uris:
        return True
    if client.gpt_id and uri in gpt_callbacks(client.gpt_id):
        return True
    portless = _without_loopback_port(uri)
    return client.is_public and portless is not None and portless in map(_without_loopback_port, client.redirect_uris)


def gpt_callbacks(gpt_id: str) -> tuple[str, ...]:
    """Where ChatGPT takes an answer for the GPT that its callback URLs call GPT_ID."""
    return tuple(f"https://{host}/aip/{gpt_id}/oauth/callback" for host in CHATGPT)


def _without_loopback_port(uri: str) -> str | None:
    """URI without its port, when it is an http URI of a loopback host; what follows the port stays as it is."""
    found = _LOOPBACK_URI.fullmatch(uri)
    if not found or (found["port"] and not 0 < int(found["port"]) < 65_536):
        return None
    return found["host"] + found["rest"]


def is_client_id(text: str | None) -> bool:
    """Whether TEXT can be the id of a registered client; anything else is not looked up."""
    return bool(text and _CLIENT_ID.fullmatch(text) and is_segment(text))


def unusable(client: Client, now: datetime) -> str | None:
    """A word for why CLIENT gets nothing, whatever it presents, or None."""
    if client.disabled_at is not None:
        return "client_disabled"
    if client.kind == "dynamic" and client.expires_at is not None and now >= client.expires_at:
        return "client_expired"
    return None
