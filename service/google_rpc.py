"""Google's services by gRPC, one attempt or several, without a client library: see docs/decisions/0023."""

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

import grpc

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TRANSIENT = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,  # contention: the preconditions are simply tried again
    grpc.StatusCode.DEADLINE_EXCEEDED,  # of one attempt: a lost answer, most often
}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),  # a page of long notes is more than gRPC's 4 MB
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),
)
_T = TypeVar("_T")


def open_channel(
    host: str, emulator: str | None = None, interceptors: Sequence[grpc.UnaryUnaryClientInterceptor] = ()
) -> grpc.Channel:
    """A channel to HOST with application default credentials; or to the EMULATOR, "host:port".

    Raises `google.auth.exceptions.GoogleAuthError` when there are no credentials.
    """
    if emulator:
        channel = grpc.insecure_channel(emulator, _OPTIONS)
    else:
        import google.auth
        from google.auth.transport.grpc import AuthMetadataPlugin
        from google.auth.transport.requests import Request

        credentials, _ = google.auth.default(scopes=[_SCOPE])
        plugin = AuthMetadataPlugin(credentials, Request(), default_host=host)  # type: ignore[no-untyped-call]  # grpc is untyped
        both = grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(), grpc.metadata_call_credentials(plugin)
        )
        channel = grpc.secure_channel(host, both, _OPTIONS)
    return grpc.intercept_channel(channel, *interceptors)


class Failed(Exception):
    """A call that did not succeed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        """The name of gRPC's status code; its text stays behind, because it can quote the request."""


class Rpcs:
    """The methods of SERVICE, a full name, on CHANNEL: those of whose MESSAGES one ends in "Request", another in "Response".

    METADATA goes with every call. STREAMED are the methods that answer a stream. REQUEST is the method's own message. PARAMETER is the one of its fields by which Google routes the call, see
    https://google.aip.dev/client-libraries/4222. All raise `Failed` for what is not transient, or still is when no
    time is left for another attempt: none begins after SECONDS, and none takes longer than EACH.
    """

    def __init__(
        self,
        channel: grpc.Channel,
        service: str,
        messages: Mapping[str, Any],
        streamed: Collection[str] = (),
        metadata: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._metadata = tuple(metadata)
        self._methods = {
            name: (channel.unary_stream if name in streamed else channel.unary_unary)(
                f"/{service}/{name}",
                request_serializer=messages[f"{name}Request"].SerializeToString,
                response_deserializer=messages[f"{name}Response"].FromString,
            )
            for name in (each.removesuffix("Request") for each in messages if each.endswith("Request"))
        }

    def answer(self, name: str, request: Any, parameter: str, seconds: float, each: float) -> Any:
        """The answer of the method NAME."""
        metadata = self._routed(request, parameter)
        return patiently(lambda: self._methods[name](request, timeout=each, metadata=metadata), seconds)

    def answers(self, name: str, request: Any, parameter: str, seconds: float, each: float) -> "Answers":
        """The stream that the method NAME answers."""
        metadata = self._routed(request, parameter)
        return Answers(lambda: self._methods[name](request, timeout=each, metadata=metadata), seconds)

    def _routed(self, request: Any, parameter: str) -> tuple[tuple[str, str], ...]:
        routed = f"{parameter}={quote(getattr(request, parameter), safe='')}"
        return (*self._metadata, ("x-goog-request-params", routed))


class Answers:
    """A stream of messages that has begun when this is made, and is not begun again once a message of it has come.

    Whoever stops early closes it, which ends the call.
    """

    def __init__(self, begin: Callable[[], Any], seconds: float) -> None:
        self._begin, self._seconds, self._call = begin, seconds, begin()
        self._is_fresh = True

    def __iter__(self) -> Iterator[Any]:
        first = patiently(self._first, self._seconds)
        try:
            yield from first
            yield from self._call
        except grpc.RpcError as failed:
            raise Failed(failed.code().name) from None

    def _first(self) -> list[Any]:
        if not self._is_fresh:
            self._call = self._begin()
        self._is_fresh = False
        return list(islice(self._call, 1))

    def close(self) -> None:
        self._call.cancel()


def patiently(attempt: Callable[[], _T], seconds: float) -> _T:
    """What ATTEMPT returns, tried again after ever longer pauses, of random length, while it fails for the moment.

    Raises `Failed` when it fails for good, or when no time of SECONDS is left for another attempt.
    """
    end, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while True:
        try:
            return attempt()
        except grpc.RpcError as failed:
            wait = random.uniform(0, pause)  # noqa: S311  # spreads the load, keeps no secret
            if failed.code() not in _TRANSIENT or time.monotonic() + wait >= end:
                raise Failed(failed.code().name) from None
        time.sleep(wait)
        pause = min(2 * pause, _LONGEST_PAUSE)
