"""The configuration says everything that is wrong with it at once, and refuses a wrong world."""

import base64
import os
import subprocess

import pytest

from scripts.verbs.processes import ROOT
from service.settings import Settings, SettingsError
from service.variables import misspelt
from tests.deployed import START, environment

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
    assert (settings.proxies, Settings.from_env(GOOD | {"K_SERVICE": "mate"}).proxies) == (0, 1)
    assert (settings.port, settings.threads) == (8080, 8)
    assert settings.revision is None
    assert Settings.from_env(GOOD | {"K_REVISION": "mate-c-0a1b2c3"}).revision == "mate-c-0a1b2c3"


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
        *(({"PORT": port}, "PORT is not") for port in ("http", "0", "65536")),
        *(({"THREADS": threads}, "THREADS is not") for threads in ("0", "251", "-1")),
        ({"CODE_SECONDS": "soon"}, "CODE_SECONDS is not"),
        ({"REFRESH_TOKEN_SECONDS": "²"}, "REFRESH_TOKEN_SECONDS is not"),
        ({"FIREBASE_AUTH_HELPER": "http://x.firebaseapp.com"}, "FIREBASE_AUTH_HELPER is not"),
        ({"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}, "only FIRESTORE_EMULATOR_HOST is set"),
        ({**EMULATORS, "K_SERVICE": "mate"}, "must not be set on Cloud Run"),
        ({"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:2", "K_SERVICE": "mate"}, "must not be set on Cloud Run"),
        ({**EMULATORS, "PUBLIC_URL": "http://mate.example.com"}, "must be https"),
        *(
            ({"PUBLIC_URL": f"https://{host}", "K_SERVICE": "mate"}, "PUBLIC_URL has no public host name")
            for host in ("localhost:8080", "127.0.0.2", "10.0.0.1", "[::1]:8080", "localhost.", "mate", ".")
        ),
        ({"PUBLIC_URL": "https://c-0a1b---mate-123.europe-west1.run.app:8443"}, "of one revision's tag"),
        ({"PUBLIC_URL": "https://c-0a1b---mate-123.europe-west1.run.app"}, "PUBLIC_URL is that of one revision's tag"),
        ({"ISSUER": "https://mate.example.com/"}, "ISSUER differs from PUBLIC_URL"),
        ({"OAUTH_ISSUER": "https://login.example.com"}, "OAUTH_ISSUER differs from PUBLIC_URL"),
        ({"GCLOUD_PROJECT": "another"}, "GCLOUD_PROJECT differs from GOOGLE_CLOUD_PROJECT"),
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


def test_what_others_call_it_may_say_the_same() -> None:
    same = {"ISSUER": GOOD["PUBLIC_URL"], "GCLOUD_PROJECT": GOOD["GOOGLE_CLOUD_PROJECT"]}

    assert Settings.from_env(GOOD | same) == Settings.from_env(GOOD)


def test_six_things_wrong_end_the_process_with_a_line_each_and_nothing_else() -> None:
    wrong = environment("my-project", "http://mate.example.com") | {
        "K_SERVICE": "mate",
        "LOCAL_KEY": "",
        "ISSUER": "https://login.example.com",
        "CODE_SECONDS": "soon",
        "PORT": "http",
    }

    done = subprocess.run(
        START,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | wrong,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "The configuration is not complete:",
        f"  {' and '.join(EMULATORS)} must not be set on Cloud Run: emulators accept forged tokens.",
        "  ISSUER differs from PUBLIC_URL, and PUBLIC_URL is what counts: take ISSUER away.",
        "  PUBLIC_URL must be https; http is for localhost beside the emulators only.",
        "  CODE_SECONDS is not a whole number from 10 to 600.",
        "  KEY_SECRET is missing: the id of the key's secret in Secret Manager.",
        "  PORT is not a whole number from 1 to 65535.",
    ]


def test_a_name_in_a_file_of_settings_that_is_not_ours_is_named_with_what_may_be_meant() -> None:
    assert misspelt(GOOD) == []
    assert misspelt(["PUBLIC_ULR", "ISSUER", "K_SERVICE", "THREADS", "COLOUR"]) == [
        "PUBLIC_ULR is no variable of this service; PUBLIC_URL may be meant.",
        "ISSUER is no variable of this service; PUBLIC_URL may be meant.",
        "K_SERVICE is set by Cloud Run itself.",
        "THREADS is set by the release itself.",
        "COLOUR is no variable of this service.",
    ]


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
