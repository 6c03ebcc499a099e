"""Steps: the APIs, the key, and the service accounts with their roles."""

import base64
import secrets

from scripts.verbs.gcloud import Gcloud, Refused
from scripts.verbs.grants import give, grants, to_everyone
from scripts.verbs.plan import Plan
from scripts.verbs.processes import Failed

# Each with what needs it.
APIS = {
    "artifactregistry": "the images",
    "cloudbuild": "the build",
    "cloudresourcemanager": "the project's roles",
    "firebaserules": "firestore.rules",
    "firestore": "the service",
    "iam": "the service accounts",
    "iamcredentials": "Cloud Build, which works as an account of ours",
    "identitytoolkit": "people's sign-in",
    "logging": "the log, and what is counted in it",
    "monitoring": "the uptime check and the alerts",
    "run": "the service",
    "secretmanager": "the key",
    "storage": "what is built from",
}


def switch_apis_on(gcloud: Gcloud, plan: Plan) -> None:
    """Raises `Failed` for a project that is not there, or not for whoever asks."""
    services = f"serviceusage.googleapis.com/v1/projects/{plan.project}/services"
    found = gcloud.api.listed(services, "services", {"filter": "state:ENABLED", "pageSize": "200"})
    on = {each["config"]["name"] for each in found}
    missing = [name for name in (f"{api}.googleapis.com" for api in APIS) if name not in on]
    if missing:
        gcloud.change("services", "enable", *missing)


def make_key(gcloud: Gcloud, plan: Plan) -> None:
    """A secret that has any version keeps it: rotation is another thing. Raises `Failed` when none of them can be read."""
    secret = f"secretmanager.googleapis.com/v1/projects/{plan.project}/secrets/{plan.secret}"
    if gcloud.api.find(secret) is None:
        gcloud.change("secrets", "create", plan.secret, "--replication-policy=automatic")
        versions = []
    else:
        versions = gcloud.api.listed(f"{secret}/versions", "versions")
    if versions and not any(each["state"] == "ENABLED" for each in versions):
        raise Failed(
            f"no version of {plan.secret} is enabled, so nobody can sign in: give\n"
            f"gcloud secrets versions enable NUMBER --secret={plan.secret} --project={plan.project}\n"
            "or add a new version: docs/operating.md, The key is rotated."
        )
    if not versions:
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        gcloud.change("secrets", "versions", "add", plan.secret, "--data-file=-", given=key)


def make_accounts(gcloud: Gcloud, plan: Plan) -> None:
    accounts = f"iam.googleapis.com/v1/projects/{plan.project}/serviceAccounts"
    for email, what in ((plan.runtime_account, "serves"), (plan.build_account, "releases")):
        found = gcloud.api.find(f"{accounts}/{email}")
        if found is None:
            name = email.partition("@")[0]
            gcloud.change("iam", "service-accounts", "create", name, f"--display-name={plan.service}: {what}")
        elif found.get("disabled"):
            gcloud.change("iam", "service-accounts", "enable", email)


def give_roles(gcloud: Gcloud, plan: Plan) -> None:
    give(gcloud, grants(plan))


def open_to_everyone(gcloud: Gcloud, plan: Plan) -> None:
    """Raises `Failed` when an organisation forbids it."""
    try:
        give(gcloud, (to_everyone(plan),))
    except Refused as refused:
        if "organization policy" not in str(refused):
            raise
        raise Failed(
            f"{refused}\nThe organisation's policy iam.allowedPolicyMemberDomains forbids what everyone may call, which "
            "the service must be: it asks who people are itself. Whoever has roles/orgpolicy.policyAdmin makes an "
            f"exception for the project {plan.project}."
        ) from None
