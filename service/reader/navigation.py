"""Whether it is a person's browser that asks. See docs/decisions/0015."""

from collections.abc import Iterable


def is_navigation(accept: Iterable[tuple[str, float]], authorization: str | None) -> bool:
    """Whether a request is a browser's that opens an address: it names text/html itself, and carries no credentials.

    ACCEPT has the media ranges of its Accept header, each with its quality (RFC 9110 section 12.5.1).
    """
    ranges = ((name.partition(";")[0].strip().lower(), quality) for name, quality in accept)
    return authorization is None and any(name == "text/html" and quality > 0 for name, quality in ranges)
