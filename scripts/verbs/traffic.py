"""Which revisions serve, and what may be done next. Nothing here asks anybody, or changes anything."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.verbs.plan import Plan
from scripts.verbs.processes import Failed

CANARY = "c-"
PREVIOUS = "itsimple-mate/previous"
"""A revision's annotation: which revision served when it was released."""


@dataclass(frozen=True)
class Traffic:
    """Of one service, as Cloud Run says that it is."""

    shares: Mapping[str, int]
    """By revision, in percent; none is 0."""
    asked: Mapping[str, int]
    """The same as it was asked for: another while it is under way, or cannot be."""
    tags: Mapping[str, str]
    """The revision of each tag, of those too that never started."""
    urls: Mapping[str, str]
    """Where each tag's revision is reached."""

    @property
    def most(self) -> str:
        """The revision that serves most."""
        return max(self.shares, key=lambda revision: self.shares[revision])

    @property
    def canaries(self) -> tuple[str, ...]:
        return tuple(tag for tag in self.tags if tag.startswith(CANARY))


def of(service: Any) -> Traffic:
    """Raises `Failed` when nothing serves yet."""
    status = service.get("status", {})
    latest, targets = status.get("latestReadyRevisionName", ""), status.get("traffic", [])
    asked = service.get("spec", {}).get("traffic", [])
    shares = _shares(targets, latest)
    if not shares:
        raise Failed(f"nothing serves {service['metadata']['name']} yet: look at it in Cloud Run's console.")
    return Traffic(
        shares,
        _shares(asked, latest),
        {each["tag"]: each.get("revisionName", latest) for each in (*asked, *targets) if each.get("tag")},
        {each["tag"]: each["url"] for each in targets if each.get("tag") and each.get("url")},
    )


def _shares(targets: Iterable[Any], latest: str) -> dict[str, int]:
    shares: dict[str, int] = {}
    for each in targets:
        if each.get("percent"):
            revision = each.get("revisionName", latest)
            shares[revision] = shares.get(revision, 0) + each["percent"]
    return shares


def starting(traffic: Traffic, plan: Plan) -> str:
    """The revision that serves all and that a failed release returns to.

    Raises `Failed` while another release is under way, or was ended before it could return: only a person knows which.
    """
    open_canaries = [tag for tag in traffic.canaries if traffic.tags[tag] not in traffic.shares]
    if len(traffic.shares) > 1 or open_canaries:
        raise Failed(
            f"another release is open: {_told(traffic)}. If none is running, end it, and then run the same again:\n"
            f"{shlex.join(('gcloud', *back(traffic, traffic.most, plan)))}"
        )
    return traffic.most


def canary(traffic: Traffic, old: str, new: str, tag: str) -> list[dict[str, Any]]:
    """The traffic to ask for with a new revision: all for OLD, a TAG for NEW, and the tags that are no canary's stay."""
    kept = [
        {"revisionName": revision, "tag": name}
        for name, revision in traffic.tags.items()
        if name not in traffic.canaries
    ]
    return [{"revisionName": old, "percent": 100}, {"revisionName": new, "tag": tag}, *kept]


def to(revision: str, percent: int, plan: Plan, without: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What to tell gcloud, to give PERCENT to REVISION, the rest to whom has it, and to take tags away. One request."""
    tags = (f"--remove-tags={','.join(without)}",) if without else ()
    where = (f"--region={plan.region}", f"--project={plan.project}", "--quiet")
    return "run", "services", "update-traffic", plan.service, f"--to-revisions={revision}={percent}", *tags, *where


def back(traffic: Traffic, old: str, plan: Plan) -> tuple[str, ...]:
    """What to tell gcloud, to give all to OLD again and close every canary."""
    return to(old, 100, plan, traffic.canaries)


def is_settled(traffic: Traffic, revision: str) -> bool:
    """Whether REVISION serves everyone, nothing else was asked for, and no canary is open."""
    return traffic.shares == traffic.asked == {revision: 100} and not traffic.canaries


def _told(traffic: Traffic) -> str:
    shares = [f"{percent} % to {revision}" for revision, percent in traffic.shares.items()]
    return ", ".join([*shares, *(f"{tag} is {traffic.tags[tag]}" for tag in traffic.canaries)])
