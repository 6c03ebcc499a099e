"""Whether it is a person's browser that asks. See docs/decisions/0015."""

from collections.abc import Iterable


def is_navigation(accept: Iterable[tuple[str, float]], authorization: str | None) -> bool:
    """Whether a request is a browser's that opens an address: it carries no credentials, names text/html itself, and
    would not rather have JSON.

    ACCEPT has the media ranges of its Accept header, each with its quality (RFC 9110 section 12.5.1).
    """
    wanted = {name.partition(";")[0].strip().lower(): quality for name, quality in accept}
    html = wanted.get("text/html", 0)
    return authorization is None and html > 0 and html >= wanted.get("application/json", 0)
