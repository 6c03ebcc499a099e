"""scripts/project: what a Google Cloud project needs before the first release, with gcloud.

Each step looks before it changes anything, so the same command again does only what is missing.
"""

import os
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from scripts.verbs.gcloud import Gcloud
from scripts.verbs.plan import Plan, add_place, add_settings
from scripts.verbs.processes import Failed
from scripts.verbs.project_steps import STEPS


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when the project has all; 1 at the first step that fails, with its name and why on stderr."""
    chosen = _parse(arguments)
    plan = Plan(
        chosen.project,
        chosen.database,
        chosen.region,
        chosen.location or chosen.region,
        chosen.service,
        chosen.github,
        chosen.email,
        chosen.settings,
    )
    gcloud = Gcloud(plan.project, dry_run=chosen.dry_run)
    for number, (name, step) in enumerate(STEPS, 1):
        print(f"# {number} of {len(STEPS)}: {name}", flush=True)
        try:
            step(gcloud, plan)
        except (Failed, ValueError) as failed:
            print(f"scripts/project: {name}: {failed}", file=sys.stderr)
            return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="scripts/project", description="Prepare a Google Cloud project, with gcloud.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    setup = verbs.add_parser("setup", help="make what is missing; safe to repeat")
    add_place(setup)
    add_settings(setup)
    database = os.environ.get("FIRESTORE_DATABASE", "(default)")
    setup.add_argument("--database", default=database, help="or FIRESTORE_DATABASE; %(default)s")
    setup.add_argument("--location", help="of Firestore, which can never be changed; the region")
    setup.add_argument("--github", metavar="OWNER/REPO", type=_repository, help="whose main branch is released")
    setup.add_argument("--email", metavar="ADDRESS", help="who is told of alerts")
    setup.add_argument("--dry-run", action="store_true", help="print what would be changed")
    return parser.parse_args(arguments)


def _repository(text: str) -> str:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", text):
        raise ValueError
    return text


if __name__ == "__main__":
    sys.exit(main())
