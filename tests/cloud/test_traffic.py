"""The rules of `scripts/verbs/traffic.py`, in tables: when a release may begin, what it asks for, when it is over."""

from typing import Any

import pytest

from scripts.verbs import traffic
from scripts.verbs.plan import Plan
from scripts.verbs.processes import Failed

PLAN = Plan("p-1", "(default)", "europe-west1", "europe-west1", "mate")
A, B = "mate-c-a", "mate-c-b"


def service(status: list[Any], spec: list[Any] | None = None) -> Any:
    asked = status if spec is None else spec
    told = {"traffic": status, "latestReadyRevisionName": B}
    return {"metadata": {"name": "mate"}, "spec": {"traffic": asked}, "status": told}


def to(revision: str, percent: int = 0, tag: str = "") -> dict[str, Any]:
    shared = {"revisionName": revision} | ({"percent": percent} if percent else {})
    return shared | ({"tag": tag, "url": f"https://{tag}.example.com"} if tag else {})


@pytest.mark.parametrize(
    ("status", "starts_from"),
    [
        ([to(A, 100)], A),
        ([to(A, 60), to(A, 40)], A),
        ([to(A, 100, "stable"), to(B, tag="beta")], A),
        ([to(A, 100, "c-a")], A),
        ([to(A, 90), to(B, 10, "c-b")], None),
        ([to(A, 50), to(B, 50)], None),
        ([to(A, 100), to(B, tag="c-b")], None),
    ],
)
def test_a_release_begins_only_where_one_revision_serves_all_and_no_canary_is_open(
    status: list[Any], starts_from: str | None
) -> None:
    found = traffic.of(service(status))

    if starts_from:
        assert traffic.starting(found, PLAN) == starts_from
    else:
        with pytest.raises(Failed, match=f"--to-revisions={A}=100"):
            traffic.starting(found, PLAN)


def test_a_canary_that_never_started_is_open_all_the_same() -> None:
    found = traffic.of(service([to(A, 100)], [to(A, 100), {"revisionName": B, "tag": "c-b"}]))

    with pytest.raises(Failed, match="--remove-tags=c-b"):
        traffic.starting(found, PLAN)


def test_nothing_serves_yet() -> None:
    with pytest.raises(Failed, match="nothing serves mate yet"):
        traffic.of({"metadata": {"name": "mate"}, "status": {}})


def test_a_split_that_floats_is_the_latest_revision_that_is_ready() -> None:
    floating = [{"latestRevision": True, "percent": 100}]

    assert traffic.is_settled(traffic.of(service([to(B, 100)], floating)), B)


@pytest.mark.parametrize(
    ("status", "spec", "is_settled"),
    [
        ([to(A, 100)], [to(A, 100)], True),
        ([to(A, 100, "stable")], [to(A, 100, "stable")], True),
        ([to(A, 100)], [to(B, 100)], False),
        ([to(B, 100)], [to(A, 100)], False),
        ([to(A, 100), to(B, tag="c-b")], [to(A, 100), to(B, tag="c-b")], False),
    ],
)
def test_it_is_over_when_what_is_and_what_was_asked_for_agree(
    status: list[Any], spec: list[Any], *, is_settled: bool
) -> None:
    assert traffic.is_settled(traffic.of(service(status, spec)), A) is is_settled


def test_a_canary_keeps_the_tags_of_others_and_drops_those_of_canaries() -> None:
    found = traffic.of(service([to(A, 100, "c-a"), to(B, tag="stable")]))

    assert traffic.canary(found, A, "mate-c-new", "c-new") == [
        {"revisionName": A, "percent": 100},
        {"revisionName": "mate-c-new", "tag": "c-new"},
        {"revisionName": B, "tag": "stable"},
    ]
