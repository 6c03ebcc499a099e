"""Anyone plays tic-tac-toe with their assistant, and nobody is asked who they are."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
import requests
import yaml

from service.contract import PATH, Contract
from tests import world as worlds
from tests.world import World

DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
FIRST_MOVE = {"board": [["O", " ", " "], [" ", " ", " "], [" ", " ", " "]], "status": "continue", "winner": "No winner"}


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """One world for this file: the game leaves nothing behind."""
    with worlds.world(calls_per_minute=10_000) as made:
        yield made
        assert made.service.counter.calls == []


def play(world: World, board: str = "", path: str = "/human_move", **options: Any) -> requests.Response:
    """BOARD as rows of X, O and dots, played over HTTP; the answer is held against the contract."""
    marks = {f"position_{number}": mark.strip(".") for number, mark in enumerate(board.replace(" ", ""), 1)}
    answer = world.service.get(path, params=marks | options.pop("params", {}), **options)
    check_described(answer)
    return answer


def check_described(answer: requests.Response) -> None:
    responses = DOCUMENT["paths"]["/human_move"]["get"]["responses"]
    schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
    jsonschema_rs.Draft202012Validator(schema | {"components": DOCUMENT["components"]}).validate(answer.json())
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_game_is_played_to_its_end(shared: World) -> None:
    told = [play(shared, board).json() for board in ("X.. ... ...", "X.X .O. ...", "XOX .O. X..")]

    assert [answer["board"] for answer in told] == [
        [["X", " ", " "], [" ", "O", " "], [" ", " ", " "]],
        [["X", "O", "X"], [" ", "O", " "], [" ", " ", " "]],
        [["X", "O", "X"], [" ", "O", " "], ["X", "O", " "]],
    ]
    assert [(answer["status"], answer["winner"]) for answer in told] == [
        ("continue", "No winner"),
        ("continue", "No winner"),
        ("end", "O"),
    ]


def test_an_empty_board_is_opened_by_o(shared: World) -> None:
    assert play(shared).json() == FIRST_MOVE
    assert play(shared, "... ... ...").json() == FIRST_MOVE


@pytest.mark.parametrize(
    ("board", "winner"), [("XXX OO. ...", "X"), ("OOO XX. X..", "O"), ("XOX XOO OXX", "Draw")], ids=["X", "O", "Draw"]
)
def test_a_game_that_is_over_comes_back_as_it_is(shared: World, board: str, winner: str) -> None:
    rows = [[mark.replace(".", " ") for mark in row] for row in board.split()]

    assert play(shared, board).json() == {"board": rows, "status": "end", "winner": winner}


@pytest.mark.parametrize("board", ["XX. ... ...", "XXX OOO ...", "XXX OO. OO.", "OOO XX. XX."])
def test_a_board_that_cannot_be_is_refused(shared: World, board: str) -> None:
    answer = play(shared, board)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "illegal_board")
    assert "cannot come about in a game" in answer.json()["error"]["message"]


@pytest.mark.parametrize("value", ["x", "o", " ", "0", "XO", "null", "é", "\x00", "x" * 5000])
def test_a_position_that_is_something_else_is_named(shared: World, value: str) -> None:
    answer = play(shared, "X", params={"position_3": value, "position_5": value})

    what = 'this value is none of "X", "O", "".'
    assert answer.status_code == 422
    assert answer.json() == {
        "error": {"code": "invalid_request", "message": f"position_3: {what}"},
        "message": "Validation error",
        "detail": {"query": {"position_3": [what], "position_5": [what]}},
    }


@pytest.mark.parametrize(
    "query", ["position_1=X&position_1=X", "position_1=&position_1=O", "position_2=%FF", "%FF=X", "a&" * 60]
)
def test_a_query_that_cannot_be_read_is_refused(shared: World, query: str) -> None:
    answer = shared.service.get("/human_move?" + query)

    check_described(answer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


def test_an_unknown_parameter_is_ignored(shared: World) -> None:
    more = {"position_10": "X", "position_0": "Z", "access_token": "x", "contract": "x"}

    assert play(shared, params=more).json() == FIRST_MOVE
    assert shared.service.get("/human_move?position_0=a&position_0=b").json() == FIRST_MOVE


def test_whoever_is_signed_in_gets_the_same_answer(world: World) -> None:
    tokens = world.connect(world.assistant(), world.person())
    world.service.counter.calls.clear()

    answers = [play(world, headers=headers) for headers in ({}, tokens.bearer, {"Authorization": "Bearer unknown"})]

    assert [answer.json() for answer in answers] == [FIRST_MOVE] * 3
    assert world.service.counter.calls == []


def test_the_imported_version_plays_too_and_the_log_names_it(shared: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="service.audit")
    server = yaml.safe_load(shared.service.get("/openapi.yaml").text)["servers"][0]["url"]

    assert play(shared, path=server.removeprefix(shared.service.url) + "/human_move").json() == FIRST_MOVE

    (fields,) = [vars(record)["fields"] for record in caplog.records if record.name == "service.audit"]
    assert fields == {"event": "playTicTacToe", "outcome": "allowed", "contract": Contract.load().digest}


def test_a_script_of_any_origin_may_play(shared: World) -> None:
    asked = {"Origin": "https://game.example", "Access-Control-Request-Method": "GET"}

    allowed = shared.service.call("OPTIONS", "/human_move", headers=asked)

    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in allowed.headers["Access-Control-Allow-Methods"]
    assert play(shared, headers=asked).json() == FIRST_MOVE
    assert play(shared, "XX", headers=asked).status_code == 400


def test_it_is_a_get_and_nothing_else(shared: World) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert shared.service.call(method, "/human_move").status_code == 405


def test_who_calls_too_often_waits_for_the_next_minute() -> None:
    with worlds.world(calls_per_minute=1, proxies=1) as world:
        clock = world.service.clock
        clock.move(timedelta(seconds=60 - clock().second))  # a minute that is not about to end
        here, elsewhere = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}

        assert [play(world, headers=here).status_code for _ in range(11)] == [200] * 10 + [429]

        refused = play(world, headers=here)
        wait = int(refused.headers["Retry-After"])
        assert refused.json()["error"]["code"] == "too_many_requests"
        assert 1 <= wait <= 60
        assert play(world, headers=elsewhere).status_code == 200
        clock.move(timedelta(seconds=wait))
        assert play(world, headers=here).status_code == 200
