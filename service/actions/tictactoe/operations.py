"""The game of `openapi.yaml`. It keeps nothing: the board comes with each call."""

from service.actions.operation import Answer, Arguments
from service.actions.tictactoe import board as rules
from service.errors import ActionError


def play(arguments: Arguments) -> Answer:
    """200 with the board after O's move, or as it came when the game was over already; 400 for one that cannot be."""
    board = "".join(arguments.get(f"position_{number}") or rules.EMPTY for number in range(1, 10))
    if fault := rules.find_fault(board):
        message = f"This board cannot come about in a game: {fault}. Send the board of the last answer with one X more."
        raise ActionError(400, "illegal_board", message)
    if not rules.is_over(board):
        board = rules.put(board, rules.best_cell(board), "O")
    return Answer(200, _shown(board))


def _shown(board: str) -> dict[str, object]:
    rows = [list(board[start : start + 3]) for start in (0, 3, 6)]
    if not rules.is_over(board):
        return {"board": rows, "status": "continue", "winner": "No winner"}
    return {"board": rows, "status": "end", "winner": rules.winner(board) or "Draw"}
