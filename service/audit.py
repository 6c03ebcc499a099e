"""One structured log line for each decision: what was asked, by whom, how it ended and why.

It answers "why was this refused" and "what did this assistant do". It never holds a secret, a token, a code, an
e-mail address or the text of a note: `Decision` has no place for text from a request.
"""

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from service.errors import ServiceError, Unavailable

_log = logging.getLogger("service.audit")
_TRACE = re.compile(r"([0-9a-f]{32})(?:[/;].*)?", re.ASCII | re.DOTALL)


@dataclass
class Decision:
    """What is known of a decision so far. `client_id` and `grant_id` are only set to ones that exist in the store."""

    event: str
    client_id: str | None = None
    grant_id: str | None = None
    uid: str | None = None
    """Only where a grant begins or a person decides, so that a grant can be found for a person who asks."""
    outcome: str = "allowed"
    reason: str | None = None
    contract: str | None = None
    """The version of the contract by which an operation was called, as the address said."""
    notes: int | None = None
    """How many notes were concerned, where any were."""


@contextmanager
def decided(event: str, environ: Mapping[str, Any], project: str) -> Iterator[Decision]:
    """Log the decision made inside, for the WSGI request ENVIRON: "allowed", or by its error "refused" or "failed"."""
    decision = Decision(event)
    try:
        yield decision
    except Unavailable as failed:
        decision.outcome, decision.reason = "failed", failed.reason
        raise
    except ServiceError as refused:
        decision.outcome, decision.reason = "refused", decision.reason or refused.reason
        raise
    except Exception as unexpected:
        decision.outcome, decision.reason = "failed", type(unexpected).__name__
        raise
    finally:
        _log.info("%s %s", decision.event, decision.outcome, extra={"fields": _fields(decision, environ, project)})


def _fields(decision: Decision, environ: Mapping[str, Any], project: str) -> dict[str, str | int]:
    fields = {
        "event": decision.event,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "clientId": decision.client_id and _client(decision.client_id),
        "grantId": decision.grant_id,
        "uid": decision.uid,
        "contract": decision.contract,
        "notes": decision.notes,
        "logging.googleapis.com/trace": _trace(environ, project),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _client(client_id: str) -> str:
    """A URL is its author's text and may hold anything: it is told by its hash, as the store's document is named."""
    is_url = ":" in client_id
    return f"sha256:{hashlib.sha256(client_id.encode()).hexdigest()}" if is_url else client_id


def _trace(environ: Mapping[str, Any], project: str) -> str | None:
    """The request's trace as Cloud Logging names it: https://cloud.google.com/trace/docs/trace-log-integration."""
    found = _TRACE.fullmatch(environ.get("HTTP_X_CLOUD_TRACE_CONTEXT", ""))
    return f"projects/{project}/traces/{found[1]}" if found else None
