"""What may stand in a Firestore path. Checked wherever text from outside becomes part of one."""

import re

# Ids between two underscores are reserved, but for numbers, which databases have from the time of Datastore.
_SEGMENT = re.compile(r"__id-?[0-9]{1,19}__|(?!\.\.?$)(?!__.*__$)[^/]+", re.DOTALL)
MOST = 1_500
"""Bytes of a document's id: https://firebase.google.com/docs/firestore/quotas#limits."""


def is_segment(text: str, most: int = 128) -> bool:
    """Whether TEXT, of at most MOST characters, can be the id of a document. Raises `UnicodeEncodeError` for no text."""
    return len(text) <= most and len(text.encode()) <= MOST and _SEGMENT.fullmatch(text) is not None
