"""Pages on which a person signs in with Firebase, in the page."""

from typing import Any

from flask import Response

from service.pages.pages import Pages
from service.settings import Settings

_FIREBASE = ("https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com")
# Popup and redirect load Google's iframe library from here, on the click and not before.
_GAPI = "https://apis.google.com"


class SignInPages:
    """Pages that load the Firebase SDK. `show` takes a template that extends `signed.html`."""

    def __init__(self, settings: Settings, pages: Pages) -> None:
        self._settings, self._pages = settings, pages
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

    def show(self, template: str, *, connect: str | None = None, **values: Any) -> Response:
        """TEMPLATE as a page, which may also CONNECT to one more origin."""
        policy = self._policy | ({"connect-src": f"{self._policy['connect-src']} {connect}"} if connect else {})
        return self._pages.show(
            template, policy=policy, methods=self._settings.sign_in_methods, config=self._config, **values
        )
