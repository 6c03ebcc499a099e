"""Configuration, read once from the environment. Nothing secret has a default."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from service.oauth.hosts import HOSTS

SIGN_IN_METHODS = ("google", "apple", "password", "email-link")
EMULATORS = ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST")
_LOOPBACK = r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?"
_CONTACT = r"https://[^\s\"<>\\^`{|}]{1,300}|[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+"
# A scheme that a browser acts on by itself is no app's.
_NOTE_URL = (
    r"(?!(javascript|data|vbscript|file|blob|about|http):)[a-z][a-z0-9+.-]*://[^\s\"<>\\^`{|}]*\{id\}[^\s\"<>\\^`{|}]*"
)
_ORIGIN = r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?"


class SettingsError(ValueError):
    """The environment is wrong; the text has one line for each thing that is."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator can choose. `docs/configuration.md` says what each is for."""

    public_url: str
    project: str
    database: str
    app_name: str
    note_url: str
    """Where a note opens; `{id}` in it stands for the note's id."""
    company: str
    contact: str
    operators: frozenset[str]
    """Firebase uids of the people who may see how this service is used."""
    calls_per_minute: int
    firebase_api_key: str
    auth_helper_origin: str
    sign_in_methods: tuple[str, ...]
    code_lifetime: timedelta
    access_token_lifetime: timedelta
    refresh_token_lifetime: timedelta
    refresh_grace: timedelta
    iss_parameter: bool
    client_documents: bool
    dynamic_registration: bool
    self_registered_redirects: frozenset[str]
    """Of `hosts.HOSTS`: where assistants that nobody registered may take their answers."""
    mcp_sign_in: str
    openai_apps_challenge: str | None
    """What shows OpenAI that this host is the operator's; public."""
    registrations_per_hour: int
    failures_per_minute: int
    proxies: int
    key_secret: str | None
    """The key's secret in Secret Manager; None beside `local_key`."""
    local_key: bytes | None = field(repr=False)
    firestore_emulator: str | None
    auth_emulator: str | None

    @property
    def issuer(self) -> str:
        """The issuer identifier (RFC 8414 section 2, RFC 9207): the public URL, character for character."""
        return self.public_url

    @property
    def iss(self) -> str | None:
        """The `iss` parameter of every answer by redirect, unless it is switched off (RFC 9207)."""
        return self.issuer if self.iss_parameter else None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read ENV; raise `SettingsError` that names every missing or malformed variable at once."""
        read = _Reader(env)
        emulators = read.emulators()
        project = read.matching("GOOGLE_CLOUD_PROJECT", r"[a-z][a-z0-9-]{4,62}[a-z0-9]", "a Google Cloud project id")
        access_token_lifetime = read.seconds("ACCESS_TOKEN_SECONDS", 3600, 60, 86_400)
        settings = cls(
            public_url=read.public_url(local=bool(emulators)),
            project=project,
            database=read.matching(
                "FIRESTORE_DATABASE", r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]", "a database id", "(default)"
            ),
            app_name=read.matching("APP_NAME", r"\S(.{0,58}\S)?", "the app's name, at most 60 characters"),
            note_url=read.note_url(local=bool(emulators)),
            company=read.matching("COMPANY", r"\S(.{0,98}\S)?", "who runs the service, at most 100 characters"),
            contact=read.matching("CONTACT", _CONTACT, "an e-mail address or an https:// page where people can ask"),
            operators=read.operators(),
            calls_per_minute=read.number("CALLS_PER_MINUTE", 120, 1, 100_000),
            firebase_api_key=read.matching("FIREBASE_API_KEY", r"[\w-]{10,100}", "the Firebase web API key"),
            auth_helper_origin=read.matching(
                "FIREBASE_AUTH_HELPER", r"https://[a-z0-9.-]+", "an https origin", f"https://{project}.firebaseapp.com"
            ),
            sign_in_methods=read.sign_in_methods(),
            code_lifetime=read.seconds("CODE_SECONDS", 60, 10, 600),
            access_token_lifetime=access_token_lifetime,
            refresh_token_lifetime=read.refresh_token_lifetime(access_token_lifetime),
            refresh_grace=timedelta(seconds=read.number("REFRESH_GRACE_SECONDS", 60, 0, 60)),
            iss_parameter=read.switch("ISS_PARAMETER"),
            client_documents=read.switch("CLIENT_DOCUMENTS"),
            dynamic_registration=read.switch("DYNAMIC_REGISTRATION"),
            self_registered_redirects=read.hosts(),
            mcp_sign_in=read.matching("MCP_SIGN_IN", "first|when-needed", "either first or when-needed", "when-needed"),
            openai_apps_challenge=read.env.get("OPENAI_APPS_CHALLENGE")
            and read.matching("OPENAI_APPS_CHALLENGE", r"[\x21-\x7e]{1,500}", "the token that OpenAI shows"),
            registrations_per_hour=read.number("REGISTRATIONS_PER_HOUR", 60, 1, 100_000),
            failures_per_minute=read.number("FAILURES_PER_MINUTE", 20, 1, 100_000),
            # Cloud Run's own front end adds the caller's address as the last one (docs/configuration.md).
            proxies=read.number("PROXIES", 1 if env.get("K_SERVICE") else 0, 0, 5),
            key_secret=read.key_secret(),
            local_key=read.local_key(local=bool(emulators)),
            firestore_emulator=emulators.get("FIRESTORE_EMULATOR_HOST"),
            auth_emulator=emulators.get("FIREBASE_AUTH_EMULATOR_HOST"),
        )
        if read.problems:
            raise SettingsError(
                "The configuration is not complete:\n" + "\n".join(f"  {line}" for line in read.problems)
            )
        return settings


class _Reader:
    """Reads one variable at a time and collects what is wrong instead of stopping at the first."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []

    def matching(self, name: str, pattern: str, meaning: str, default: str | None = None) -> str:
        value = self.env.get(name, "") or default
        if value is None:
            self.problems.append(f"{name} is missing: {meaning}.")
            return ""
        if not re.fullmatch(pattern, value):
            self.problems.append(f"{name} is not {meaning}.")
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        text = self.env.get(name, "") or str(default)
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            self.problems.append(f"{name} is not a whole number from {least} to {most}.")
            return least
        return int(text)

    def seconds(self, name: str, default: int, least: int, most: int) -> timedelta:
        return timedelta(seconds=self.number(name, default, least, most))

    def switch(self, name: str) -> bool:
        text = self.env.get(name, "") or "on"
        if text not in ("on", "off"):
            self.problems.append(f"{name} is neither on nor off.")
        return text == "on"

    def sign_in_methods(self) -> tuple[str, ...]:
        chosen = tuple(self.env.get("SIGN_IN_METHODS", "google,email-link").split(","))
        if unknown := [method for method in chosen if method not in SIGN_IN_METHODS]:
            self.problems.append(f"SIGN_IN_METHODS names {unknown}; choose from {','.join(SIGN_IN_METHODS)}.")
        return chosen

    def hosts(self) -> frozenset[str]:
        chosen = frozenset(self.env.get("SELF_REGISTERED_REDIRECTS", ",".join(HOSTS)).split(","))
        if unknown := sorted(chosen.difference(HOSTS)):
            self.problems.append(f"SELF_REGISTERED_REDIRECTS names {unknown}; choose from {','.join(HOSTS)}.")
        return chosen

    def operators(self) -> frozenset[str]:
        uids = frozenset(filter(None, self.env.get("OPERATORS", "").split(",")))
        if not all(re.fullmatch(r"[^\s/]{1,128}", uid) for uid in uids):
            self.problems.append("OPERATORS is not a list of Firebase user ids, with commas between.")
        return uids

    def emulators(self) -> dict[str, str]:
        found = {name: self.env[name] for name in EMULATORS if self.env.get(name)}
        if found and self.env.get("K_SERVICE"):
            # The Auth emulator accepts unsigned tokens: with it, anyone could be anyone.
            self.problems.append(f"{' and '.join(found)} must not be set on Cloud Run: emulators accept forged tokens.")
        elif len(found) == 1:
            self.problems.append(f"Set both of {' and '.join(EMULATORS)}, or neither; only {''.join(found)} is set.")
        return found

    def key_secret(self) -> str | None:
        if not self.env.get("LOCAL_KEY"):
            return self.matching("KEY_SECRET", r"[A-Za-z0-9_-]{1,255}", "the id of the key's secret in Secret Manager")
        if self.env.get("KEY_SECRET"):
            self.problems.append("Set one of KEY_SECRET and LOCAL_KEY, not both.")
        return None

    def local_key(self, *, local: bool) -> bytes | None:
        text = self.env.get("LOCAL_KEY", "")
        if not text:
            return None
        if not local or self.env.get("K_SERVICE"):
            self.problems.append("LOCAL_KEY is for a machine with the emulators only; set KEY_SECRET instead.")
        if not re.fullmatch(r"[A-Za-z0-9_-]{43,}", text) or len(text) % 4 == 1:
            self.problems.append("LOCAL_KEY is not at least 32 bytes in base64url without padding (43 characters).")
            return None
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def public_url(self, *, local: bool) -> str:
        url = self.matching("PUBLIC_URL", _ORIGIN, "scheme and lower-case host alone, as https://mate.example.com")
        scheme, _, host = url.partition("://")
        if url and host.endswith({"https": ":443", "http": ":80"}.get(scheme, "/")):
            self.problems.append("PUBLIC_URL must not name the default port: browsers leave it out of an origin.")
        if scheme == "http" and not (local and re.fullmatch(_LOOPBACK, host)):
            self.problems.append("PUBLIC_URL must be https; http is for localhost beside the emulators only.")
        return url

    def note_url(self, *, local: bool) -> str:
        pattern = rf"{_NOTE_URL}|http://{_LOOPBACK}/notes/\{{id\}}" if local else _NOTE_URL
        return self.matching("NOTE_URL", pattern, "where a note opens, as https://app.example.com/notes/{id}")

    def refresh_token_lifetime(self, access_token_lifetime: timedelta) -> timedelta:
        lifetime = self.seconds("REFRESH_TOKEN_SECONDS", 30 * 86_400, 3600, 400 * 86_400)
        if lifetime < access_token_lifetime:  # the grant would be gone before its access token
            self.problems.append("REFRESH_TOKEN_SECONDS must not be less than ACCESS_TOKEN_SECONDS.")
        return lifetime
