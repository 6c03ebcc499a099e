"""The note operations of `openapi.yaml`."""

from service.actions.notes.notes import compose
from service.actions.operation import Answer, Call, Stores


def save_note(call: Call, stores: Stores) -> Answer:
    """201 with the new note's receipt, or 200 with the first one's when the same note is there already."""
    note = compose(call.body["title"], call.body["content"], call.access.client_id, call.conversation, call.now)
    receipt = stores.notes.save(call.access, note, call.now)
    saved_at = receipt.saved_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {"id": receipt.note_id, "title": receipt.title, "savedAt": saved_at}
    return Answer(201 if receipt.created else 200, body)
