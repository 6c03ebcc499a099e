"""The whole body of a request, or a clear refusal."""

from typing import Any

from service.errors import ActionError


def read_body(environ: dict[str, Any], most: int) -> bytes:
    """The body of the WSGI request ENVIRON, of at most MOST bytes. Raises `ActionError` 413, or 400 when it is cut off.

    Not Flask's `get_data`, which quietly returns the first MOST bytes of a longer chunked body and what there is of a
    body that breaks off.
    """
    length = environ.get("CONTENT_LENGTH") or None
    if length is None and not environ.get("wsgi.input_terminated"):
        return b""
    declared = int(length) if length and length.isdecimal() else None
    if declared is not None and declared > most:
        raise _too_large()
    try:
        body: bytes = environ["wsgi.input"].read(most + 1 if declared is None else declared)
    except Exception:  # noqa: BLE001  # whatever the server calls a broken body; its text can quote it
        raise _broken() from None
    if len(body) > most:
        raise _too_large()
    if declared is not None and len(body) < declared:
        raise _broken()
    return body


def _too_large() -> ActionError:
    return ActionError(413, "too_large", "The request is larger than anything this address takes.")


def _broken() -> ActionError:
    return ActionError(400, "invalid_request", "The body of the request is broken off or malformed.")
