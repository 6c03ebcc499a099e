"""docs/scale.md is what is counted: each request, in the client and on the wire, and each document by Google's rules."""

from typing import Any

import pytest

from bench import scale
from bench.cases import AGAIN, EXCHANGE, MCP_AGAIN, MCP_SAVE, NEW, REFRESH
from bench.operations import Counted, agreed, in_the_client, on_the_wire
from bench.prices import ASSUMED, PRICES
from bench.rpcs import Operations, Rpc, steps
from bench.storage import Stored, measure, stored
from scripts.verbs import index_file
from service.app import create_app
from service.google_backends import GoogleBackends
from tests.world import new_project, settings

_TASK: dict[str, dict[str, Any]] = {
    "type": {"stringValue": "Personal"},
    "done": {"booleanValue": False},
    "priority": {"integerValue": "1"},
    "description": {"stringValue": "Learn Cloud Firestore"},
}
_RELAYED = {"identity.helper"}  # goes on to firebaseapp.com, and asks nothing of what is counted here


@pytest.fixture(scope="module")
def counted() -> dict[str, Counted]:
    both = agreed(in_the_client(), on_the_wire(hold=0.02))
    assert len({each.name for each in both}) == len(both)
    return {each.name: each for each in both}


def test_the_page_has_what_is_counted_and_what_follows_from_it(counted: dict[str, Counted]) -> None:
    text = scale.PAGE.read_text(encoding="utf-8")

    assert scale.page(text, list(counted.values()), stored()) == text, "bench/scale writes it anew"


def test_a_save_is_one_round_trip_and_reads_nothing(counted: dict[str, Counted]) -> None:
    """Also where instance and token have never met, and through whichever door."""
    cold = counted["`POST /notes`: a new note, unknown token, cold instance"]
    for each in (cold, counted[NEW], counted[MCP_SAVE]):
        assert each.operations == Operations((("Commit", 1),), 3, 0, 0, 0, 0, 0), each.name
    for each in (counted[AGAIN], counted[MCP_AGAIN]):
        assert each.steps == (("Commit (refused)",), ("BatchGet",))


def test_a_token_call_reads_once_and_writes_once(counted: dict[str, Counted]) -> None:
    for name in (EXCHANGE, REFRESH):
        assert counted[name].steps == (("BatchGet",), ("Auth",), ("Commit",))


def test_every_endpoint_is_counted(counted: dict[str, Counted]) -> None:
    chosen = settings(new_project(), "http://localhost:8080")
    routes = create_app(chosen, GoogleBackends(chosen)).url_map
    found = {routes.bind("").match(each.path, each.method)[0] for each in counted.values()}

    assert {rule.endpoint for rule in routes.iter_rules()} - found == _RELAYED


def test_a_count_that_only_one_of_the_two_made_is_told() -> None:
    one = Counted("a", Operations((("Commit", 1),), 3, 0, 0, 0, 0, 0), (("Commit",),), "POST", "/notes")
    more = Operations((("BatchGet", 1), ("Commit", 1)), 3, 0, 1, 0, 0, 0)

    with pytest.raises(ValueError, match="a: the client made"):
        agreed([one], [Counted("a", more, one.steps, one.method, one.path)])


def test_what_runs_together_is_one_round_trip() -> None:
    first, beside, after = (Rpc(name, began=began, ended=began + 2) for name, began in (("a", 0), ("b", 1), ("c", 2.5)))

    assert [[rpc.name for rpc in step] for step in steps([first, beside, after])] == [["a", "b"], ["c"]]
    assert [[rpc.name for rpc in step] for step in steps([first, after])] == [["a"], ["c"]]


def test_a_document_takes_what_googles_own_example_says() -> None:
    """https://cloud.google.com/firestore/docs/storage-size: 147 bytes, and 109 and 112 of its index entries."""
    everything = (
        '{"indexes": [%s], "fieldOverrides": [{"collectionGroup": "tasks", "fieldPath": "*", "indexes": []}%s]}'
    )
    both = ', "queryScope": "COLLECTION", "fields": [{"fieldPath": "done", "order": "ASCENDING"}, '
    both = '{"collectionGroup": "tasks"' + both + '{"fieldPath": "priority", "order": "ASCENDING"}]}'
    done = ', {"collectionGroup": "tasks", "fieldPath": "done", "indexes": [{"queryScope": "COLLECTION", "order": "ASCENDING"}]}'

    for indexes, size in ((("", done), 109), ((both, ""), 112)):
        told = measure("users/jeff/tasks/my_task_id", _TASK, index_file.declared(everything % indexes))
        assert told == Stored(147, size, 1)


def test_a_price_that_is_changed_changes_the_page(counted: dict[str, Counted], monkeypatch: pytest.MonkeyPatch) -> None:
    text, kept = scale.PAGE.read_text(encoding="utf-8"), {"note": Stored(1, 1, 1)}
    kept |= dict.fromkeys(("grant", "access token", "used refresh token", "used code"), kept["note"])
    before = scale.page(text, list(counted.values()), kept)
    monkeypatch.setitem(PRICES, "write", PRICES["write"].__class__("document written", 9, 1, 0, "nowhere"))
    monkeypatch.setitem(ASSUMED, "saves", ASSUMED["saves"].__class__(900, "more"))

    changed = {
        line.split("|")[1].strip()
        for line in set(scale.page(text, list(counted.values()), kept).splitlines()) - set(before.splitlines())
    }

    assert {"document written", "**to pay**", "a month of an active user"} <= changed
