"""`docs/performance.md` says what was measured, and does not say more."""

import json
import os
import re
from pathlib import Path
from statistics import median
from xml.etree import ElementTree as ET

import pytest

from bench import performance, targets
from bench.bars import drawn
from bench.targets import Target
from scripts.verbs.processes import ROOT, Failed

_GROWING = ("save", "list", "get", "connections")
# What is promised: the part, how its words begin, the limit, and whether it is to be at least that.
_PROMISED = (
    ("saves", "^CPU of a save, to Flask answering nothing plus one raw commit$", 1.35, False),
    ("saves", "^CPU of a save, to Express$", 0.55, False),
    ("saves", "^saves a second of one worker, to Express$", 1.8, True),
    ("saves", "^p99 under load, to Express$", 1.0, False),
    ("saves", "^memory when idle, to Express$", 0.8, False),
    ("saves", "^memory after .* saves, to Express$", 0.8, False),
    ("saves", "^memory after .* saves, to after the first", 1.05, False),
    ("tokens", "^CPU of a code, to django-oauth-toolkit$", 0.4, False),
    ("tokens", "^CPU of a refresh, to django-oauth-toolkit$", 0.4, False),
    ("tokens", "^CPU of a code, to node-oidc-provider$", 1.0, False),
    ("tokens", "^CPU of a refresh, to node-oidc-provider$", 1.0, False),
    ("cold_start", "^to the first /health, to an empty Flask application, from the tree$", 1.35, False),
    ("cold_start", "^to the first completed save, to a bare commit, from the tree$", 1.15, False),
    ("sign_in", "^time to the first sign-in, to firebase-admin and one token$", 1.3, False),
    *(("growth", f"^{figure} of {call}", 1.2, False) for figure in ("CPU", "time") for call in _GROWING),
    ("growth", "^Firestore's operations", 1.0, False),
    *(("delay", rf"\+{delay} ms each", 1.1, False) for delay in (5, 20, 80)),
    ("payload", "^Python's copies of a 100,000-character note", 3.6, False),
    ("pages", "^kB of the consent page before sign-in, compressed$", 90, False),
)


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


@pytest.mark.parametrize(("part", "words", "limit", "at_least"), _PROMISED)
def test_each_promise_is_on_the_page_with_the_verdict_of_its_figures(
    part: str, words: str, limit: float, *, at_least: bool
) -> None:
    found = [each for each in _of(part) if re.search(words, each.words)]
    page = performance.PAGE.read_text(encoding="utf-8")

    assert found, words
    for each in found:
        assert (each.limit, each.at_least) == (limit, at_least), each.words
        (row,) = (line for line in page.splitlines() if line.startswith(f"| {each.words} |"))
        middle = median(each.found)
        is_met = middle >= limit if at_least else middle <= limit
        assert row.split(" | ")[-1].startswith("met" if is_met else "**not met**"), row


def test_a_part_that_fails_loses_neither_the_others_nor_itself_to_silence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = []

    def run(part: str, *, quick: bool) -> None:
        ran.append((part, quick))
        if part == "saves":
            raise Failed("saves ended with 1")

    monkeypatch.setattr(performance, "run", run)
    monkeypatch.setattr(performance, "_write", lambda: None)

    assert performance.main(["saves", "tokens", "--quick"]) == 1
    assert ran == [("saves", True), ("tokens", True)]
    assert "saves ended with 1" in capsys.readouterr().err
    assert performance.main(["tokens"]) == 0


def test_a_part_that_failed_keeps_what_was_found_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = '{"kept": "before"}'
    (tmp_path / "saves.json").write_text(before)
    monkeypatch.setattr(performance, "KEPT", tmp_path)
    monkeypatch.setitem(performance.PARTS, "saves", (*performance.PARTS["saves"][:2], ("--rounds=no number",)))

    with pytest.raises(Failed, match="saves ended with 2"):
        performance.run("saves", quick=True)

    assert (tmp_path / "saves.json").read_text() == before


@pytest.mark.parametrize("quick", [True, False])
def test_a_quick_run_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, quick: bool) -> None:
    told = performance.kept("pages") | {"quick": quick}
    (tmp_path / "pages.json").write_text(json.dumps(told))
    monkeypatch.setattr(performance, "KEPT", tmp_path)

    page = performance.written()[performance.PAGE]

    assert ("of which 1 of 1 were quick" in page, "**a quick run, which says little**" in page) == (quick, quick)


def test_a_target_that_is_missed_may_say_why() -> None:
    assert Target("x", 1, [2], why="of that").verdict == "**not met**: of that"
    assert Target("x", 1, [1], why="of that").verdict == "met"


def test_growth_is_judged_by_the_most_that_one_call_asks_for() -> None:
    figures = performance.kept("growth")["figures"]
    operations = figures["costs"][2]["operations"]
    operations["queried"] += operations["writes"] + sum(count for _, count in operations["calls"])

    (asked,) = (each for each in targets.growing(figures) if "operations" in each.words)

    assert (asked.figure, asked.is_met) == (2.0, False)


def test_the_words_of_a_target_fit_beside_its_bar() -> None:
    assert [each.words for each in _all() if len(each.words) > 72] == []


def test_a_plot_can_be_read_without_seeing_it() -> None:
    plot = ET.fromstring(drawn("A & B", [Target("CPU <1>", 2, [1, 3]), Target("rate", 2, [0.0001], True)]))  # noqa: S314  # our own

    words = [each.text for each in plot if each.tag.endswith(("title", "desc"))]
    assert words == ["A & B: each figure as a share of its target", "CPU <1>: 2.00 of 2; rate: 0.00 of 2"]
    assert [each.get("class") for each in plot if each.tag.endswith("rect")] == ["met", "not"]


def _all() -> list[Target]:
    return [target for part in performance.PARTS for target in _of(part)]


def _of(part: str) -> list[Target]:
    _, promised, _ = performance.PARTS[part]
    return list(promised(performance.kept(part)["figures"]))
