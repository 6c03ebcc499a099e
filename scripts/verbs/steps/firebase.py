"""Steps: the service's own variables, and what only a person can do, in Firebase's console and elsewhere."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from scripts.verbs import settings_file
from scripts.verbs.gcloud import Gcloud
from scripts.verbs.plan import Plan
from scripts.verbs.steps.release import url

_BILLING = "https://console.cloud.google.com/billing/linkedaccount?project="
_CONSOLE = "https://console.firebase.google.com/project"


def write_settings(gcloud: Gcloud, plan: Plan) -> None:
    """What can be known, if the file is missing; it is the operator's from then on."""
    if plan.settings.exists():
        return
    config = _config(gcloud, plan) or {}
    public_url = url(gcloud, plan) or ""
    known = {
        "PUBLIC_URL": public_url,
        "GOOGLE_CLOUD_PROJECT": plan.project,
        "FIRESTORE_DATABASE": plan.database,
        "KEY_SECRET": plan.secret,
        "FIREBASE_API_KEY": config.get("client", {}).get("apiKey", ""),
        "NOTE_URL": public_url and f"{public_url}/notes/{{id}}",
        "APP_NAME": "",
        "COMPANY": "",
        "CONTACT": "",
    }
    print(f"write {plan.settings.name}", flush=True)
    if not gcloud.dry_run:
        half = plan.settings.with_suffix(".half")
        half.write_text("".join(f"{name}={value}\n" for name, value in known.items()), encoding="utf-8")
        half.replace(plan.settings)


def say_what_is_left(gcloud: Gcloud, plan: Plan) -> None:
    """Nothing is made here. What can be seen to be done is not asked for."""
    env = settings_file.read(plan.settings) if plan.settings.exists() else {}
    for number, line in enumerate((*_settings(plan, env), *_firebase(gcloud, plan, env), *_elsewhere(plan)), 1):
        print(f"by hand, {number}. {line}", flush=True)


def _settings(plan: Plan, env: Mapping[str, str]) -> Iterator[str]:
    """What the release would refuse, and what is not as set-up has made it."""
    made = {"FIRESTORE_DATABASE": plan.database, "KEY_SECRET": plan.secret}
    wrong = settings_file.wrongs(env, plan)
    wrong += [
        f"{name} is {env[name]}; set-up made {is_made}."
        for name, is_made in made.items()
        if env.get(name, is_made) != is_made
    ]
    if wrong:
        yield "\n  ".join([f"Fill in {plan.settings.name} (docs/operating.md, Settings):", *wrong])


def _firebase(gcloud: Gcloud, plan: Plan, env: Mapping[str, str]) -> Iterator[str]:
    config = _config(gcloud, plan)
    console = f"{_CONSOLE}/{plan.project}"
    if config is None:
        yield (
            f"Add Firebase to the project, at https://console.firebase.google.com (Add project, {plan.project}), and "
            f"begin with Authentication: {console}/authentication. Then run the same again: it says what is next."
        )
        return
    key = config.get("client", {}).get("apiKey")
    if not key:
        yield f"Add a web app, which makes the API key: {console}/settings/general."
    elif env and env.get("FIREBASE_API_KEY") != key:
        yield f"{plan.settings.name}: the project's FIREBASE_API_KEY is {key}."
    wanted = (env.get("SIGN_IN_METHODS") or "google,email-link").split(",")
    enabled = _enabled(gcloud, plan, config)
    if missing := [each for each in wanted if each.strip() not in enabled]:
        yield f"Enable {', '.join(missing)}: {console}/authentication/providers."
    host = urlsplit(env.get("PUBLIC_URL", "")).hostname
    if host and host not in config.get("authorizedDomains", ()):
        yield f"Authorize the domain {host}: {console}/authentication/settings."
    if host and "google" in wanted:
        yield (
            f"Give Google's web client the redirect URI https://{host}/__/auth/handler, if it has not: "
            f"https://console.cloud.google.com/apis/credentials?project={plan.project}. No API tells."
        )


def _elsewhere(plan: Plan) -> Iterator[str]:
    yield f"Set a budget, which tells you and stops nothing: {_BILLING}{plan.project}, or `gcloud billing budgets create`."
    yield (
        f"Once a day, let a machine of yours run GOOGLE_CLOUD_PROJECT={plan.project} scripts/account sweep, as somebody "
        "with roles/datastore.user and roles/firebaseauth.viewer: it keeps the promise that the data of deleted accounts "
        "goes. Set-up schedules nothing for it."
    )


def _enabled(gcloud: Gcloud, plan: Plan, config: Any) -> set[str]:
    """The sign-in methods that people can use, in the words of SIGN_IN_METHODS."""
    email = config.get("signIn", {}).get("email", {})
    providers = gcloud.api.listed(f"{_identity(plan)}/defaultSupportedIdpConfigs", "defaultSupportedIdpConfigs")
    on = {each["name"].rpartition("/")[2].removesuffix(".com") for each in providers if each.get("enabled")}
    if email.get("enabled"):
        # Where no password is required, a link will do.
        on |= {"password"} if email.get("passwordRequired") else {"password", "email-link"}
    return on


def _config(gcloud: Gcloud, plan: Plan) -> Any:
    """None before Firebase Authentication has been begun with."""
    return gcloud.api.find(f"{_identity(plan)}/config")


def _identity(plan: Plan) -> str:
    return f"identitytoolkit.googleapis.com/v2/projects/{plan.project}"
