"""The importer's rules for the document as a whole, and for the addresses in it."""

import re
from ipaddress import ip_address

from openapi_spec_validator import OpenAPIV31SpecValidator
from publicsuffixlist import PublicSuffixList

from scripts.verbs.importer.document import Document, Found, every, mapping

_VERSIONS = ("3.1.0", "3.1.1")
_HTTPS = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::443)?(?:[/?#][^\s{}]*)?", re.IGNORECASE)
_SUFFIXES = PublicSuffixList()
# OpenAI exempts the OAuth domains of Google, Microsoft and Adobe. Which hosts it means is not known: we take their endpoints'.
_EXEMPT = ("accounts.google.com", "oauth2.googleapis.com", "login.microsoftonline.com", "ims-na1.adobelogin.com")


def the_document_is_openapi(document: Document) -> Found:
    """The document has the fields that OpenAPI 3.1 asks for, each of the right type; what is inside its schemas is not looked at."""
    judged = document | {"openapi": _VERSIONS[0]}
    for error in OpenAPIV31SpecValidator(judged).schema_validator.iter_errors(judged):
        place = ".".join(str(step) for step in error.absolute_path)
        yield place or "openapi", f"{error.message.partition(chr(10))[0]}: write it as OpenAPI 3.1 has it."


def the_version_is_3_1(document: Document) -> Found:
    """`openapi` is 3.1.0 or 3.1.1."""
    if document.get("openapi") not in _VERSIONS:
        yield "openapi", f"it is {document.get('openapi')!r}: write 3.1.0."


def there_is_one_https_server(document: Document) -> Found:
    """`servers` is one absolute https URL on port 443, without variables; no path or operation has servers of its own."""
    servers = document.get("servers")
    if not isinstance(servers, list) or len(servers) != 1:
        count = len(servers) if isinstance(servers, list) else 0
        yield "servers", f"there are {count}: give exactly one."
    else:
        server = mapping(servers[0])
        url = server.get("url")
        if https_host(url) is None or re.search("[?#]", str(url)):
            yield "servers.0.url", f"{url!r} is not an absolute https URL on port 443: write https://, host and path."
        if server.get("variables"):
            yield "servers.0.variables", "it has variables: write the URL out."
    for part in every(document, "path", "operation"):
        if "servers" in part.value:
            yield part.place("servers"), "it has servers of its own: leave them out."


def there_is_a_privacy_policy(document: Document) -> Found:
    """`info.x-privacy-policy-url`, a key of our own, is an absolute https URL on the server's root domain."""
    place, url = "info.x-privacy-policy-url", mapping(document.get("info")).get("x-privacy-policy-url")
    host, server = https_host(url), server_host(document)
    if host is None:
        yield place, f"{url!r} is not an absolute https URL: give the address that goes into the editor's field."
    elif server and root_domain(host) != root_domain(server):
        yield place, f"{host} is not on {root_domain(server)}, as the server is: move one of them."


def oauth_shares_the_root_domain(document: Document) -> Found:
    """The URLs of each OAuth flow are absolute https URLs on the server's root domain, or Google's, Microsoft's or Adobe's."""
    server = server_host(document)
    for name, scheme in mapping(mapping(document.get("components")).get("securitySchemes")).items():
        for flow, urls in mapping(mapping(scheme).get("flows")).items():
            for field in ("authorizationUrl", "tokenUrl", "refreshUrl"):
                if field not in mapping(urls):
                    continue
                place, host = f"components.securitySchemes.{name}.flows.{flow}.{field}", https_host(urls[field])
                if host is None:
                    yield place, f"{urls[field]!r} is not an absolute https URL: write https://, host and path."
                elif server and host not in _EXEMPT and root_domain(host) != root_domain(server):
                    yield place, f"{host} is not on {root_domain(server)}, as the server is: move one of them."


def oauth_is_the_code_flow(document: Document) -> Found:
    """An OAuth scheme has the flow authorizationCode, and no other."""
    for name, scheme in mapping(mapping(document.get("components")).get("securitySchemes")).items():
        flows = mapping(mapping(scheme).get("flows"))
        for flow in flows:
            if flow != "authorizationCode":
                yield f"components.securitySchemes.{name}.flows.{flow}", "leave it out: have authorizationCode alone."
        if mapping(scheme).get("type") == "oauth2" and not flows:
            yield f"components.securitySchemes.{name}.flows", "there is none: have authorizationCode."


def https_host(url: object) -> str | None:
    """The host, in lower case, if URL is an absolute https URL on port 443 without a user name; else None."""
    found = _HTTPS.fullmatch(url) if isinstance(url, str) else None
    return found[1].lower() if found else None


def server_host(document: Document) -> str | None:
    """The first server's host, if its URL is as `https_host` wants it."""
    servers = document.get("servers")
    return https_host(mapping(servers[0]).get("url")) if isinstance(servers, list) and servers else None


def root_domain(host: str) -> str:
    """What one owner registers: example.com of mate.example.com, all of mate.a.run.app; HOST itself if there is none."""
    try:
        return str(ip_address(host))
    except ValueError:
        return _SUFFIXES.privatesuffix(host) or host
