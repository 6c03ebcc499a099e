"""Every operation, by name. A new action is one line here, one folder, its paths in openapi.yaml, and one story."""

from service.actions.notes import operations as notes
from service.actions.operation import Operation, PersonalOperation, PublicOperation
from service.actions.profile import operations as profile
from service.actions.tictactoe import operations as tictactoe

OPERATIONS: tuple[Operation, ...] = (
    PersonalOperation("saveNote", notes.save_note),
    PersonalOperation("listNotes", notes.list_notes),
    PersonalOperation("searchNotes", notes.search_notes),
    PersonalOperation("getNote", notes.get_note),
    PersonalOperation("updateNote", notes.update_note),
    PersonalOperation("deleteNote", notes.delete_note),
    PersonalOperation("getProfile", profile.get_profile),
    PublicOperation("playTicTacToe", tictactoe.play),
)
