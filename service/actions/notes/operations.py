"""The note operations of `openapi.yaml`."""

from collections.abc import Iterator
from itertools import islice

from service.actions.notes import cursor, search
from service.actions.notes.answers import Shown, next_cursor
from service.actions.notes.notes import Note, Source, call_id, change, compose, tidy
from service.actions.notes.store import Filter, NoteChanged
from service.actions.operation import Answer, Backends, Call
from service.errors import ActionError, Unavailable

_TRIES = 3
_MOST_SEARCHED, _MOST_SEARCHED_CHARACTERS = 10_000, 20_000_000


def save_note(call: Call, backends: Backends) -> Answer:
    """201 with the new note's receipt, or 200 with the first one's when the same note is there already."""
    access = call.use.access
    origin = call.origin
    source = Source(access.client_id, access.client_name, origin.conversation, origin.gpt_id, origin.software)
    asked = compose(call.arguments, source, call.use.now)
    note, is_new = backends.notes.save(call.use, asked, source)
    return Answer(201 if is_new else 200, _shown(call).receipt(note, asked, created=is_new))


def list_notes(call: Call, backends: Backends) -> Answer:
    """200 with previews, newest first, and a cursor when there may be more."""
    limit = call.arguments.get("limit", 20)
    text = call.arguments.get("text")
    wanted = search.words(text or "")
    found = _Reading(backends.notes.newest(call.use, _filter(call), None if text else limit + 1))
    notes = list(islice((note for note in found if not text or search.has_all(note, wanted)), limit))
    shown = _shown(call).previews(notes)
    last = notes[len(shown) - 1] if len(shown) < len(notes) else found.last
    is_more = len(shown) < len(notes) or found.has_more()
    return Answer(200, {"notes": shown} | ({"nextCursor": next_cursor(last)} if is_more and last else {}))


def search_notes(call: Call, backends: Backends) -> Answer:
    """200 with the best of the notes that were looked through, and a cursor when older ones were not."""
    wanted = search.words(call.arguments["query"])
    found = _Reading(backends.notes.newest(call.use, _filter(call)))
    hits = [hit for note in found if (hit := search.look(note, wanted))]
    best = search.rank(hits, found.count)[: call.arguments.get("limit", 10)]
    more = {"nextCursor": next_cursor(found.last)} if found.last and found.has_more() else {}
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
        if note.last_call == this_call and note.made_state == note.state:
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

    def has_more(self) -> bool:
        """Whether there was one more, which is gone then."""
        return next(self._notes, None) is not None


def _find(call: Call, backends: Backends) -> Note:
    note = backends.notes.find(call.use, call.arguments["id"])
    if note is None:
        raise _no_such_note()
    return note


def _filter(call: Call) -> Filter:
    after = call.arguments.get("cursor")
    tag = call.arguments.get("tag")
    return Filter(call.arguments.get("kind"), tag and tidy([tag])[0], cursor.parse(after) if after else None)


def _conflict(note: Note) -> Answer:
    message = (
        "The note was changed meanwhile, perhaps on the phone. Read it with getNote. If your change is not in it, call again "
        "with its version."
    )
    return Answer(409, {"error": {"code": "conflict", "message": message}, "version": note.version})


def _no_such_note() -> ActionError:
    return ActionError(
        404, "not_found", "There is no such note, or not any more. listNotes and searchNotes give the ids."
    )


def _shown(call: Call) -> Shown:
    return Shown(call.settings.note_url)
