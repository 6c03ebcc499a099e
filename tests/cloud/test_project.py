"""`scripts/project setup` by the real gcloud: an empty project gets all, and once, also when it is killed all the time."""

import base64
import fcntl
import json
import pickle
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.verbs.index_file import Indexes, declared
from scripts.verbs.processes import ROOT
from scripts.verbs.project_steps import STEPS
from tests.cloud.empty_project import EmptyProject
from tests.cloud.project_runs import Done, Setup, commands, steps
from tests.cloud.proxy import Failure
from tests.cloud.somebody import TOKEN
from tests.cloud.test_indexes import PROJECT

RUN, BUILD = (f"serviceAccount:itsimple-mate-{name}@{PROJECT}.iam.gserviceaccount.com" for name in ("run", "build"))
PLACE = f"projects/{PROJECT}/locations/europe-west1"
BUCKET = f"{PROJECT}-itsimple-mate-build"
DATABASE = f"projects/{PROJECT}/databases/(default)"
GRANTS = {
    (f"projects/{PROJECT}", "roles/datastore.user", RUN),
    (f"projects/{PROJECT}", "roles/firebaseauth.viewer", RUN),
    (f"projects/{PROJECT}/secrets/itsimple-mate-key", "roles/secretmanager.secretAccessor", RUN),
    (f"projects/{PROJECT}", "roles/run.developer", BUILD),
    (f"projects/{PROJECT}", "roles/logging.logWriter", BUILD),
    (f"{PLACE}/repositories/itsimple-mate", "roles/artifactregistry.writer", BUILD),
    (f"projects/{PROJECT}/serviceAccounts/{RUN.partition(':')[2]}", "roles/iam.serviceAccountUser", BUILD),
    (f"buckets/{BUCKET}", "roles/storage.objectUser", BUILD),
    (f"{PLACE}/services/itsimple-mate", "roles/run.invoker", "allUsers"),
}
# By what set-up looks, and the step that does.
READS = [
    ("GET", f"/v1/projects/{PROJECT}/services$", "APIs"),
    ("GET", r"/databases/\(default\)$", "Firestore's database"),
    ("GET", "/collectionGroups/-/indexes$", "Firestore's indexes and TTL"),
    ("GET", "/collectionGroups/-/fields$", "Firestore's indexes and TTL"),
    ("GET", "/releases/", "Firestore's rules"),
    ("GET", "/backupSchedules$", "Firestore's backups"),
    ("GET", "/repositories/itsimple-mate$", "the images' repository"),
    ("GET", "/storage/v1/b/[^/]*$", "the build's bucket"),
    ("GET", "/secrets/itsimple-mate-key$", "the key"),
    ("GET", "/secrets/itsimple-mate-key/versions$", "the key"),
    ("GET", "/serviceAccounts/itsimple-mate-run@", "service accounts"),
    ("GET", "/metrics/itsimple-mate-", "what is counted in the log"),
    ("GET", "/namespaces/[^/]*/services/itsimple-mate$", "the service"),
    ("POST", f"/v1/projects/{PROJECT}:getIamPolicy$", "roles"),
    ("GET", "/storage/v1/b/.*/iam$", "roles"),
    ("GET", "/services/itsimple-mate:getIamPolicy$", "the service for everyone"),
    ("GET", "/triggers$", "the trigger"),
    ("GET", "/uptimeCheckConfigs$", "the uptime check"),
    ("GET", "/notificationChannels$", "alerts"),
    ("GET", "/alertPolicies$", "alerts"),
    ("GET", "/config$", "what is left to do"),
]


@dataclass
class Finished:
    project: EmptyProject
    setup: Setup
    first: Done
    told: str
    """All that Google was told, but the key to Secret Manager."""
    sent: list[str]
    made: Any


def lacking() -> EmptyProject:
    """Its Firestore will have all indexes but one, and all fields but one."""
    wanted = declared()
    fields = {key: field for key, field in wanted.fields.items() if key != ("oauthTokens", "expireAt")}
    return EmptyProject(PROJECT, Indexes(wanted.composites - {max(wanted.composites)}, fields), polls=1)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Iterator[Finished]:
    """Who changes it by hand sees that it is brought back. It is made once, however many workers there are."""
    file = tmp_path_factory.getbasetemp().parent / f"finished-project-{testrun_uid}"
    folder = tmp_path_factory.mktemp("finished")
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_bytes(pickle.dumps(_made(folder)))
    project, settings, first, told, sent = pickle.loads(file.read_bytes())  # noqa: S301  # our own
    with project.behind(folder) as through:
        setup = Setup(through, folder)
        setup.settings.write_text(settings, encoding="utf-8")
        yield Finished(project, setup, first, told, sent, project.state())


def _made(folder: Path) -> tuple[EmptyProject, str, Done, str, list[str]]:
    project = lacking()
    with project.behind(folder) as through:
        setup = Setup(through, folder)
        first = setup()
        exchanges = [each for each in through.exchanges if not each.path.endswith(":addVersion")]
        told = json.dumps([[each.path, dict(each.query), each.body, each.answer] for each in exchanges])
        return project, setup.settings.read_text(encoding="utf-8"), first, told, setup.writes()


def test_an_empty_project_gets_all_with_the_least_rights(finished: Finished) -> None:
    project, first = finished.project, finished.first

    assert first.returncode == 0, first.stderr
    assert steps(first) == [name for name, _ in STEPS]
    assert project.grants() == GRANTS
    rules = (ROOT / "firestore.rules").read_text(encoding="utf-8")
    assert project.rules.released("cloud.firestore/(default)") == rules
    assert project.admin.state().composites == declared().composites
    assert len(project.monitoring.named("alertPolicies")) == len(list((ROOT / "cloud/alerts").glob("*.json")))
    assert [each["retention"] for each in project.databases.schedules] == ["604800s"]
    assert "PUBLIC_URL=https://itsimple-mate-" in finished.setup.settings.read_text()


def test_what_is_made_is_closed_small_and_watched(finished: Finished) -> None:
    project = finished.project

    access = project.buckets.buckets[BUCKET]["iamConfiguration"]
    assert (access["uniformBucketLevelAccess"]["enabled"], access["publicAccessPrevention"]) == (True, "enforced")
    template = project.run.services["itsimple-mate"]["spec"]["template"]
    assert template["metadata"]["annotations"]["autoscaling.knative.dev/maxScale"] == "1"
    assert template["spec"]["serviceAccountName"] == RUN.partition(":")[2]
    (channel,) = (name for name in project.monitoring.things if "/notificationChannels/" in name)
    policies: list[Any] = [each for name, each in project.monitoring.things.items() if "/alertPolicies/" in name]
    assert [each["notificationChannels"] for each in policies] == [[channel]] * len(policies)
    counted = {f"logging.googleapis.com/user/{name}" for name in project.metrics.metrics}
    types = set(re.findall(r'metric\.type ?= ?"([^"]+)"', " ".join(_filters(policies))))
    assert types == counted | {
        "run.googleapis.com/request_count",
        "run.googleapis.com/request_latencies",
        "monitoring.googleapis.com/uptime_check/check_passed",
    }


def _filters(policies: Any) -> Iterator[str]:
    for policy in policies:
        for condition in policy["conditions"]:
            for kind in condition.values():
                if isinstance(kind, dict):
                    yield from (value for key, value in kind.items() if key.endswith("ilter"))


def test_what_counts_as_refused_is_what_the_log_says(finished: Finished) -> None:
    counted = finished.project.metrics.metrics["itsimple-mate-refused-authentications"]["filter"]
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "service").rglob("*.py"))

    reasons = re.findall(r'"([a-z]+_[a-z_]+)"', counted.partition("jsonPayload.reason")[2])
    assert {"access_denied", "unknown_or_ended", "not_signed_in"} <= set(reasons)
    assert [reason for reason in reasons if reason not in code] == []


def test_the_key_and_the_token_are_told_to_nobody_else(finished: Finished) -> None:
    (key,) = finished.project.secrets.versions[f"projects/{PROJECT}/secrets/itsimple-mate-key"]
    plain = base64.b64decode(key).decode()

    secret_bytes = base64.b64decode(plain)
    assert len(secret_bytes) == 32
    assert len(set(secret_bytes)) > 8
    for text in (finished.told, finished.first.stdout, finished.first.stderr, finished.setup.settings.read_text()):
        for secret in (plain, key, TOKEN):
            assert secret not in text


def test_the_second_time_nothing_is_made_or_changed(finished: Finished) -> None:
    again = finished.setup()

    assert (again.returncode, again.stderr, finished.setup.writes()) == (0, "", [])
    assert commands(again) == []
    assert finished.project.state() == finished.made
    assert len(finished.sent) >= len(commands(finished.first))


def test_killed_after_every_write_it_ends_the_same(finished: Finished, tmp_path: Path) -> None:
    project, killed = lacking(), 0

    with project.behind(tmp_path) as through:
        setup = Setup(through, tmp_path)
        while (done := setup.killed_at_the_first_write()).returncode < 0:
            assert len(setup.writes()) == 1, done.stdout
            killed += 1
            assert killed <= len(finished.sent), done.stdout

    assert (done.returncode, done.stderr) == (0, "")
    assert killed == len(finished.sent)
    assert project.state() == finished.made
    assert setup.settings.read_text() == finished.setup.settings.read_text()


def test_what_was_changed_by_hand_is_brought_back_and_only_that(finished: Finished) -> None:
    project = finished.project
    (uptime,) = (each for name, each in project.monitoring.things.items() if "/uptimeCheckConfigs/" in name)
    alert = next(each for name, each in project.monitoring.things.items() if "/alertPolicies/" in name)
    account = f"projects/{PROJECT}/serviceAccounts/{RUN.partition(':')[2]}"
    project.services.enabled.discard("logging.googleapis.com")
    project.databases.databases[DATABASE]["deleteProtectionState"] = "DELETE_PROTECTION_DISABLED"
    project.databases.schedules[0]["retention"] = "86400s"
    project.registry.repositories[f"{PLACE}/repositories/itsimple-mate"]["cleanupPolicyDryRun"] = True
    del project.buckets.buckets[BUCKET]["lifecycle"]
    project.metrics.metrics["itsimple-mate-failed-releases"]["filter"] = "severity=ERROR"
    del project.accounts.policies.of[account]
    project.builds.triggers.triggers["itsimple-mate"]["github"]["push"]["branch"] = ".*"
    uptime["httpCheck"]["path"] = "/"
    alert["enabled"] = False

    done = finished.setup()

    assert done.returncode == 0, done.stderr
    changed = project.state()
    assert finished.setup.writes() == [
        f"POST /v1/projects/{PROJECT}/services/logging.googleapis.com:enable",
        f"PATCH /v1/{DATABASE}",
        f"PATCH /v1/{project.databases.schedules[0]['name']}",
        f"PATCH /v1/{PLACE}/repositories/itsimple-mate",
        f"PATCH /storage/v1/b/{BUCKET}",
        f"PUT /v2/projects/{PROJECT}/metrics/itsimple-mate-failed-releases",
        f"POST /v1/{account}:setIamPolicy",
        f"PATCH /v1/{PLACE}/triggers/itsimple-mate",
        f"PATCH /v3/{uptime['name']}",
        f"PATCH /v3/{alert['name']}",
    ]
    assert changed == finished.made


def test_a_role_beyond_the_table_is_named_and_left(finished: Finished) -> None:
    policies = finished.project.resources.policies.of
    before = policies[f"projects/{PROJECT}"]
    owner = {"role": "roles/owner", "members": [BUILD, "user:ops@example.com"]}
    policies[f"projects/{PROJECT}"] = before | {"bindings": [*before["bindings"], owner]}

    done = finished.setup()

    policies[f"projects/{PROJECT}"] = before
    assert (done.returncode, finished.setup.writes()) == (0, [])
    assert [line for line in done.stdout.splitlines() if "not needed" in line] == [
        f"not needed, and left: roles/owner of {BUILD} on projects {PROJECT}"
    ]


@pytest.mark.parametrize(("method", "path", "step"), READS, ids=[each[2] for each in READS])
def test_what_may_not_be_seen_is_not_taken_for_absent(finished: Finished, method: str, path: str, step: str) -> None:
    refused = Failure(method, path, 1, 403, "PERMISSION_DENIED")
    finished.setup.through.failures[:] = [refused]

    done = finished.setup()

    finished.setup.through.failures.clear()
    assert (done.returncode, finished.setup.writes(), commands(done)) == (1, [], [])
    assert f"scripts/project: {step}: " in done.stderr
    assert "403 PERMISSION_DENIED" in done.stderr
    assert steps(done)[-1] == step


def test_a_dry_run_on_a_finished_project_says_nothing(finished: Finished) -> None:
    done = finished.setup("--dry-run")

    assert (done.returncode, finished.setup.writes(), commands(done)) == (0, [], [])


def test_where_the_organisation_forbids_everyone_it_says_who_can_help(finished: Finished) -> None:
    policies, name = finished.project.run.policies.of, f"{PLACE}/services/itsimple-mate"
    before, why = policies.pop(name), "do not belong to a permitted customer, perhaps due to an organization policy."
    forbids = Failure("POST", "/services/itsimple-mate:setIamPolicy$", 1, 400, "FAILED_PRECONDITION", why)
    finished.setup.through.failures[:] = [forbids]

    done = finished.setup()

    finished.setup.through.failures.clear()
    policies[name] = before
    assert done.returncode == 1
    assert "scripts/project: the service for everyone: " in done.stderr
    assert "roles/orgpolicy.policyAdmin" in done.stderr


def test_a_repository_that_nobody_connected_is_said_how_to(finished: Finished) -> None:
    triggers = finished.project.builds.triggers
    before = triggers.triggers.pop("itsimple-mate")
    triggers.connected.clear()

    done = finished.setup()

    triggers.connected.add("acme/mate")
    triggers.triggers["itsimple-mate"] = before
    assert done.returncode == 1
    assert "scripts/project: the trigger: " in done.stderr
    assert f"/connect?project={PROJECT}" in done.stderr


def test_what_is_done_in_firebase_is_seen_and_the_rest_is_asked_for(finished: Finished, tmp_path: Path) -> None:
    identity, host = finished.project.identity, "itsimple-mate-abc-ew.a.run.app"
    before_firebase = finished.setup()
    identity.config = {"client": {"apiKey": "AIza-0123456789"}, "signIn": {"email": {"enabled": True}}}
    begun = finished.setup(f"--settings={tmp_path / 'begun.env'}")
    identity.config["authorizedDomains"] = [host]
    identity.providers.add("google.com")
    text = (tmp_path / "begun.env").read_text()
    for name, value in {"APP_NAME": "Mate", "COMPANY": "Acme", "CONTACT": "ops@example.com"}.items():
        text = text.replace(f"{name}=\n", f"{name}={value}\n")
    (tmp_path / "begun.env").write_text(text)
    done = finished.setup(f"--settings={tmp_path / 'begun.env'}")

    identity.config = None
    identity.providers.clear()
    told = [each.stdout for each in (before_firebase, begun, done)]
    wanted = [
        "Add Firebase",
        "FIREBASE_API_KEY is missing",
        "Enable google:",
        f"Authorize the domain {host}",
        "COMPANY is",
    ]
    assert [[each for each in wanted if each in out] for out in told] == [
        [wanted[0], wanted[1], wanted[4]],
        wanted[2:],
        [],
    ]
    assert all("account sweep" in out and "budget" in out for out in told)


def test_a_trigger_that_somebody_switched_off_stays_so(finished: Finished) -> None:
    trigger = finished.project.builds.triggers.triggers["itsimple-mate"]
    trigger["disabled"] = True

    done = finished.setup()

    del trigger["disabled"]
    assert (done.returncode, finished.setup.writes()) == (0, [])
    assert "itsimple-mate is switched off, and left so" in done.stdout


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda project: project.buckets.buckets[BUCKET].update(projectNumber="1"), "another project's"),
        (
            lambda project: project.registry.repositories[f"{PLACE}/repositories/itsimple-mate"].update(format="NPM"),
            "but for NPM",
        ),
    ],
    ids=["somebody else's bucket", "a repository of something else"],
)
def test_what_has_our_name_and_is_not_ours_stops_it(finished: Finished, break_it: Any, said: str) -> None:
    buckets, repositories = finished.project.buckets.buckets, finished.project.registry.repositories
    before = deepcopy((buckets, repositories))
    break_it(finished.project)

    done = finished.setup()

    buckets.update(before[0])
    repositories.update(before[1])
    assert (done.returncode, finished.setup.writes()) == (1, [])
    assert said in done.stderr
