"""scripts/rollback: let the revision serve again that served before. One request, and safe to repeat."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from scripts.verbs import traffic
from scripts.verbs.cloud_run import CloudRun
from scripts.verbs.plan import add_place, placed
from scripts.verbs.processes import Failed
from scripts.verbs.shown import show
from scripts.verbs.traffic import Traffic


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it serves; 1 when nothing was changed, or Google refused, with why on stderr."""
    parser = ArgumentParser(prog="scripts/rollback", description="Let the revision serve again that served before.")
    parser.add_argument("--to", metavar="REVISION", help="this one; otherwise the one that the last release replaced")
    add_place(parser)
    chosen = parser.parse_args(arguments)
    plan = placed(chosen)
    try:
        roll_back(CloudRun(plan), chosen.to)
    except Failed as failed:
        show(f"scripts/rollback: {failed}", is_error=True)
        return 1
    return 0


def roll_back(run: CloudRun, chosen: str | None) -> None:
    """Let CHOSEN serve everyone, or what served before. Raises `Failed` when that cannot be known, or does not come."""
    service = run.service()
    now = traffic.of(service)
    if chosen:
        run.previous(chosen)  # it is there
    target = chosen or _target(run, service, now)
    if traffic.is_settled(now, target):
        show(f"{target} serves everyone already")
        return
    run.give_all(target)
    show(f"{target} serves everyone. Data stays as it is. The next scripts/release goes on from here.")


def _target(run: CloudRun, service: Any, now: Traffic) -> str:
    """While a canary is open, who serves most; after a release, what it replaced; a second time, only a person knows."""
    if len(now.shares) > 1 or now.canaries:
        return now.most
    previous = run.previous(now.most)
    newest = service["status"].get("latestReadyRevisionName")
    if newest != now.most:
        back = f"--to={previous} to go further back, or " if previous else ""
        raise Failed(
            f"{now.most} serves already: {newest}, which is newer, was taken back, by a release that failed or by this. "
            f"Say {back}--to={newest} to serve that."
        )
    if previous is None:
        raise Failed(f"{now.most} is not by scripts/release: say --to=REVISION, of gcloud run revisions list.")
    if run.previous(previous) is None:
        raise Failed(
            f"{now.most} is the first release; what was before is Google's placeholder: say --to={previous} for it."
        )
    return previous


if __name__ == "__main__":
    sys.exit(main())
