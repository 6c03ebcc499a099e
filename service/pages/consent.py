"""The pages on which a person says yes or no to an assistant."""

from urllib.parse import urlsplit

from flask import Response

from service.contract import Contract
from service.oauth.authorization import AuthorizationRequest
from service.oauth.client_documents import is_document_url
from service.oauth.clients import LOOPBACK
from service.pages.sign_in import SignInPages


class Consent:
    def __init__(self, contract: Contract, pages: SignInPages) -> None:
        self._contract, self._pages = contract, pages

    def ask(self, asked: AuthorizationRequest, request: str, seal: str) -> Response:
        """The question for ASKED. The page's form carries REQUEST, as it came, and its SEAL."""
        client = asked.target.client
        redirect = urlsplit(asked.target.redirect_uri)
        is_web = redirect.scheme in ("http", "https")
        return self._pages.show(
            "consent.html",
            client_name=client.name,
            client_host=urlsplit(client.client_id).hostname if is_document_url(client.client_id) else None,
            is_self_registered=client.kind == "dynamic",
            redirect_host=redirect.hostname if is_web else f"{redirect.scheme}://{redirect.hostname}",
            is_local=redirect.hostname in LOOPBACK or not is_web,
            permissions=[
                self._contract.scopes[scope] for scope in sorted(asked.scope) if scope in self._contract.scopes
            ],
            request=request,
            seal=seal,
        )

    def sign_in_first(self, client_name: str | None, host: str, request: str, seal: str) -> Response:
        """The page for a request that is not looked into, or not answered, before the person has signed in.

        HOST is where it goes on. Nobody does without a press: a link on another site may have led here.
        """
        return self._pages.show("sign_in.html", client_name=client_name, host=host, request=request, seal=seal)
