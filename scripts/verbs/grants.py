"""Who may do what in the project, and no more: the table of roles, given where they are missing."""

from dataclasses import dataclass
from typing import Any

from scripts.verbs.gcloud import Gcloud
from scripts.verbs.plan import Plan
from scripts.verbs.processes import Failed

# With the conditions.
_WHOLE = {"options.requestedPolicyVersion": "3"}


@dataclass(frozen=True)
class Resource:
    noun: str
    """The words of gcloud that the commands of its policy begin with."""
    name: tuple[str, ...]
    """What follows in those commands: its name and flags."""
    address: str
    """Where its policy is read."""


@dataclass(frozen=True)
class Grant:
    role: str
    member: str
    """`allUsers`, or `serviceAccount:` and an e-mail address."""
    on: Resource


def grants(plan: Plan) -> tuple[Grant, ...]:
    """All that set-up gives to the two accounts: one serves, the other releases."""
    serves, releases = _member(plan.runtime_account), _member(plan.build_account)
    of_project = f"projects/{plan.project}"
    project = Resource(
        "projects",
        (plan.project,),
        f"cloudresourcemanager.googleapis.com/v1/{of_project}:getIamPolicy",
    )
    secret = Resource(
        "secrets",
        (plan.secret,),
        f"secretmanager.googleapis.com/v1/{of_project}/secrets/{plan.secret}:getIamPolicy",
    )
    repository = Resource(
        "artifacts repositories",
        (plan.repository, f"--location={plan.region}"),
        f"artifactregistry.googleapis.com/v1/{of_project}/locations/{plan.region}/repositories/{plan.repository}:getIamPolicy",
    )
    account = Resource(
        "iam service-accounts",
        (plan.runtime_account,),
        f"iam.googleapis.com/v1/{of_project}/serviceAccounts/{plan.runtime_account}:getIamPolicy",
    )
    bucket = Resource(
        "storage buckets", (f"gs://{plan.bucket}",), f"storage.googleapis.com/storage/v1/b/{plan.bucket}/iam"
    )
    return (
        Grant("roles/datastore.user", serves, project),
        Grant("roles/firebaseauth.viewer", serves, project),
        Grant("roles/secretmanager.secretAccessor", serves, secret),
        Grant("roles/run.developer", releases, project),
        Grant("roles/logging.logWriter", releases, project),
        Grant("roles/artifactregistry.writer", releases, repository),
        Grant("roles/iam.serviceAccountUser", releases, account),
        Grant("roles/storage.objectUser", releases, bucket),
    )


def to_everyone(plan: Plan) -> Grant:
    """Anybody may call the service, which asks who they are itself."""
    place = f"projects/{plan.project}/locations/{plan.region}/services/{plan.service}"
    service = Resource(
        "run services", (plan.service, f"--region={plan.region}"), f"run.googleapis.com/v1/{place}:getIamPolicy"
    )
    return Grant("roles/run.invoker", "allUsers", service)


def give(gcloud: Gcloud, wanted: tuple[Grant, ...]) -> None:
    """Give each that is not given yet; what its members have beyond is printed, and left for a person to decide."""
    members = {each.member for each in wanted}
    for on in dict.fromkeys(each.on for each in wanted):
        roles = {(each.role, each.member): each for each in wanted if each.on == on}
        bindings = _bindings(gcloud, on)
        plain = _pairs(each for each in bindings if "condition" not in each)
        for pair in (each for each in roles if each not in plain):
            _bind(gcloud, roles[pair])
        for role, member in sorted(_pairs(bindings) - roles.keys()):
            if member in members:
                print(f"not needed, and left: {role} of {member} on {on.noun} {on.name[0]}", flush=True)


def _bind(gcloud: Gcloud, grant: Grant) -> None:
    # Without a word on conditions, gcloud asks when the policy has any.
    role = (f"--role={grant.role}", f"--member={grant.member}", "--condition=None")
    gcloud.change(*grant.on.noun.split(), "add-iam-policy-binding", *grant.on.name, *role)


def _bindings(gcloud: Gcloud, on: Resource) -> Any:
    """Each API has its own way to be asked for the whole policy."""
    match on.noun:
        case "projects":
            body = {"options": {"requestedPolicyVersion": 3}}
            policy = gcloud.api.find(on.address, body=body, method="POST")
        case "iam service-accounts":
            policy = gcloud.api.find(on.address, _WHOLE, method="POST")
        case "storage buckets":
            policy = gcloud.api.find(on.address, {"optionsRequestedPolicyVersion": "3"})
        case _:
            policy = gcloud.api.find(on.address, _WHOLE)
    if policy is None and not gcloud.dry_run:
        raise Failed(f"there is no {on.noun} {on.name[0]} to give a role on. Run the same again.")
    return (policy or {}).get("bindings", [])


def _pairs(bindings: Any) -> set[tuple[str, str]]:
    return {(each["role"], member) for each in bindings for member in each["members"]}


def _member(account: str) -> str:
    return f"serviceAccount:{account}"
