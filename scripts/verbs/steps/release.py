"""Steps: what a release needs: the images' repository, the bucket, the service itself, and the trigger."""

import json
from typing import Any

from scripts.verbs.gcloud import Gcloud, Refused
from scripts.verbs.google_api import Denied, covers
from scripts.verbs.plan import Plan
from scripts.verbs.processes import ROOT, Failed

PLACEHOLDER = "us-docker.pkg.dev/cloudrun/container/hello"
_CLEANUP, _LIFECYCLE = ROOT / "cloud/cleanup.json", ROOT / "cloud/lifecycle.json"
_DAY = 86_400
_BRANCH, _BUILD_CONFIG = "^main$", "cloudbuild.yaml"


def make_repository(gcloud: Gcloud, plan: Plan) -> None:
    which = (plan.repository, f"--location={plan.region}")
    place = f"projects/{plan.project}/locations/{plan.region}/repositories/{plan.repository}"
    found = gcloud.api.find(f"artifactregistry.googleapis.com/v1/{place}")
    if found is None:
        gcloud.change("artifacts", "repositories", "create", *which, "--repository-format=docker")
    elif found["format"] != "DOCKER":
        raise Failed(f"the repository {plan.repository} is there, but for {found['format']}: choose another --service.")
    policies = json.loads(_CLEANUP.read_text(encoding="utf-8"))
    if found is None or found.get("cleanupPolicies") != cleanup_policies(policies) or found.get("cleanupPolicyDryRun"):
        policy = f"--policy={_CLEANUP.relative_to(ROOT)}"
        gcloud.change("artifacts", "repositories", "set-cleanup-policies", *which, policy, "--no-dry-run")


def cleanup_policies(file: list[Any]) -> dict[str, Any]:
    """What a repository has of FILE's policies: its `cleanupPolicies`, in the words of the API."""
    return {each["name"]: _spelled(each) for each in file}


def make_bucket(gcloud: Gcloud, plan: Plan) -> None:
    """Raises `Failed` for a bucket of this name that is another project's: what it holds would be built and run."""
    which = f"gs://{plan.bucket}"
    try:
        found = gcloud.api.find(f"storage.googleapis.com/storage/v1/b/{plan.bucket}")
    except Denied as denied:
        raise Failed(f"{denied}\nIf somebody else has {which}, choose another --service.") from None
    closed = ("--uniform-bucket-level-access", "--public-access-prevention")
    lifecycle = f"--lifecycle-file={_LIFECYCLE.relative_to(ROOT)}"
    if found is None:
        gcloud.change("storage", "buckets", "create", which, f"--location={plan.region}", *closed)
        gcloud.change("storage", "buckets", "update", which, lifecycle)
        return
    project = gcloud.api.find(f"cloudresourcemanager.googleapis.com/v1/projects/{plan.project}") or {}
    if str(found["projectNumber"]) != str(project.get("projectNumber")):
        raise Failed(f"the bucket {which} is another project's: choose another --service.")
    access = found.get("iamConfiguration", {})
    is_closed = (
        access.get("uniformBucketLevelAccess", {}).get("enabled", False),
        access.get("publicAccessPrevention") == "enforced",
    )
    flags = [flag for flag, done in zip(closed, is_closed, strict=True) if not done]
    if found.get("lifecycle") != json.loads(_LIFECYCLE.read_text(encoding="utf-8")):
        flags.append(lifecycle)
    if flags:
        gcloud.change("storage", "buckets", "update", which, *flags)


def make_service(gcloud: Gcloud, plan: Plan) -> None:
    """With Google's placeholder, so that its address is known. One that is there is the releases' to change."""
    if gcloud.api.find(plan.cloud_run) is None:
        what = (f"--image={PLACEHOLDER}", f"--region={plan.region}", f"--service-account={plan.runtime_account}")
        gcloud.change("run", "deploy", plan.service, *what, "--max-instances=1", "--no-allow-unauthenticated")


def url(gcloud: Gcloud, plan: Plan) -> str | None:
    """Where the service is reached; None before it is there, which is in a dry run."""
    service = gcloud.api.find(plan.cloud_run)
    found = service and service.get("status", {}).get("url")
    if not found and not gcloud.dry_run:
        raise Failed(f"Cloud Run has given {plan.service} no address yet. Run the same again.")
    return found or None


def make_trigger(gcloud: Gcloud, plan: Plan) -> None:
    """What is pushed to the main branch is released."""
    triggers = f"projects/{plan.project}/locations/{plan.region}/triggers"
    listed = gcloud.api.listed(f"cloudbuild.googleapis.com/v1/{triggers}", "triggers")
    found = next((each for each in listed if each.get("name") == plan.service), None)
    if plan.github is None:
        if found is None:
            print("left out: say --github=OWNER/REPO, and each push to its main branch releases itself", flush=True)
        return
    owner, _, name = plan.github.partition("/")
    # Substitutions in the order that gcloud sends them.
    given = {"_REGION": plan.region, "_SERVICE": plan.service}
    account = f"projects/{plan.project}/serviceAccounts/{plan.build_account}"
    wanted = {
        "github": {"owner": owner, "name": name, "push": {"branch": _BRANCH}},
        "filename": _BUILD_CONFIG,
        "serviceAccount": account,
        "substitutions": given,
    }
    if found and found.get("disabled"):
        print(f"the trigger {plan.service} is switched off, and left so: a push releases nothing", flush=True)
        return
    if found and covers(found, wanted):
        return
    if found and "github" not in found:
        raise Failed(f"the trigger {plan.service} is there, but is none of GitHub's: see to it.")
    flags = (
        f"--region={plan.region}",
        f"--repo-owner={owner}",
        f"--repo-name={name}",
        f"--branch-pattern={_BRANCH}",
        f"--build-config={_BUILD_CONFIG}",
        f"--service-account={account}",
    )
    said = ",".join(f"{key}={value}" for key, value in given.items())
    try:
        if found:
            gcloud.change(
                "builds", "triggers", "update", "github", plan.service, *flags, f"--update-substitutions={said}"
            )
        else:
            named = (f"--name={plan.service}", *flags, f"--substitutions={said}")
            gcloud.change("builds", "triggers", "create", "github", *named)
    except Refused as refused:
        if "epository mapping does not exist" not in str(refused):
            raise
        where = f"https://console.cloud.google.com/cloud-build/triggers;region={plan.region}/connect"
        raise Failed(
            f"{refused}\nCloud Build may not see {plan.github} yet: connect it at {where}?project={plan.project}, in a "
            "browser, then run the same again."
        ) from None


def _spelled(policy: dict[str, Any]) -> dict[str, Any]:
    said = {key: value for key, value in policy.items() if key != "name"}
    said |= {"id": policy["name"], "action": policy["action"]["type"]}
    if condition := policy.get("condition"):
        seconds = int(condition["olderThan"].removesuffix("d")) * _DAY
        said["condition"] = condition | {"olderThan": f"{seconds}s"}
    return said
