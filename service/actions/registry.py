"""Every operation, by name. A new action is one line here, one folder, its paths in openapi.yaml, and one story."""

from service.actions.notes.operations import save_note
from service.actions.operation import PersonalOperation

OPERATIONS: tuple[PersonalOperation, ...] = (PersonalOperation("saveNote", save_note),)
