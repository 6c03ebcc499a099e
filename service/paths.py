"""What may stand in a Firestore path. Checked wherever text from outside becomes part of one."""

import re

_SEGMENT = re.compile(r"(?!\.\.?$)(?!__.*__$)[^/]{1,128}", re.DOTALL)


def is_segment(text: str) -> bool:
    """Whether TEXT can be the id of a document: https://firebase.google.com/docs/firestore/quotas#limits."""
    return _SEGMENT.fullmatch(text) is not None
