"""What is answered to a board: every one that can be has its answer, every other one is refused with a reason."""

from itertools import product

import pytest

from service.actions.tictactoe.board import find_fault, is_over, winner
from service.actions.tictactoe.operations import play
from service.errors import ActionError


def arguments(board: str) -> dict[str, str]:
    """BOARD, nine characters with a dot for an empty cell, as the query sends it."""
    return {f"position_{number}": mark.strip(".") for number, mark in enumerate(board, 1)}


def answer(board: str) -> tuple[str, str, str]:
    """The board, the status and the winner, which is all that an answer has."""
    given = play(arguments(board))
    assert given.status == 200
    assert list(given.body) == ["board", "status", "winner"]
    rows = given.body["board"]
    assert [len(row) for row in rows] == [3, 3, 3]
    return "".join(mark for row in rows for mark in row).replace(" ", "."), given.body["status"], given.body["winner"]


@pytest.mark.parametrize(
    ("board", "answered"),
    [
        (".........", ("O........", "continue", "No winner")),
        ("X........", ("X...O....", "continue", "No winner")),
        ("....X....", ("O...X....", "continue", "No winner")),
        ("XX..O....", ("XXO.O....", "continue", "No winner")),  # it does not let X win
        ("XX.OO....", ("XX.OOO...", "end", "O")),  # it wins rather than only not lose
        ("OO.XX.X..", ("OOOXX.X..", "end", "O")),
        ("XXOOOXXO.", ("XXOOOXXOO", "end", "Draw")),
        ("XXOOX....", ("XXOOXO...", "continue", "No winner")),  # every cell loses as soon: the first one
        ("O........", ("OO.......", "continue", "No winner")),  # O was the last to move, and moves again
        ("XXXOO....", ("XXXOO....", "end", "X")),  # X began
        ("XXXOO.O..", ("XXXOO.O..", "end", "X")),  # O began
        ("OOOXX....", ("OOOXX....", "end", "O")),
        ("XOXXOOOXX", ("XOXXOOOXX", "end", "Draw")),
        ("OXOOXXXOO", ("OXOOXXXOO", "end", "Draw")),
        ("XXXXOOXOO", ("XXXXOOXOO", "end", "X")),  # two lines with one move
    ],
)
def test_what_is_answered(board: str, answered: tuple[str, str, str]) -> None:
    assert answer(board) == answered


@pytest.mark.parametrize(
    ("board", "because"),
    [
        ("XX.......", "there are 2 X and 0 O"),
        ("OO.......", "there are 0 X and 2 O"),
        ("XXXXXXXXX", "there are 9 X and 0 O"),
        ("XXXOOO...", "X and O both have a line"),
        ("XXXOO.OO.", "X has a line, and the other side moved"),
        ("OOOXX.XX.", "O has a line, and the other side moved"),
    ],
)
def test_why_a_board_is_refused(board: str, because: str) -> None:
    with pytest.raises(ActionError) as refused:
        play(arguments(board))

    assert (refused.value.status, refused.value.code) == (400, "illegal_board")
    assert because in refused.value.message


def test_a_position_that_is_left_out_is_empty() -> None:
    assert play({"position_1": "X"}) == play(arguments("X........"))


def test_every_board_is_answered_or_refused() -> None:
    boards = list(map("".join, product("XO.", repeat=9)))
    legal = [board for board in boards if find_fault(board.replace(".", " ")) is None]
    assert (len(boards), len(legal)) == (19_683, 8533)

    for board in legal:
        after, status, won = answer(board)
        changed = [(before, now) for before, now in zip(board, after, strict=True) if before != now]
        assert changed == ([] if is_over(board.replace(".", " ")) else [(".", "O")])
        assert won == (winner(after.replace(".", " ")) or ("Draw" if "." not in after else "No winner"))
        assert (status == "end") == (won != "No winner")
    for board in set(boards) - set(legal):
        with pytest.raises(ActionError) as refused:
            play(arguments(board))
        assert (refused.value.status, refused.value.code) == (400, "illegal_board")
