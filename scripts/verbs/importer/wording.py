"""The importer's rule for descriptions: they say what an operation does, not when the model has to use it."""

import re

from scripts.verbs.importer.document import Document, Found, Part, every, mapping

_OPERATION = r"(tool|action|operation|function|endpoint|api)"
_THIS = rf"(it|this|(this|the) {_OPERATION}|(?-i:[a-z]+[A-Z]\w*))"  # the last is an operationId
_WHEN = r"(when|whenever|if|before|after|every time|each time|as soon as|for (all|any|every))"
_USE = r"(use|call|invoke|run|trigger|choose|prefer)"
_USED = r"(used|called|invoked|run|triggered|chosen|preferred)"
_WHO = r"(the|a|your) (user|person|human|customer)"
_MODEL = r"(you|(the|an?) (\w+ )?(assistant|model|gpt|agent)|chatgpt)"
_MUST = r"(must|should|shall|ought to|has to|have to|needs? to)"
_HAS_TO = rf"({_MUST}|(is|are) (required|obliged|expected|supposed) to)"
_ACT = r"(?!own\b|have\b|hold\b|know\b|be\b)\w"  # to own a note is no act of the model's
_START = r"(^|[.!?:;] )"
_NOT = r"(do not|don\W?t|never)"
_PUSHES = (
    rf"always (be {_USED}|{_USE}|save|ask)",
    rf"{_HAS_TO} (always )?{_USE} {_THIS}",
    rf"{_MUST} (always )?be {_USED} {_WHEN}",
    rf"({_START}|(this|the) {_OPERATION} ){_MUST} (always )?be {_USED}",
    rf"{_USE} {_THIS} (\w+ly )?({_WHEN}|first|to (answer|reply|respond))",
    rf"{_START}{_USE} {_WHEN}",
    rf"{_MODEL} {_HAS_TO} {_ACT}\w*",
    rf"{_WHEN} {_WHO} (asks?|says?|wants?|mentions?|tells?|shares?|needs?|likes?|would|requests? (it|this|that|to))",
    rf"whenever (you|{_WHO})",
    r"(be|make) sure to",
    rf"(remember|{_NOT} forget) to",
    r"prefer (this|it|using|calling)",
    rf"(instead of|rather than) (any )?((other|another) (\w+ )?{_OPERATION}s?|answering|browsing|searching the web|your own)",
    rf"{_NOT} (use|call|try) (any|other|another)",
    rf"{_NOT} (answer|reply|respond) (from|without|before|until|unless)",
    rf"(without|before) (being asked|asking ({_WHO}|you|them|first|for (permission|consent|confirmation)))",
    r"(without|before) asking(?=[.,;:!?)]|$)",
    rf"even (if|when) (not asked|nobody asked|{_WHO})",
    r"ignore (all |any )?(other|previous|earlier|your) (instructions|tools|actions)",
)
_PUSH = re.compile("|".join(rf"\b{push}\b" for push in _PUSHES), re.IGNORECASE)
_TEXTS = ("title", "summary", "description")


def texts_do_not_push(document: Document) -> Found:
    """No title, summary or description of the document or a part of it tells the model when to act."""
    info = Part("info", ("info",), mapping(document.get("info")))
    for part in (info, *every(document, "path", "operation", "parameter", "body", "response", "header", "schema")):
        for field in _TEXTS:
            if push := _PUSH.search(" ".join(str(part.value.get(field, "")).split())):
                yield (
                    part.place(field),
                    f'"{push[0]}" pushes the model: say what the operation does, not when to use it.',
                )
