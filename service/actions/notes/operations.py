"""The note operations of `openapi.yaml`."""

from collections.abc import Iterator
from itertools import islice

from service.actions.notes import cursor, search
from service.actions.notes.answers import Shown, next_cursor
from service.actions.notes.notes import Note, Source, call_id, change, compose
from service.actions.notes.store import Filter, NoteChanged
from service.actions.operation import Answer, Backends, Call
from service.errors import ActionError, Unavailable

_TRIES = 3
_MOST_SEARCHED, _MOST_SEARCHED_CHARACTERS = 10_000, 20_000_000


def save_note(call: Call, backends: Backends) -> Answer:
    """201 with the new note's receipt, or 200 with the first one's when the same note is there already."""
    access = call.use.access
    source = Source(access.client_id, access.client_name, call.origin.conversation, call.origin.gpt_id)
    note, is_new = backends.notes.save(call.use, compose(call.arguments, source, call.use.now), source)
    return Answer(201 if is_new else 200, _shown(call).receipt(note, created=is_new))


def list_notes(call: Call, backends: Backends) -> Answer:
    """200 with previews, newest first, and a cursor when there may be more."""
    limit = call.arguments.get("limit", 20)
    wanted = search.words(call.arguments.get("text", ""))
    found = _Reading(backends.notes.newest(call.use, _filter(call), None if wanted else limit + 1))
    notes = list(islice((note for note in found if search.has_all(note, wanted)), limit))
    shown = _shown(call).previews(notes)
    last = notes[len(shown) - 1] if len(shown) < len(notes) else found.last
    is_more = len(shown) < len(notes) or not found.is_at_end()
    return Answer(200, {"notes": shown} | ({"nextCursor": next_cursor(last)} if is_more and last else {}))


def search_notes(call: Call, backends: Backends) -> Answer:
    """200 with the best of the notes that were looked through, and a cursor when older ones were not."""
    wanted = search.words(call.arguments["query"])
    found = _Reading(backends.notes.newest(call.use, _filter(call)))
    hits = [hit for note in found if (hit := search.look(note, wanted))]
    best = search.rank(hits, found.count)[: call.arguments.get("limit", 10)]
    more = {} if found.is_at_end() or found.last is None else {"nextCursor": next_cursor(found.last)}
    return Answer(200, {"notes": _shown(call).previews(best), "searched": found.count} | more)


def get_note(call: Call, backends: Backends) -> Answer:
    """200 with the note, from the asked character on."""
    note = _find(call, backends)
    return Answer(200, _shown(call).page(note, call.arguments.get("offset", 0)))


def update_note(call: Call, backends: Backends) -> Answer:
    """200 when the note was as `version` says and is changed now, or when this very call has changed it before; 409."""
    arguments = call.arguments
    this_call = call_id(call.use.access.client_id, arguments)
    for _ in range(_TRIES):
        note = _find(call, backends)
        if note.last_call == this_call:
            return Answer(200, _shown(call).changed(note))
        if note.version != arguments["version"]:
            return _conflict(note)
        changed = change(note, arguments, call.use.now)
        try:
            return Answer(200, _shown(call).changed(backends.notes.replace(call.use, note, changed, this_call)))
        except NoteChanged:
            continue  # by the phone, or by our own commit whose answer was lost
    raise Unavailable("notes: too many races")


def delete_note(call: Call, backends: Backends) -> Answer:
    """200 when the note was there."""
    note_id = call.arguments["id"]
    if not backends.notes.delete(call.use, note_id):
        raise _no_such_note()
    return Answer(200, {"id": note_id, "deleted": True})


class _Reading:
    """Notes as they arrive, up to what one call may look through; it knows how far it came."""

    def __init__(self, notes: Iterator[Note]) -> None:
        self._notes = notes
        self.count = self._characters = 0
        self.last: Note | None = None

    def __iter__(self) -> Iterator[Note]:
        while self.count < _MOST_SEARCHED and self._characters < _MOST_SEARCHED_CHARACTERS:
            note = next(self._notes, None)
            if note is None:
                return
            self.count, self._characters, self.last = self.count + 1, self._characters + len(note.content), note
            yield note

    def is_at_end(self) -> bool:
        return next(self._notes, None) is None


def _find(call: Call, backends: Backends) -> Note:
    note = backends.notes.find(call.use, call.arguments["id"])
    if note is None:
        raise _no_such_note()
    return note


def _filter(call: Call) -> Filter:
    after = call.arguments.get("cursor")
    return Filter(call.arguments.get("kind"), call.arguments.get("tag"), cursor.parse(after) if after else None)


def _conflict(note: Note) -> Answer:
    message = (
        "The note was changed meanwhile, perhaps on the phone. Read it with getNote, and call again with its version."
    )
    return Answer(409, {"error": {"code": "conflict", "message": message}, "version": note.version})


def _no_such_note() -> ActionError:
    return ActionError(
        404, "not_found", "There is no such note, or not any more. listNotes and searchNotes give the ids."
    )


def _shown(call: Call) -> Shown:
    return Shown(call.settings.note_url)
