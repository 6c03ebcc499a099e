"""Every variable of the environment that the service knows, and what may be in it.

`settings.py` reads them by this, and `scripts/settings` writes the table of docs/operating.md from it.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from service.oauth.hosts import HOSTS
from service.record import record

EMULATORS = ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST")
SET_BY = {"K_SERVICE": "Cloud Run", "K_REVISION": "Cloud Run", "PORT": "Cloud Run", "THREADS": "the release"}
"""What an operator of Cloud Run does not set, and who does."""
SAME = {"ISSUER": "PUBLIC_URL", "OAUTH_ISSUER": "PUBLIC_URL", "GCLOUD_PROJECT": "GOOGLE_CLOUD_PROJECT"}
"""What other programs call the same as one of ours: set to something else, one of the two is a mistake."""
_SWITCH = ("on", "off")
_CONTACT = r"https://[^\s\"<>\\^`{|}]{1,300}|[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+"


@record
class Variable:
    """`must_be` and `pattern` go together; a number has `least` and `most`, a choice its `choices`."""

    name: str
    meaning: str
    """For operators, in Markdown."""
    must_be: str = ""
    pattern: str = ".*"
    default: str | None = ""
    """None where there must be one, "" where nothing need be set. PROJECT in it is the project's id."""
    on_cloud_run: str = ""
    """The default there, if it is another."""
    least: int = 0
    most: int = 0
    choices: tuple[str, ...] = ()


VARIABLES = (
    Variable(
        "PUBLIC_URL",
        "where the service is reached; also the OAuth issuer, character for character",
        "scheme and lower-case host alone, as https://mate.example.com",
        r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?",
        default=None,
    ),
    Variable(
        "GOOGLE_CLOUD_PROJECT",
        "the Firebase project, its Authentication and its Firestore",
        "a Google Cloud project id",
        r"[a-z][a-z0-9-]{4,62}[a-z0-9]",
        default=None,
    ),
    Variable(
        "APP_NAME",
        "the app in which notes appear, as people know it",
        "the app's name, at most 60 characters",
        r"\S(.{0,58}\S)?",
        default=None,
    ),
    Variable(
        "NOTE_URL",
        "a note's address in the app or on the web, with `{id}` in place of its id; receipts have it. An app's own scheme "
        "will do: `itsimpleai://notes/{id}`. `PUBLIC_URL/notes/{id}` opens it in [the reader](reader.md) of this service, "
        "and beside the emulators that may be `http`",
        "where a note opens, as https://app.example.com/notes/{id}",
        # A scheme that a browser acts on by itself is no app's.
        r"(?!(javascript|data|vbscript|file|blob|about|http):)"
        r"[a-z][a-z0-9+.-]*://[^\s\"<>\\^`{|}]*\{id\}[^\s\"<>\\^`{|}]*",
        default=None,
    ),
    Variable(
        "COMPANY",
        "as `/privacy` names them",
        "who runs the service, at most 100 characters",
        r"\S(.{0,98}\S)?",
        default=None,
    ),
    Variable(
        "CONTACT",
        "where people ask about their data",
        "an e-mail address or an https:// page where people can ask",
        _CONTACT,
        default=None,
    ),
    Variable(
        "FIREBASE_API_KEY",
        "the pages need it, and it is public",
        "the Firebase web API key",
        r"[\w-]{10,100}",
        default=None,
    ),
    Variable(
        "KEY_SECRET",
        "where [the key](configuration.md#the-key) is; this or `LOCAL_KEY`, not both",
        "the id of the key's secret in Secret Manager",
        r"[A-Za-z0-9_-]{1,255}",
        default=None,
    ),
    Variable(
        "SIGN_IN_METHODS",
        "what the consent page offers",
        default="google,email-link",
        choices=("google", "apple", "password", "email-link"),
    ),
    Variable(
        "FIRESTORE_DATABASE",
        "which database of the project",
        "a database id",
        r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]",
        "(default)",
    ),
    Variable(
        "FIREBASE_AUTH_HELPER",
        "where `/__/auth/…` is relayed from",
        "an https origin",
        r"https://[a-z0-9.-]+",
        "https://PROJECT.firebaseapp.com",
    ),
    Variable("CODE_SECONDS", "how long an authorization code may be exchanged", default="60", least=10, most=600),
    Variable("ACCESS_TOKEN_SECONDS", "how long an access token works", default="3600", least=60, most=86_400),
    Variable(
        "REFRESH_TOKEN_SECONDS",
        "how long a connection lasts that is not used; not less than `ACCESS_TOKEN_SECONDS`",
        default="2592000",
        least=3600,
        most=34_560_000,
    ),
    Variable(
        "REFRESH_GRACE_SECONDS",
        "how long a refresh whose answer was lost may be asked for again",
        default="60",
        most=60,
    ),
    Variable(
        "ISS_PARAMETER",
        "whether answers by redirect carry `iss` (RFC 9207), and the metadata says so",
        default="on",
        choices=_SWITCH,
    ),
    Variable(
        "CLIENT_DOCUMENTS",
        "whether people may connect assistants that are known by a metadata document of their own (their id is its URL); "
        "those that are connected stay so",
        default="on",
        choices=_SWITCH,
    ),
    Variable(
        "DYNAMIC_REGISTRATION",
        "whether assistants may register themselves at `/register` (RFC 7591)",
        default="on",
        choices=_SWITCH,
    ),
    Variable(
        "SELF_REGISTERED_REDIRECTS",
        "where assistants that connect in one of these two ways may take their answers: at ChatGPT, Claude, Cursor, a "
        "program on the person's computer, any other `https` address. What is left out gets a page that says so; who is "
        "connected stays so. To take none, switch both ways off",
        default=",".join(HOSTS),
        choices=HOSTS,
    ),
    Variable(
        "MCP_SIGN_IN",
        "whether [MCP clients](mcp.md) sign in when a tool needs it, or `first`: without a token nothing is answered. "
        "Claude, and others that would never ask, always sign in first",
        "either first or when-needed",
        "first|when-needed",
        "when-needed",
    ),
    Variable(
        "OPENAI_APPS_CHALLENGE",
        "what `/.well-known/openai-apps-challenge` says, to show OpenAI that the host is yours",
        "the token that OpenAI shows",
        r"[\x21-\x7e]{1,500}",
    ),
    Variable(
        "REGISTRATIONS_PER_HOUR",
        "of one source address; five times as many in a day",
        default="60",
        least=1,
        most=100_000,
    ),
    Variable(
        "FAILURES_PER_MINUTE",
        "failed authentications, or links that do not work, of one client and source address",
        default="20",
        least=1,
        most=100_000,
    ),
    Variable(
        "CALLS_PER_MINUTE",
        "calls of one access token, by instance and door; ten times as many of one source address where no sign-in is "
        "needed, as it may be all of ChatGPT",
        default="120",
        least=1,
        most=100_000,
    ),
    Variable(
        "OPERATORS",
        "who may see at `/docs/calls` [which versions are called](contract.md)",
        "a list of Firebase user ids, with commas between",
        r"([^\s/,]{1,128}(,|\Z))*",
    ),
    Variable(
        "PROXIES",
        "how many entries at the end of `X-Forwarded-For` the operator's own proxies wrote; Cloud Run's front end adds one",
        default="0",
        on_cloud_run="1",
        most=5,
    ),
    Variable(EMULATORS[0], "the Firestore emulator; with the next one, or not at all", "host:port"),
    Variable(EMULATORS[1], "the Firebase Authentication emulator", "host:port"),
    Variable(
        "LOCAL_KEY",
        "the key itself, beside the emulators only; a secret",
        "at least 32 bytes in base64url without padding (43 characters)",
        r"[A-Za-z0-9_-]{43,}",
    ),
    Variable(
        "PORT",
        "where it listens: on every interface, and beside the emulators on `127.0.0.1` alone",
        default="8080",
        least=1,
        most=65_535,
    ),
    Variable(
        "THREADS",
        "how many requests it works on at a time: `containerConcurrency` of `service.yaml`, as one more would only wait "
        "inside",
        default="8",
        least=1,
        most=250,
    ),
    Variable("K_SERVICE", "the service's name; with it, emulators are refused, because they accept forged tokens"),
    Variable("K_REVISION", "which revision this is, as `/health` tells"),
)


def misspelt(names: Iterable[str]) -> list[str]:
    """One line for each of NAMES that an operator cannot set, with what may have been meant.

    For a file of settings, whose names all should be ours: an environment has many others.
    """
    ours = [variable.name for variable in VARIABLES]
    return [f"{name} {_wrong(name, ours)}." for name in names if name not in ours or name in SET_BY]


def _wrong(name: str, ours: list[str]) -> str:
    if name in SET_BY:
        return f"is set by {SET_BY[name]} itself"
    near = [SAME[name]] if name in SAME else get_close_matches(name, ours, 1)
    return "is no variable of this service" + (f"; {near[0]} may be meant" if near else "")
