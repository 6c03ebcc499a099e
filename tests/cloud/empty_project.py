"""A Google Cloud project that has nothing yet, behind a proxy: all APIs that set-up uses, with their state."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from scripts.verbs.index_file import Indexes
from tests.cloud.artifact_registry import ArtifactRegistry
from tests.cloud.buckets import Buckets
from tests.cloud.cloud_build import CloudBuild
from tests.cloud.cloud_run import CloudRun
from tests.cloud.databases import Databases
from tests.cloud.firebase_rules import FirebaseRules
from tests.cloud.firestore_admin import FirestoreAdmin
from tests.cloud.identity_toolkit import IdentityToolkit
from tests.cloud.log_metrics import LogMetrics
from tests.cloud.monitoring import Monitoring
from tests.cloud.proxy import Api, Proxy, proxy
from tests.cloud.resource_manager import ResourceManager
from tests.cloud.secret_manager import SecretManager
from tests.cloud.service_accounts import ServiceAccounts
from tests.cloud.service_usage import ServiceUsage

REGION = "europe-west1"
_NONCE = "client.knative.dev/nonce"  # by which gcloud knows its own change; another each time


class EmptyProject:
    """Its Firestore will have INDEXES as soon as it has a database, to spare the time of making them one by one."""

    def __init__(self, project: str, indexes: Indexes, polls: int = 0) -> None:
        self.services = ServiceUsage(project, polls)
        self.admin = FirestoreAdmin(indexes)
        self.databases = Databases(self.admin, polls)
        self.rules = FirebaseRules(project)
        self.registry = ArtifactRegistry(polls)
        self.secrets = SecretManager()
        self.accounts = ServiceAccounts(project)
        self.resources = ResourceManager(project)
        self.buckets = Buckets()
        self.run = CloudRun(project)
        self.builds = CloudBuild("acme/mate")
        self.metrics = LogMetrics()
        self.monitoring = Monitoring(project)
        self.identity = IdentityToolkit()

    def grants(self) -> set[tuple[str, str, str]]:
        """Resource, role and member, in all of the project."""
        several = (self.resources, self.registry, self.secrets, self.accounts, self.buckets, self.run)
        return {grant for each in several for grant in each.policies.grants()}

    def state(self) -> Any:
        """All that set-up makes, the key by the number of its versions."""
        firestore = (self.databases.databases, self.databases.schedules, self.admin.indexes, self.admin.fields)
        versions = {name: len(each) for name, each in self.secrets.versions.items()}
        watched = (self.metrics.metrics, self.monitoring.things)
        made = (
            self.registry.repositories,
            self.buckets.buckets,
            self.secrets.secrets,
            versions,
            self.accounts.accounts,
        )
        services = deepcopy(self.run.services)
        for each in services.values():
            each["spec"]["template"]["metadata"]["labels"].pop(_NONCE, None)
        released = (services, self.builds.triggers.triggers, self.rules.rulesets, self.rules.releases)
        return deepcopy((self.services.enabled, firestore, made, released, watched, self.grants()))

    @contextmanager
    def behind(self, folder: Path) -> Iterator[Proxy]:
        gated: dict[str, Any] = {
            "artifactregistry": self.registry,
            "cloudbuild": self.builds,
            "cloudresourcemanager": self.resources,
            "firebaserules": self.rules,
            "firestore": self.databases,
            "iam": self.accounts,
            "identitytoolkit": self.identity,
            "logging": self.metrics,
            "monitoring": self.monitoring,
            "run": self.run,
            "secretmanager": self.secrets,
            "storage": self.buckets,
        }
        hosts = ((f"{name}.googleapis.com", api) for name, api in gated.items())
        apis: dict[str, Api] = {host: self.services.behind(host, api) for host, api in hosts}
        apis[f"{REGION}-run.googleapis.com"] = apis["run.googleapis.com"]
        with proxy(folder, apis | {"serviceusage.googleapis.com": self.services}) as through:
            yield through
