"""The service on Cloud Run: what is there is asked by REST, what changes it is told by gcloud, and printed."""

import shlex
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.verbs import traffic
from scripts.verbs.gcloud import Refused, run, token
from scripts.verbs.google_api import GoogleApi
from scripts.verbs.plan import Plan
from scripts.verbs.processes import Failed
from scripts.verbs.shown import show
from scripts.verbs.traffic import Traffic

_PAUSES = (1.0, 3.0)
# gcloud itself tries again what failed with 500, 503 or without an answer, but not these.
_AGAIN = ("ABORTED", "Conflict for resource", "RESOURCE_EXHAUSTED", "Too Many Requests")


class CloudRun:
    """The service of PLAN. A change that meets another's, or comes too fast, is tried again after a PAUSE."""

    def __init__(self, plan: Plan, pause: Callable[[float], object] = time.sleep) -> None:
        self.plan, self._pause = plan, pause

    def service(self) -> Any:
        """All that Cloud Run says of it. Raises `Failed`."""
        found = self._api.find(self.plan.cloud_run)
        if found is None:
            raise Failed(
                f"there is no service {self.plan.service} in {self.plan.region} of {self.plan.project}: "
                "run scripts/project setup first."
            )
        return found

    def traffic(self) -> Traffic:
        return traffic.of(self.service())

    def previous(self, revision: str) -> str | None:
        """Which revision served when REVISION was released; None for one that no release of ours made.

        Raises `Failed` for one that is not there.
        """
        found = self._api.find(f"{self.plan.cloud_run.partition('/services/')[0]}/revisions/{revision}")
        if found is None:
            where = f"--service={self.plan.service} --region={self.plan.region} --project={self.plan.project}"
            raise Failed(f"there is no revision {revision}: see gcloud run revisions list {where}")
        annotations: dict[str, str] = found["metadata"].get("annotations", {})
        return annotations.get(traffic.PREVIOUS)

    def digest(self, image: str) -> str:
        """IMAGE, an address in Artifact Registry with a tag or a digest, by its digest."""
        name, at, _ = image.partition("@")
        if at:
            return image
        place, _, tag = name.rpartition(":")
        if place.count("/") < 3 or "/" in tag:
            raise Failed(f"{image} is no image of Artifact Registry with a tag or a digest")
        host, project, repository, package = place.split("/", 3)
        where = f"projects/{project}/locations/{host.removesuffix('-docker.pkg.dev')}/repositories/{repository}"
        called = package.replace("/", "%2F")
        found = self._api.find(f"artifactregistry.googleapis.com/v1/{where}/packages/{called}/tags/{tag}")
        if found is None:
            raise Failed(f"there is no image {image}: push it first.")
        return f"{place}@{found['version'].rpartition('/')[2]}"

    def replace(self, text: str) -> None:
        """Let the service be as TEXT, a service.yaml, says. Raises `Failed` also when its revision does not start."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "service.yaml"
            file.write_text(text, encoding="utf-8")
            where = (f"--region={self.plan.region}", f"--project={self.plan.project}", "--quiet")
            command = ("gcloud", "run", "services", "replace", str(file), *where)
            show(shlex.join(command))
            run(command, apart=True)

    def give_all(self, revision: str) -> None:
        """Let REVISION serve everyone, and close every canary. One request. Raises `Failed` unless it is so afterwards.

        What Cloud Run says counts, not how gcloud ends: with a newest revision that never started it always fails.
        """
        now = self.traffic()
        if not traffic.is_settled(now, revision):
            self._settle(revision, now.canaries)

    def give_back(self, old: str, new: str, tag: str, *, is_in_flight: bool) -> str:
        """The same for a release of NEW under TAG that failed, before which OLD served everyone. Answers who does now.

        Nothing is asked for when there is nothing of NEW: what there is then is another release's. When nobody says how
        things are, or what makes NEW is still IN FLIGHT, it is asked for all the same: what arrives after that is refused,
        because gcloud sends the version that it has read.
        """
        canaries: tuple[str, ...] = (tag,)
        try:
            now = self.traffic()
        except Failed as unseen:
            show(str(unseen))
        else:
            is_ours = tag in now.tags or new in {*now.shares, *now.asked}
            if not is_in_flight and (traffic.is_settled(now, old) or not is_ours):
                return now.most
            canaries = now.canaries
        self._settle(old, canaries)
        return old

    def _settle(self, revision: str, canaries: tuple[str, ...]) -> None:
        refused = None
        try:
            self.tell(traffic.to(revision, 100, self.plan, canaries))
        except Refused as failed:
            refused = failed
        after = self.traffic()
        for pause in _PAUSES:  # what was asked for may come to be after gcloud has ended
            if traffic.is_settled(after, revision):
                return
            self._pause(pause)
            after = self.traffic()
        if not traffic.is_settled(after, revision):
            raise refused or Failed(f"the traffic is {dict(after.shares)} now, not {revision}")

    def tell(self, words: tuple[str, ...]) -> None:
        """Give gcloud a command. Raises `Refused` when it fails, after a few tries where another may help."""
        command = ("gcloud", *words)
        show(shlex.join(command))
        for pause in _PAUSES:
            try:
                run(command, apart=True)
            except Refused as refused:
                if not _may_do_again(refused):
                    raise
                self._pause(pause)
            else:
                return
        run(command, apart=True)

    @cached_property
    def _api(self) -> GoogleApi:
        """A build's account pays by itself."""
        return GoogleApi(self.plan.project, token(), charged=False)


def _may_do_again(refused: Refused) -> bool:
    said = str(refused).partition("\n")[2]  # the first line is the command
    return any(sign in said for sign in _AGAIN)
