"""Clients that register themselves by a document, whose URL is their `client_id` (CIMD).

OAuth Client ID Metadata Document, draft-ietf-oauth-client-id-metadata-document-01, as MCP's authorization narrows it.
"""

import json
import re
from datetime import datetime, timedelta
from typing import NoReturn
from urllib.parse import unquote

from service.oauth.clients import Client, InvalidRegistration, check_name, redirect_uri_problem, redirectable

MOST_CHARACTERS = 400
MOST_REDIRECT_URIS = 50
_URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")  # RFC 3986 section 2
_PARTS = re.compile(r"https://([^/?#]*)([^?#]*)(?:\?[^#]*)?(#?)")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label begins with a letter, or 127.1 and 0x7f.0x1 would be names; in lower case, or cIaude.ai looks like one.
_DNS_NAME = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z]){_LABEL}")


class DocumentRefused(Exception):
    """A document that registers nobody. `reason` tells its author what to change and quotes nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_document_url(client_id: str) -> bool:
    """Whether CLIENT_ID has a scheme, so is meant as a URL; registered ids have no colon (CIMD section 6.9)."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", client_id) is not None


def url_problem(client_id: str) -> str | None:
    """Why CLIENT_ID cannot be the URL of a document, or None (CIMD section 3). A query and a port are allowed."""
    if len(client_id) > MOST_CHARACTERS or not _URI.fullmatch(client_id):
        return f"must be a URL of at most {MOST_CHARACTERS} ASCII characters"
    parts = _PARTS.match(client_id)
    if not parts:
        return "must begin with https://"
    authority, path, fragment = parts.groups()
    host, colon, port = authority.partition(":")
    problems = {
        "must not have a fragment": bool(fragment),
        "must not have a user name": "@" in authority,
        "must name its host by a full DNS name in lower case": not _is_dns_name(host),
        "must have a port from 1 to 65535, or none": bool(colon) and not _is_port(port),
        "must have a path": path in ("", "/"),  # as the MCP SDKs read "a path component"
        "must not have dot segments": bool({".", ".."} & set(re.split(r"[/\\]", unquote(path)))),
    }
    return next((problem for problem, there in problems.items() if there), None)


def _is_dns_name(host: str) -> bool:
    return len(host) <= 253 and bool(_DNS_NAME.fullmatch(host)) and not host.endswith(".localhost")


def _is_port(text: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,4}", text) is not None and int(text) < 1 << 16


def parse_document(
    client_id: str, body: bytes, known_scopes: frozenset[str], now: datetime, fresh_for: timedelta
) -> Client:
    """The client that BODY, fetched from CLIENT_ID, describes: public, whatever else it offers (CIMD section 4.1).

    CLIENT_ID has passed `url_problem`, and BODY is no longer than the fetcher lets it be. What the service does not
    know is ignored; what would make the client another than it says raises `DocumentRefused`.
    """
    document = _read(body)
    if document.get("client_id") != client_id:
        _refuse("client_id must be the URL of the document, character for character.")
    _check_authentication(document)
    _check_contains(document, "grant_types", "authorization_code")
    _check_contains(document, "response_types", "code")
    return Client(
        client_id=client_id,
        name=_name(document),
        kind="document",
        redirect_uris=_redirect_uris(document),
        auth_methods=frozenset({"none"}),
        secret_hashes=(),
        scope=_scope(document, known_scopes),
        created_at=now,
        fresh_until=now + fresh_for,
    )


def _read(body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body.decode(), object_pairs_hook=_unrepeated, parse_constant=_no_number)
    except (ValueError, RecursionError):  # their text would quote the document
        _refuse("The document must be JSON in UTF-8.")
    if not isinstance(document, dict):
        _refuse("The document must be a JSON object.")
    return document


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):  # readers differ in which one counts
        _refuse("No member may be there twice.")
    return members


def _no_number(_: str) -> NoReturn:
    raise ValueError  # NaN and Infinity are Python's, not JSON's


def _check_authentication(document: dict[str, object]) -> None:
    """The client must offer to be public and must not claim a secret that nobody gave it (CIMD sections 4.1, 6.2)."""
    if "client_secret" in document or "client_secret_expires_at" in document:
        _refuse("client_secret and client_secret_expires_at must not be there: everybody can read the document.")
    # The list is the newer member: ChatGPT's single method is private_key_jwt, and its list has none as well.
    supported = _texts(document, "token_endpoint_auth_methods_supported")
    single = document.get("token_endpoint_auth_method") or "none"
    if any(str(method).startswith("client_secret") for method in [*(supported or ()), single]):
        _refuse("The client must not authenticate with a secret: everybody can read the document.")
    if "none" not in ([single] if supported is None else supported):
        _refuse('The token endpoint takes clients with a document as public ones: allow the method "none".')


def _check_contains(document: dict[str, object], member: str, needed: str) -> None:
    texts = _texts(document, member)
    if texts is not None and needed not in texts:
        _refuse(f'{member} must have "{needed}" in it, or not be there.')


def _name(document: dict[str, object]) -> str:
    name = document.get("client_name")
    try:
        check_name(name if isinstance(name, str) else "")
    except InvalidRegistration as wrong:
        _refuse(f"client_name: {wrong}")
    return str(name)


def _redirect_uris(document: dict[str, object]) -> tuple[str, ...]:
    """The ones that we can redirect to. Applications list their own schemes beside them; those are left out."""
    uris = _texts(document, "redirect_uris")
    if not uris or len(uris) > MOST_REDIRECT_URIS:
        _refuse(f"redirect_uris must list 1 to {MOST_REDIRECT_URIS} URIs.")
    offered = redirectable(uris)
    for uri in offered:
        if problem := redirect_uri_problem(uri):
            _refuse(f"Each of redirect_uris {problem}.")
    if not offered:
        _refuse("redirect_uris must list one that is https, or http on localhost.")
    return tuple(offered)


def _scope(document: dict[str, object], known: frozenset[str]) -> frozenset[str]:
    scope = document.get("scope")
    if scope is None:
        return known
    if not isinstance(scope, str):
        _refuse("scope must be a string of names with spaces between them.")
    return known & frozenset(scope.split(" ")) or known


def _texts(document: dict[str, object], member: str) -> list[str] | None:
    value = document.get(member)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        _refuse(f"{member} must be a list of strings.")
    return value


def _refuse(reason: str) -> NoReturn:
    raise DocumentRefused(reason) from None
