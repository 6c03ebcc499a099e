"""O cannot be beaten, and what a board says: held against every game there is, and against a second, plain minimax."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest

from service.actions.tictactoe.board import best_cell, find_fault, is_over, put, winner

EMPTY_BOARD = " " * 9
BOARDS = ["".join(cells) for cells in product("XO ", repeat=9)]
LEGAL = [board for board in BOARDS if find_fault(board) is None]
OPEN = [board for board in LEGAL if not is_over(board)]


def free(board: str) -> Iterator[int]:
    return (cell for cell in range(9) if board[cell] == " ")


def games(board: str, side: str) -> Iterator[str]:
    """How every game ends that goes on from BOARD with SIDE: X makes every move that it could, O the ones that it makes."""
    if is_over(board):
        yield board
    elif side == "O":
        yield from games(put(board, best_cell(board), "O"), "X")
    else:
        for cell in free(board):
            yield from games(put(board, cell, "X"), "O")


@pytest.mark.parametrize(("first", "ends"), [("X", {"O": 386, None: 183}), ("O", {"O": 71, None: 2})])
def test_o_never_loses_whatever_x_does(first: str, ends: dict[str | None, int]) -> None:
    played = Counter(winner(board) for board in games(EMPTY_BOARD, first))

    assert played["X"] == 0
    assert played == ends


def test_o_gets_from_every_board_what_can_be_got() -> None:
    """From every board at which O moves: the worst that X can make of it is what the best play of both leads to."""
    worth = {"X": -1, None: 0, "O": 1}
    for board in OPEN:
        worst = min(worth[winner(end)] for end in games(board, "O"))
        score = plain_score(board, "O", 0)
        assert worst == (score > 0) - (score < 0), board


LINES = ("012", "345", "678", "036", "147", "258", "048", "246")


@cache  # by all that it is given, so every call is what it would be without
def plain_score(board: str, side: str, depth: int) -> int:
    """The minimax as it is written down: a win of O is 10 minus its depth, one of X is -10 plus it, a draw is 0."""
    for line in LINES:
        cells = {board[int(cell)] for cell in line}
        if cells == {"O"}:
            return 10 - depth
        if cells == {"X"}:
            return depth - 10
    if " " not in board:
        return 0
    other = "X" if side == "O" else "O"
    scores = [plain_score(board[:cell] + side + board[cell + 1 :], other, depth + 1) for cell in free(board)]
    return max(scores) if side == "O" else min(scores)


def plain_best_cell(board: str) -> int:
    best, found = -100, -1
    for cell in free(board):
        score = plain_score(board[:cell] + "O" + board[cell + 1 :], "X", 1)
        if score > best:
            best, found = score, cell
    return found


def test_o_moves_where_the_plain_minimax_does() -> None:
    assert len(OPEN) == 6617
    assert [best_cell(board) for board in OPEN] == [plain_best_cell(board) for board in OPEN]


def test_the_legal_boards_are_those_that_a_game_comes_to() -> None:
    reached: set[tuple[str, str]] = set()

    def play(board: str, side: str) -> None:
        if (board, side) not in reached:
            reached.add((board, side))
            for cell in () if is_over(board) else free(board):
                play(put(board, cell, side), "X" if side == "O" else "O")

    play(EMPTY_BOARD, "X")
    play(EMPTY_BOARD, "O")

    assert len(BOARDS) == 19_683
    assert len(LEGAL) == 8533
    assert set(LEGAL) == {board for board, _ in reached}


@pytest.mark.parametrize(
    ("board", "side"),
    [
        ("XXXOOO   ", "X"),
        ("OOOXXX   ", "O"),
        ("   OOOXXX", "O"),
        ("XO XO XO ", "X"),
        (" XO XO XO", "X"),
        ("X O X O X", "X"),
        ("  O O O  ", "O"),
        ("XOXXOOOXX", None),
        (EMPTY_BOARD, None),
    ],
)
def test_the_first_line_counts(board: str, side: str | None) -> None:
    assert winner(board) == side
