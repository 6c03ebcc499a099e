"""The configuration says everything that is wrong with it at once, and refuses a wrong world."""

import base64

import pytest

from service.settings import Settings, SettingsError

GOOD = {
    "PUBLIC_URL": "https://mate.example.com",
    "GOOGLE_CLOUD_PROJECT": "my-project",
    "APP_NAME": "ItsimpleAI",
    "NOTE_URL": "https://app.example.com/notes/{id}",
    "COMPANY": "Itsimple Ltd",
    "CONTACT": "privacy@example.com",
    "FIREBASE_API_KEY": "AIzaSyExampleExample",
    "KEY_SECRET": "mate-key",
}
EMULATORS = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:2"}
LOCAL_KEY = "secrecy_" + "-" * 35
BAD_NOTE_URLS = (
    "https://app.example.com/notes",
    "http://app.example.com/{id}",
    "/notes/{id}",
    "javascript://x/{id}",
    "https://app.example.com/ {id}",
)
LOCAL = EMULATORS | {"KEY_SECRET": "", "LOCAL_KEY": LOCAL_KEY}


def test_eight_variables_are_enough() -> None:
    settings = Settings.from_env(GOOD)

    assert settings.issuer == "https://mate.example.com"
    assert settings.auth_helper_origin == "https://my-project.firebaseapp.com"
    assert settings.sign_in_methods == ("google", "email-link")
    assert (settings.key_secret, settings.local_key) == ("mate-key", None)
    assert settings.access_token_lifetime.total_seconds() == 3600


def test_a_note_may_open_in_an_app_and_operators_are_few() -> None:
    settings = Settings.from_env(GOOD | {"NOTE_URL": "itsimpleai://notes/{id}", "OPERATORS": "BWtxIwx8,u2"})

    assert settings.note_url == "itsimpleai://notes/{id}"
    assert settings.operators == {"BWtxIwx8", "u2"}
    assert Settings.from_env(GOOD).operators == frozenset()


def test_who_may_connect_by_itself_is_a_list() -> None:
    chosen = Settings.from_env(GOOD | {"SELF_REGISTERED_REDIRECTS": "chatgpt,claude", "MCP_SIGN_IN": "first"})

    assert chosen.self_registered_redirects == {"chatgpt", "claude"}
    assert chosen.mcp_sign_in == "first"
    assert Settings.from_env(GOOD).self_registered_redirects == {"chatgpt", "claude", "cursor", "loopback", "other"}


def test_everything_missing_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as wrong:
        Settings.from_env({})

    for name in GOOD:
        assert f"{name} is missing" in str(wrong.value)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"PUBLIC_URL": "http://mate.example.com"}, "must be https"),
        ({"SELF_REGISTERED_REDIRECTS": "chatgpt,gemini"}, "SELF_REGISTERED_REDIRECTS names"),
        ({"SELF_REGISTERED_REDIRECTS": ""}, "SELF_REGISTERED_REDIRECTS names"),
        ({"MCP_SIGN_IN": "never"}, "MCP_SIGN_IN is not either first or when-needed"),
        ({"OPENAI_APPS_CHALLENGE": "two words"}, "OPENAI_APPS_CHALLENGE is not the token"),
        ({"PUBLIC_URL": "http://localhost:8080"}, "must be https"),
        ({"PUBLIC_URL": "https://mate.example.com/"}, "PUBLIC_URL is not"),
        ({"PUBLIC_URL": "https://mate.example.com/x"}, "PUBLIC_URL is not"),
        ({"PUBLIC_URL": "https://Mate.example.com"}, "PUBLIC_URL is not"),
        ({"PUBLIC_URL": "mate.example.com"}, "PUBLIC_URL is not"),
        ({"PUBLIC_URL": "https://["}, "PUBLIC_URL is not"),
        ({"PUBLIC_URL": "https://mate.example.com:443"}, "default port"),
        ({**EMULATORS, "PUBLIC_URL": "http://localhost:80"}, "default port"),
        ({"ACCESS_TOKEN_SECONDS": "86400", "REFRESH_TOKEN_SECONDS": "3600"}, "must not be less"),
        ({"GOOGLE_CLOUD_PROJECT": "My Project"}, "GOOGLE_CLOUD_PROJECT is not"),
        ({"APP_NAME": "x" * 61}, "APP_NAME is not"),
        ({"APP_NAME": " "}, "APP_NAME is not"),
        *(({"NOTE_URL": url}, "NOTE_URL is not") for url in (*BAD_NOTE_URLS, "http://localhost:8080/notes/{id}")),
        *(({**EMULATORS, "NOTE_URL": url}, "NOTE_URL is not") for url in BAD_NOTE_URLS),
        ({"COMPANY": "x" * 101}, "COMPANY is not"),
        *(({"CONTACT": contact}, "CONTACT is not") for contact in ("us", "http://example.com", "a@b", "https://")),
        *(({"OPERATORS": uids}, "OPERATORS is not") for uids in ("a/b", "a, b", "x" * 129)),
        ({"CALLS_PER_MINUTE": "0"}, "CALLS_PER_MINUTE is not"),
        ({"SIGN_IN_METHODS": "google,magic"}, "SIGN_IN_METHODS names"),
        ({"SIGN_IN_METHODS": ","}, "SIGN_IN_METHODS names"),
        ({"ACCESS_TOKEN_SECONDS": "1"}, "ACCESS_TOKEN_SECONDS is not"),
        ({"CODE_SECONDS": "soon"}, "CODE_SECONDS is not"),
        ({"REFRESH_TOKEN_SECONDS": "²"}, "REFRESH_TOKEN_SECONDS is not"),
        ({"FIREBASE_AUTH_HELPER": "http://x.firebaseapp.com"}, "FIREBASE_AUTH_HELPER is not"),
        ({"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}, "only FIRESTORE_EMULATOR_HOST is set"),
        ({**EMULATORS, "K_SERVICE": "mate"}, "must not be set on Cloud Run"),
        ({"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:2", "K_SERVICE": "mate"}, "must not be set on Cloud Run"),
        ({**EMULATORS, "PUBLIC_URL": "http://mate.example.com"}, "must be https"),
        ({"KEY_SECRET": ""}, "KEY_SECRET is missing"),
        ({**EMULATORS, "KEY_SECRET": ""}, "KEY_SECRET is missing"),
        ({"KEY_SECRET": "projects/p/secrets/s"}, "KEY_SECRET is not"),
        ({"KEY_SECRET": "x" * 256}, "KEY_SECRET is not"),
        ({"KEY_SECRET": "mate-key\n"}, "KEY_SECRET is not"),
        ({**LOCAL, "KEY_SECRET": "mate-key"}, "one of KEY_SECRET and LOCAL_KEY, not both"),
        ({"KEY_SECRET": "", "LOCAL_KEY": LOCAL_KEY}, "LOCAL_KEY is for a machine with the emulators"),
        ({**LOCAL, "K_SERVICE": "mate"}, "LOCAL_KEY is for a machine with the emulators"),
        ({**LOCAL, "LOCAL_KEY": LOCAL_KEY[:-1]}, "LOCAL_KEY is not"),
        ({**LOCAL, "LOCAL_KEY": LOCAL_KEY + "=" * 5}, "LOCAL_KEY is not"),
        ({**LOCAL, "LOCAL_KEY": LOCAL_KEY + "+/"}, "LOCAL_KEY is not"),
        ({**LOCAL, "LOCAL_KEY": "x" * 45}, "LOCAL_KEY is not"),  # a length that base64 does not have
        ({**LOCAL, "LOCAL_KEY": LOCAL_KEY + "\n"}, "LOCAL_KEY is not"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, str], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        Settings.from_env(GOOD | changed)


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1:9", "http://[::1]:8080"])
def test_beside_the_emulators_localhost_may_be_http(url: str) -> None:
    settings = Settings.from_env(GOOD | EMULATORS | {"PUBLIC_URL": url, "NOTE_URL": f"{url}/notes/{{id}}"})

    assert (settings.public_url, settings.note_url) == (url, f"{url}/notes/{{id}}")


@pytest.mark.parametrize("length", [32, 33, 34, 64])
def test_beside_the_emulators_the_key_may_be_local(length: int) -> None:
    key = bytes(range(250, 250 - length, -1))
    text = base64.urlsafe_b64encode(key).decode().rstrip("=")

    settings = Settings.from_env(GOOD | LOCAL | {"LOCAL_KEY": text})

    assert (settings.key_secret, settings.local_key) == (None, key)


def test_beside_the_emulators_the_key_may_be_in_secret_manager() -> None:
    assert Settings.from_env(GOOD | EMULATORS).key_secret == "mate-key"


@pytest.mark.parametrize(
    "secret",
    [
        {"FIREBASE_API_KEY": "s e c r e t"},
        {"KEY_SECRET": "s e c r e t"},
        {"LOCAL_KEY": "s e c r e t"},
        {**EMULATORS, "LOCAL_KEY": "s e c r e t"},
    ],
)
def test_no_value_is_repeated_in_a_complaint(secret: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as wrong:
        Settings.from_env(GOOD | secret)

    assert "s e c r e t" not in str(wrong.value)


def test_the_local_key_does_not_show_itself() -> None:
    settings = Settings.from_env(GOOD | LOCAL)

    assert settings.local_key
    assert "local_key" not in repr(settings)
    assert repr(settings.local_key) not in repr(settings)
    assert LOCAL_KEY not in repr(settings)
