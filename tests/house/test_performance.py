"""`docs/performance.md` says what was measured, and does not say more."""

import os
from xml.etree import ElementTree as ET

import pytest

from bench import performance
from bench.bars import drawn
from bench.targets import Target
from scripts.verbs.processes import ROOT


@pytest.mark.parametrize("part", performance.PARTS)
def test_each_part_can_be_run_alone_and_what_it_found_is_kept(part: str) -> None:
    assert os.access(ROOT / "bench" / part, os.X_OK)
    assert (performance.KEPT / f"{part}.json").exists(), f"run scripts/bench {part}"


def test_the_page_and_its_plots_follow_from_what_is_kept() -> None:
    stale = [path.name for path, text in performance.written().items() if path.read_text(encoding="utf-8") != text]

    assert stale == [], "run scripts/bench --page"


def test_a_target_that_is_missed_is_said_to_be() -> None:
    assert [Target("x", 1.2, found).is_met for found in ([1.1, 1.2, 9.0], [1.1, 1.3, 1.3])] == [True, False]
    assert [Target("x", 1.8, [figure], at_least=True).is_met for figure in (1.8, 1.7)] == [True, False]
    missed = [each for each in _all() if not each.is_met]
    page = performance.PAGE.read_text(encoding="utf-8")
    assert page.count("**not met**") == len(missed)
    assert f"**{len(_all()) - len(missed)} of {len(_all())} targets are met**" in page


def test_a_plot_can_be_read_without_seeing_it() -> None:
    plot = ET.fromstring(drawn("A & B", [Target("CPU <1>", 2, [1, 3]), Target("rate", 2, [0.0001], True)]))  # noqa: S314  # our own

    words = [each.text for each in plot if each.tag.endswith(("title", "desc"))]
    assert words == ["A & B: each figure as a share of its target", "CPU <1>: 2.00 of 2; rate: 0.00 of 2"]
    assert [each.get("class") for each in plot if each.tag.endswith("rect")] == ["met", "not"]


def _all() -> list[Target]:
    found: list[Target] = []
    for part, (_, promised, _) in performance.PARTS.items():
        found += promised(performance.kept(part)["figures"])
    return found
