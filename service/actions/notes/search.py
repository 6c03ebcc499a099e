"""Words in notes: how text is compared in any language, and which note fits best. See docs/decisions/0011."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from service.actions.notes.notes import Note
from service.record import record

MOST_EXCERPT = 300
_WINDOW = 160
_MOST_WORDS = 30
_MOST_PLACES = 30
"""Where a word is looked at in one text; whoever fills a note with one letter must not keep a thread busy."""
# Putting combining characters in order takes the square of their number (UAX #15, section 13): beyond 30 in a row, and
# of other signs as well, the rest is left out.
_RUN = re.compile(r"([^\w\s\x00-\x7f]{30})[^\w\s\x00-\x7f]+")
# What is written above or below a letter without making it another one: Latin, Greek and Cyrillic accents, Hebrew
# points, Arabic vowels, the stroke that only stretches a word, and what is not seen at all. Not the marks of Indic
# scripts or kana.
_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u00ad\u200b-\u200d\u2060\ufeff]+"
)
# Letters with an accent that Unicode does not take apart.
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}  # noqa: RUF001  # on purpose
_LETTER = re.compile(f"[{''.join(_LETTERS)}]")
# Scripts that put no space between words: Thai, Lao, Tibetan, Myanmar, Khmer, kana, Han.
_SPACELESS = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_SPACELESS}]+|(?:(?![{_SPACELESS}])[\w\u0900-\u0dff])+")
_IN_TITLE, _IN_TAGS, _IN_CONTENT = 6.0, 5.0, 1.0
_WHOLE, _BEGINS, _INSIDE = 1.0, 0.7, 0.3


def fold(text: str) -> str:
    """TEXT so that what differs only by case, accents or width is the same."""
    if text.isascii():
        return text.lower()
    folded = _MARKS.sub("", _normalize("NFKD", text.casefold())).casefold()
    return _normalize("NFC", _LETTER.sub(lambda found: _LETTERS[found[0]], folded))


def _normalize(form: Literal["NFC", "NFKD"], text: str) -> str:
    return unicodedata.normalize(form, _RUN.sub(r"\1", text))


def words(query: str) -> tuple[str, ...]:
    """The words of QUERY, folded, each once. Where words are not spaced, each two neighbouring characters.

    A query without a letter or digit, as an emoji, is one word as it stands.
    """
    folded = fold(query)
    found: dict[str, None] = {}
    for word in _WORD.findall(folded):
        is_spaceless = re.match(f"[{_SPACELESS}]", word) and len(word) > 2
        found |= dict.fromkeys([word[i : i + 2] for i in range(len(word) - 1)] if is_spaceless else [word])
    return tuple(found)[:_MOST_WORDS] or tuple(folded.split())[:_MOST_WORDS]


@record
class Hit:
    """A note in which something was found; its content is cut to the passage. `weights` has a number for each word."""

    note: Note
    weights: tuple[float, ...]


def look(note: Note, wanted: Sequence[str]) -> Hit | None:
    """Where NOTE has words of WANTED, which `words` made; None when it has none of them."""
    title, tags, content = fold(note.title), fold(" ".join(note.tags)), fold(note.content)
    weights = tuple(
        _IN_TITLE * _best(title, word) + _IN_TAGS * _best(tags, word) + _IN_CONTENT * _often(content, word)
        for word in wanted
    )
    return Hit(replace(note, content=excerpt(note.content, content, wanted)), weights) if any(weights) else None


def rank(hits: Sequence[Hit], searched: int) -> list[Note]:
    """The notes of HITS, best first: rare words weigh more, notes with all words most; among equals the newer first."""
    if not hits:
        return []
    counts = Counter(place for hit in hits for place, weight in enumerate(hit.weights) if weight)
    rarity = [
        math.log1p((searched - counts[place] + 0.5) / (counts[place] + 0.5)) for place in range(len(hits[0].weights))
    ]

    def score(hit: Hit) -> float:
        found = sum(1 for weight in hit.weights if weight)
        return sum(map(math.prod, zip(hit.weights, rarity, strict=True))) * (found / len(hit.weights)) ** 2

    best = sorted(hits, key=lambda hit: (score(hit), hit.note.created_at, hit.note.note_id), reverse=True)
    return [hit.note for hit in best]


def has_all(note: Note, wanted: Sequence[str]) -> bool:
    """Whether there are words in WANTED, and each is somewhere in NOTE."""
    everything = fold("\n".join((note.title, note.content, *note.tags)))
    return bool(wanted) and all(word in everything for word in wanted)


def excerpt(content: str, folded: str, wanted: Sequence[str]) -> str:
    """At most `MOST_EXCERPT` characters of CONTENT around the first word of WANTED; its beginning when none is there."""
    places = {place: word for word in wanted if (place := folded.find(word)) >= 0}
    if not places:
        return cut(content)
    first = min(places)
    place = first * len(content) // len(folded)
    if places[first] not in fold(content[place : place + MOST_EXCERPT // 2]):  # folding made it longer or shorter
        place = next((at for at in _windows(content) if places[first] in fold(content[at : at + _WINDOW])), place)
    return cut(content, max(0, place - MOST_EXCERPT // 3))


def _windows(content: str) -> range:
    """Where to look for a word in CONTENT; each overlaps the next by half."""
    return range(0, len(content), _WINDOW // 2)


def cut(content: str, start: int = 0) -> str:
    """CONTENT from START, on one line; an ellipsis stands where something is left out."""
    passage = " ".join(content[start : start + 2 * MOST_EXCERPT].split())
    before, after = (
        "…" if start else "",
        "…" if len(passage) > MOST_EXCERPT or start + 2 * MOST_EXCERPT < len(content) else "",
    )
    return before + passage[: MOST_EXCERPT - 2] + after


def _best(text: str, word: str) -> float:
    """How well WORD is found in TEXT: as a whole word, at the beginning of one, or inside."""
    best, place = 0.0, text.find(word)
    for _ in range(_MOST_PLACES):
        if place < 0 or best == _WHOLE:
            break
        begins = place == 0 or not text[place - 1].isalnum()
        ends = place + len(word) == len(text) or not text[place + len(word)].isalnum()
        best = max(best, _WHOLE if begins and ends else _BEGINS if begins else _INSIDE)
        place = text.find(word, place + 1)
    return best


def _often(text: str, word: str) -> float:
    """As `_best`, and up to three times as much for a word that is there again and again."""
    best = _best(text, word)
    return best * min(3.0, 1 + math.log(text.count(word))) if best else 0.0
