"""What the plugin says of itself and of who offers it."""

import re
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from scripts.verbs.processes import Failed
from service.contract import Contract
from service.settings import Settings

# The service's own rules read the variables; those that nobody asks for here pass them.
_ASKED = ("PUBLIC_URL", "APP_NAME", "COMPANY", "CONTACT")
_NOT_ASKED = {
    "GOOGLE_CLOUD_PROJECT": "not-asked-for",
    "NOTE_URL": "https://example.com/{id}",
    "FIREBASE_API_KEY": "not-asked-for",
    "KEY_SECRET": "not-asked-for",
}
# The directory's: developers.openai.com/plugins/deploy/submission-errors.
_MOST_TITLE, _MOST_DEVELOPER, _MOST_NAME, _MOST_URL = 30, 80, 50, 1024
_LEAST_PIXELS, _MOST_PIXELS, _MOST_LOGO = 48, 4096, 5 * 1024 * 1024
_URL = re.compile(r"https://[^\s\"<>\\^`{|}@/]+(/[^\s\"<>\\^`{|}]*)?")


@dataclass(frozen=True)
class Listing:
    """`name` is for machines; `support`, `terms` and `logo` are None when the operator has given none."""

    name: str
    version: str
    title: str
    developer: str
    website: str
    contact: str
    support: str | None
    terms: str | None
    logo: bytes | None = field(repr=False)

    @property
    def mcp_url(self) -> str:
        return f"{self.website}/mcp"

    @property
    def privacy(self) -> str:
        return f"{self.website}/privacy"

    @property
    def challenge_url(self) -> str:
        return f"{self.website}/.well-known/openai-apps-challenge"


def read(
    env: Mapping[str, str], *, name: str | None, support: str | None, terms: str | None, logo: bytes | None
) -> Listing:
    """From the service's own variables in ENV, and what only the directory asks for. Raises `Failed`, `SettingsError`."""
    settings = Settings.from_env(_NOT_ASKED | {known: env[known] for known in _ASKED if known in env})
    if support is None and settings.contact.startswith("https://"):
        support = settings.contact
    for option, url in (("--support-url", support), ("--terms-url", terms)):
        if url is not None and (len(url) > _MOST_URL or not _URL.fullmatch(url)):
            raise Failed(f"{option} must be an https address of at most {_MOST_URL} characters.")
    for variable, text, most in (
        ("APP_NAME", settings.app_name, _MOST_TITLE),
        ("COMPANY", settings.company, _MOST_DEVELOPER),
    ):
        if len(text) > most:
            raise Failed(f"ChatGPT's directory takes at most {most} characters: run this with a shorter {variable}.")
    if logo is not None:
        _check_logo(logo)
    return Listing(
        name=_name(name or settings.app_name),
        version=Contract.load().version,
        title=settings.app_name,
        developer=settings.company,
        website=settings.public_url,
        contact=settings.contact,
        support=support,
        terms=terms,
        logo=logo,
    )


def _name(text: str) -> str:
    """TEXT in small letters, digits and single hyphens, which both the directory and Agent Plugins take for a name."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not 0 < len(name) <= _MOST_NAME:
        raise Failed(f"the plugin needs a name of 1 to {_MOST_NAME} letters of a to z, digits and hyphens: say --name.")
    return name


def _check_logo(logo: bytes) -> None:
    if logo[:8] != b"\x89PNG\r\n\x1a\n" or logo[12:16] != b"IHDR" or not 24 <= len(logo) <= _MOST_LOGO:
        raise Failed("the logo must be a PNG of at most 5 MiB.")
    width, height = struct.unpack(">II", logo[16:24])
    if width != height or not _LEAST_PIXELS <= width <= _MOST_PIXELS:
        raise Failed(
            f"the logo must be a square of {_LEAST_PIXELS} to {_MOST_PIXELS} pixels; it is {width} by {height}."
        )
