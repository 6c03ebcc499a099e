"""Configuration, read once from the environment. Nothing secret has a default."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from service.variables import EMULATORS, SAME, VARIABLES

_LOOPBACK = r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?"
_OF_A_TAG = r"[a-z0-9-]+---[a-z0-9.-]+\.run\.app(:[0-9]+)?"
_NAMED = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?(:[0-9]+)?"
_KNOWN = {variable.name: variable for variable in VARIABLES}


class SettingsError(ValueError):
    """The environment is wrong; the text has one line for each thing that is."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator can choose. `docs/operating.md` says what each is for."""

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
    port: int
    threads: int
    """How many requests are worked on at a time."""
    revision: str | None
    """Which revision of Cloud Run this is; None elsewhere."""

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
        read.compare_same()
        project = read.text("GOOGLE_CLOUD_PROJECT")
        access_token_lifetime = read.seconds("ACCESS_TOKEN_SECONDS")
        settings = cls(
            public_url=read.public_url(local=bool(emulators)),
            project=project,
            database=read.text("FIRESTORE_DATABASE"),
            app_name=read.text("APP_NAME"),
            note_url=read.note_url(local=bool(emulators)),
            company=read.text("COMPANY"),
            contact=read.text("CONTACT"),
            operators=frozenset(filter(None, read.text("OPERATORS").split(","))),
            calls_per_minute=read.number("CALLS_PER_MINUTE"),
            firebase_api_key=read.text("FIREBASE_API_KEY"),
            auth_helper_origin=read.helper_origin(project),
            sign_in_methods=read.several("SIGN_IN_METHODS"),
            code_lifetime=read.seconds("CODE_SECONDS"),
            access_token_lifetime=access_token_lifetime,
            refresh_token_lifetime=read.refresh_token_lifetime(access_token_lifetime),
            refresh_grace=read.seconds("REFRESH_GRACE_SECONDS"),
            iss_parameter=read.switch("ISS_PARAMETER"),
            client_documents=read.switch("CLIENT_DOCUMENTS"),
            dynamic_registration=read.switch("DYNAMIC_REGISTRATION"),
            self_registered_redirects=frozenset(read.several("SELF_REGISTERED_REDIRECTS")),
            mcp_sign_in=read.text("MCP_SIGN_IN"),
            openai_apps_challenge=read.text("OPENAI_APPS_CHALLENGE") or None,
            registrations_per_hour=read.number("REGISTRATIONS_PER_HOUR"),
            failures_per_minute=read.number("FAILURES_PER_MINUTE"),
            proxies=read.number("PROXIES"),
            key_secret=read.key_secret(),
            local_key=read.local_key(local=bool(emulators)),
            firestore_emulator=emulators.get("FIRESTORE_EMULATOR_HOST"),
            auth_emulator=emulators.get("FIREBASE_AUTH_EMULATOR_HOST"),
            port=read.number("PORT"),
            threads=read.number("THREADS"),
            revision=read.text("K_REVISION") or None,
        )
        if read.problems:
            raise SettingsError("\n  ".join(["The configuration is not complete:", *read.problems]))
        return settings


class _Reader:
    """Reads one variable at a time and collects what is wrong instead of stopping at the first."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []
        self.on_cloud_run = bool(env.get("K_SERVICE"))

    def text(self, name: str, or_else: str = "(?!)") -> str:
        """What is set, else the default; it matches the variable's own pattern, or this other one."""
        known, value = _KNOWN[name], self._value(name)
        if value is None:
            self.problems.append(f"{name} is missing: {known.must_be}.")
            return ""
        if value and not re.fullmatch(rf"{known.pattern}|{or_else}", value):
            self.problems.append(f"{name} is not {known.must_be}.")
        return value

    def number(self, name: str) -> int:
        known, text = _KNOWN[name], self._value(name) or ""
        if not re.fullmatch(r"[0-9]{1,9}", text) or not known.least <= int(text) <= known.most:
            self.problems.append(f"{name} is not a whole number from {known.least} to {known.most}.")
            return known.least
        return int(text)

    def seconds(self, name: str) -> timedelta:
        return timedelta(seconds=self.number(name))

    def switch(self, name: str) -> bool:
        text = self._value(name)
        if text not in _KNOWN[name].choices:
            self.problems.append(f"{name} is neither on nor off.")
        return text == "on"

    def several(self, name: str) -> tuple[str, ...]:
        known = _KNOWN[name]
        chosen = tuple(self.env.get(name, known.default or "").split(","))
        if unknown := [each for each in chosen if each not in known.choices]:
            self.problems.append(f"{name} names {unknown}; choose from {','.join(known.choices)}.")
        return chosen

    def _value(self, name: str) -> str | None:
        known = _KNOWN[name]
        return self.env.get(name) or (known.on_cloud_run if self.on_cloud_run else "") or known.default

    def emulators(self) -> dict[str, str]:
        found = {name: self.env[name] for name in EMULATORS if self.env.get(name)}
        if found and self.on_cloud_run:
            # The Auth emulator accepts unsigned tokens: with it, anyone could be anyone.
            self.problems.append(f"{' and '.join(found)} must not be set on Cloud Run: emulators accept forged tokens.")
        elif len(found) == 1:
            self.problems.append(f"Set both of {' and '.join(EMULATORS)}, or neither; only {''.join(found)} is set.")
        return found

    def compare_same(self) -> None:
        for other, ours in SAME.items():
            if self.env.get(other) and self.env[other] != self.env.get(ours):
                self.problems.append(f"{other} differs from {ours}, and {ours} is what counts: take {other} away.")

    def key_secret(self) -> str | None:
        if not self.env.get("LOCAL_KEY"):
            return self.text("KEY_SECRET")
        if self.env.get("KEY_SECRET"):
            self.problems.append("Set one of KEY_SECRET and LOCAL_KEY, not both.")
        return None

    def local_key(self, *, local: bool) -> bytes | None:
        text = self.env.get("LOCAL_KEY", "")
        if not text:
            return None
        if not local or self.on_cloud_run:
            self.problems.append("LOCAL_KEY is for a machine with the emulators only; set KEY_SECRET instead.")
        known = _KNOWN["LOCAL_KEY"]
        if not re.fullmatch(known.pattern, text) or len(text) % 4 == 1:
            self.problems.append(f"LOCAL_KEY is not {known.must_be}.")
            return None
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def public_url(self, *, local: bool) -> str:
        url = self.text("PUBLIC_URL")
        scheme, _, host = url.partition("://")
        if url and host.endswith({"https": ":443", "http": ":80"}.get(scheme, "/")):
            self.problems.append("PUBLIC_URL must not name the default port: browsers leave it out of an origin.")
        if scheme == "http" and not (local and re.fullmatch(_LOOPBACK, host)):
            self.problems.append("PUBLIC_URL must be https; http is for localhost beside the emulators only.")
        elif url and self.on_cloud_run and not re.fullmatch(_NAMED, host):
            self.problems.append(
                "PUBLIC_URL has no public host name; on Cloud Run everybody must reach the service there."
            )
        if re.fullmatch(_OF_A_TAG, host):
            self.problems.append(
                "PUBLIC_URL is that of one revision's tag; set the service's own, without what is before ---."
            )
        return url

    def note_url(self, *, local: bool) -> str:
        return self.text("NOTE_URL", or_else=rf"http://{_LOOPBACK}/notes/\{{id\}}" if local else "(?!)")

    def helper_origin(self, project: str) -> str:
        return self.text("FIREBASE_AUTH_HELPER", r"https://PROJECT\.firebaseapp\.com").replace("PROJECT", project)

    def refresh_token_lifetime(self, access_token_lifetime: timedelta) -> timedelta:
        lifetime = self.seconds("REFRESH_TOKEN_SECONDS")
        if lifetime < access_token_lifetime:  # the grant would be gone before its access token
            self.problems.append("REFRESH_TOKEN_SECONDS must not be less than ACCESS_TOKEN_SECONDS.")
        return lifetime
