"""The error families. A type says where an error goes; only `message` and `description` ever leave the service.

`reason` is a fixed word for the audit log, more exact than what the caller is told.
"""

from collections.abc import Mapping
from typing import Any


class ServiceError(Exception):
    """The root of every answer that is not a success."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ActionError(ServiceError):
    """Shown as ``{"error": {"code", "message"}}``; `message` tells a model or a developer what to do next.

    MEMBERS stand beside `error` in the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: dict[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message
        self.headers, self.members = headers or {}, members or {}


class BearerError(ServiceError):
    """A bearer challenge (RFC 6750 section 3). `error` is None when the request carried no credentials at all."""

    def __init__(
        self, status: int, error: str | None, description: str, scope: tuple[str, ...] = (), reason: str | None = None
    ) -> None:
        super().__init__(reason or error or "no_credentials")
        self.status, self.error, self.description, self.scope = status, error, description, scope


class OAuthError(ServiceError):
    """Shown as OAuth JSON by the token endpoint (RFC 6749 section 5.2). `description` keeps to its characters."""

    def __init__(
        self,
        status: int,
        error: str,
        description: str,
        headers: dict[str, str] | None = None,
        *,
        reason: str | None = None,
    ) -> None:
        super().__init__(reason or error)
        self.status, self.error, self.description, self.headers = status, error, description, headers or {}


class PageError(ServiceError):
    """Shown to a person as a page: nothing in the request may be trusted enough to redirect (RFC 6749 4.1.2.1)."""

    def __init__(self, status: int, title: str, message: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.title, self.message = status, title, message


class RedirectError(ServiceError):
    """Sent back to the client by redirect (RFC 6749 section 4.1.2.1); only raised once `redirect_uri` was validated."""

    def __init__(self, redirect_uri: str, state: str | None, error: str, description: str) -> None:
        super().__init__(error)
        self.redirect_uri, self.state, self.error, self.description = redirect_uri, state, error, description


class TooMany(ServiceError):
    """Too many failures, or calls, from one place (RFC 6585 section 4); each door shows it in its own shape."""

    def __init__(self, retry_after: int, what: str = "Too many tries from here that did not work.") -> None:
        super().__init__("too_many_requests")
        self.retry_after, self.what = retry_after, what


class Unavailable(ServiceError):
    """Something we depend on does not answer; the same request may succeed later. Each door shows it in its own shape.

    `detail` is for the log: the name of what failed, never a value from the request.
    """

    retry_after = 5

    def __init__(self, detail: str) -> None:
        super().__init__("unavailable")
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


def invalid_token(reason: str = "unknown_or_ended", scope: tuple[str, ...] = ()) -> BearerError:
    """The one answer to an unknown, expired or revoked access token, so that none can be told from another."""
    return BearerError(
        401, "invalid_token", "The access token is unknown, expired or revoked. Connect again.", scope, reason
    )
