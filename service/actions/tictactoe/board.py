"""Tic-tac-toe: what a board says, whether it can be, and the best move of O. Pure.

A board is nine characters, row by row: X, O, or a space. Cells are counted from 0.
"""

from functools import cache

EMPTY = " "
# In the order in which they are looked at.
_LINES = ((0, 1, 2), (0, 3, 6), (3, 4, 5), (1, 4, 7), (6, 7, 8), (2, 5, 8), (0, 4, 8), (2, 4, 6))


def winner(board: str) -> str | None:
    """The side that has a line; None when neither has."""
    return next((board[a] for a, b, c in _LINES if board[a] == board[b] == board[c] != EMPTY), None)


def is_over(board: str) -> bool:
    return winner(board) is not None or EMPTY not in board


def find_fault(board: str) -> str | None:
    """Why no game comes to this BOARD, whoever began; None when one does."""
    x, o = board.count("X"), board.count("O")
    if abs(x - o) > 1:
        return f"there are {x} X and {o} O, and X and O take turns"
    if _has_line(board, "X") and _has_line(board, "O"):
        return "X and O both have a line, and the game ends with the first one"
    if (_has_line(board, "X") and o > x) or (_has_line(board, "O") and x > o):
        return f"{winner(board)} has a line, and the other side moved after the game was over"
    return None


def put(board: str, cell: int, side: str) -> str:
    return board[:cell] + side + board[cell + 1 :]


def best_cell(board: str) -> int:
    """Where O moves on a BOARD that is not over: the first of the best cells, whoever's turn it would be."""
    return max(_free(board), key=lambda cell: _score(put(board, cell, "O"), "X"))


@cache
def _score(board: str, side: str) -> int:
    """What BOARD is worth to O with SIDE to move: 10 for O's line, -10 for X's, 0 for a draw; nearer to 0 by 1 a move.

    So it is the whole minimax, in which a win counts 10 minus its depth, and a board is worked out once in a process.
    """
    if won := winner(board):
        return 10 if won == "O" else -10
    if EMPTY not in board:
        return 0
    best, other = (max, "X") if side == "O" else (min, "O")
    score = best(_score(put(board, cell, side), other) for cell in _free(board))
    return score - (score > 0) + (score < 0)


def _has_line(board: str, side: str) -> bool:
    return any(all(board[cell] == side for cell in line) for line in _LINES)


def _free(board: str) -> list[int]:
    return [cell for cell in range(9) if board[cell] == EMPTY]
