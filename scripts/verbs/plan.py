"""What a project is to have, and under which names. Each name follows from the service's, as in cloudbuild.yaml."""

import os
import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import dataclass
from pathlib import Path

from scripts.verbs.processes import ROOT


@dataclass(frozen=True)
class Plan:
    project: str
    database: str
    region: str
    """Of Cloud Run, of its images and of the build."""
    location: str
    """Of Firestore: a region or a multi-region. It can never be changed."""
    service: str
    github: str | None = None
    """OWNER/REPO, whose main branch is released."""
    email: str | None = None
    """Who is told of alerts."""
    settings: Path = ROOT / "cloud/settings.env"
    """The service's own variables, as the operator sets them."""

    @property
    def repository(self) -> str:
        return self.service

    @property
    def secret(self) -> str:
        """What `KEY_SECRET` is to name."""
        return f"{self.service}-key"

    @property
    def bucket(self) -> str:
        """Of what is built from, and what is known of it."""
        return f"{self.project}-{self.service}-build"

    @property
    def runtime_account(self) -> str:
        return self._account("run")

    @property
    def build_account(self) -> str:
        return self._account("build")

    @property
    def firestore(self) -> str:
        """Where the database is asked about."""
        return f"firestore.googleapis.com/v1/projects/{self.project}/databases/{self.database}"

    @property
    def cloud_run(self) -> str:
        """Where the service is asked about."""
        host = f"{self.region}-run.googleapis.com"
        return f"{host}/apis/serving.knative.dev/v1/namespaces/{self.project}/services/{self.service}"

    def _account(self, name: str) -> str:
        return f"{self.service}-{name}@{self.project}.iam.gserviceaccount.com"


def add_place(parser: ArgumentParser) -> None:
    """The options that say which service is meant."""
    project = os.environ.get("GOOGLE_CLOUD_PROJECT")
    parser.add_argument("--project", default=project, required=not project, help="or GOOGLE_CLOUD_PROJECT")
    parser.add_argument("--region", default="europe-west1", help="of the service and its images; %(default)s")
    parser.add_argument(
        "--service", type=_service, default="itsimple-mate", help="%(default)s; the other names follow from it"
    )


def _service(text: str) -> str:
    """SERVICE-build is the id of an account, which has at most 30 characters."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,22}[a-z0-9]", text):
        raise ArgumentTypeError("3 to 24 lower-case letters, digits and hyphens, a letter first")
    return text


def add_settings(parser: ArgumentParser) -> None:
    what = "the service's variables; cloud/settings.env"
    parser.add_argument("--settings", metavar="FILE", type=Path, default=Plan.settings, help=what)


def placed(chosen: Namespace) -> Plan:
    """Of the service that is meant by CHOSEN; where Firestore is, set-up alone needs to know."""
    settings = getattr(chosen, "settings", Plan.settings)
    return Plan(chosen.project, "(default)", chosen.region, chosen.region, chosen.service, settings=settings)
