"""scripts/deploy: give this tree to Cloud Build, as a push to the main branch does, and wait for what comes of it."""

import shlex
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from scripts.verbs import settings_file
from scripts.verbs.plan import Plan, add_place, placed
from scripts.verbs.processes import ROOT, Failed


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of `gcloud builds submit`: 0 when the build released; 2 when the settings are not right."""
    parser = ArgumentParser(prog="scripts/deploy", description="Build, test and release this tree, on Cloud Build.")
    add_place(parser)
    plan = placed(parser.parse_args(arguments))
    try:
        settings_file.checked(plan.settings, plan)
    except Failed as failed:
        print(f"scripts/deploy: {failed}", file=sys.stderr)
        return 2
    command = submission(plan)
    print(shlex.join(command), flush=True)
    try:
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    except FileNotFoundError:
        print("scripts/deploy: gcloud is missing: install the Google Cloud CLI.", file=sys.stderr)
        return 2


def submission(plan: Plan) -> tuple[str, ...]:
    """The command. Its build runs as the build's account, with the source from the build's bucket."""
    account = f"projects/{plan.project}/serviceAccounts/{plan.build_account}"
    return (
        *("gcloud", "builds", "submit", ".", "--config=cloudbuild.yaml"),
        f"--gcs-source-staging-dir=gs://{plan.bucket}/source",
        f"--service-account={account}",
        f"--substitutions=_REGION={plan.region},_SERVICE={plan.service}",
        *(f"--region={plan.region}", f"--project={plan.project}", "--quiet"),
    )


if __name__ == "__main__":
    sys.exit(main())
