"""Clients and thieves at the same moment, on several instances: what bench/races does ten thousand times."""

from bench.patterns import PATTERNS
from bench.races import run


def test_nobody_wins_twice_and_every_session_ends_as_it_should() -> None:
    findings = run(calls=300, seed=3)

    assert findings.wrong == []
    assert findings.calls >= 300
    assert findings.rounds.keys() == {pattern.__name__ for pattern in PATTERNS}
    assert findings.lived > 0
    assert findings.died > 0
    assert findings.aborted > 0
    assert findings.lost > 0
