"""The page on which a person signs in and says yes or no."""

from urllib.parse import urlsplit

from flask import Response

from service.contract import Contract
from service.oauth.authorization import AuthorizationRequest
from service.oauth.clients import LOOPBACK
from service.pages.pages import Pages
from service.settings import Settings

_FIREBASE = ("https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com")
# Popup and redirect load Google's iframe library from here, on the click and not before.
_GAPI = "https://apis.google.com"


class Consent:
    def __init__(self, settings: Settings, contract: Contract, pages: Pages) -> None:
        self._settings, self._contract, self._pages = settings, contract, pages
        emulator = f"http://{settings.auth_emulator}" if settings.auth_emulator else None
        self._config = {
            "apiKey": settings.firebase_api_key,
            "authDomain": settings.public_url.partition("://")[2],
            "projectId": settings.project,
            "emulator": emulator,
        }
        origins = (emulator,) if emulator else _FIREBASE
        # No form-action: Chromium applies it to every redirect after the post, and where a client's callback
        # redirects to is the client's business (docs/decisions/0003).
        self._policy = {
            "script-src": f"'self' {_GAPI}",
            "connect-src": " ".join(("'self'", *origins)),
            "frame-src": " ".join(("'self'", *((emulator,) if emulator else ()))),
        }

    def show(self, asked: AuthorizationRequest) -> Response:
        """The page for ASKED. Its form carries the request's parameters, which the post checks again."""
        redirect = urlsplit(asked.target.redirect_uri)
        parameters = {
            "response_type": "code",
            "client_id": asked.target.client.client_id,
            "redirect_uri": asked.target.redirect_uri,
            "scope": " ".join(sorted(asked.scope)),
            "state": asked.state,
            "code_challenge": asked.code_challenge,
            "code_challenge_method": asked.code_challenge and "S256",
        }
        return self._pages.show(
            "consent.html",
            policy=self._policy,
            client_name=asked.target.client.name,
            redirect_host=redirect.hostname,
            is_local=redirect.hostname in LOOPBACK,
            permissions=[self._contract.scopes[scope] for scope in sorted(asked.scope)],
            parameters={name: value for name, value in parameters.items() if value is not None},
            methods=self._settings.sign_in_methods,
            config=self._config,
        )
