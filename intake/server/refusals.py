"""What the server itself refuses, before any application sees it: each with its code, counted, as a problem document."""

from __future__ import annotations

from http import HTTPStatus

import orjson

from eventplatform.core.errors import PlatformError, RejectedError, RetriableError
from eventplatform.core.results import problem


class RequestMalformedError(RejectedError):
    """What came is no HTTP, or HTTP that two readers could understand differently."""

    code = "request.malformed"
    message = "This is no request that HTTP/1.1 allows, or one whose length is told in two ways."
    remedy = "Send one Content-Length or Transfer-Encoding: chunked, headers without control characters, each on one line."


class VersionUnknownError(RejectedError):
    """Another version of HTTP."""

    code = "request.version"
    http_status = HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
    message = "This server speaks HTTP/1.1 and HTTP/1.0."
    remedy = "Let the client, or a proxy in front, speak HTTP/1.1."


class TargetTooLongError(RejectedError):
    """The address alone is too long."""

    code = "request.target_too_long"
    http_status = HTTPStatus.REQUEST_URI_TOO_LONG
    message = "The address is too long."
    remedy = "Send events in the body, not in the address."


class HeadTooLargeError(RejectedError):
    """Too many headers, or too large ones."""

    code = "request.head_too_large"
    http_status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    message = "The headers are too large or too many."
    remedy = "Leave out cookies and headers that an event collector has no use for."


class HeadTimeoutError(RejectedError):
    """The headers took too long."""

    code = "request.head_timeout"
    http_status = HTTPStatus.REQUEST_TIMEOUT
    message = "The headers did not arrive in time."
    remedy = "Send the request again, without pausing in the middle of it."


class BodyTimeoutError(RejectedError):
    """The body took too long."""

    code = "body.timeout"
    http_status = HTTPStatus.REQUEST_TIMEOUT
    message = "The body did not arrive in time."
    remedy = "Send it again, in smaller batches where the network is slow."


class ConnectionsExhaustedError(RetriableError):
    """The process holds as many connections as it may."""

    code = "connections.exhausted"
    message = "This server has no connection left."
    remedy = "Try again after the time that Retry-After names; keep connections open instead of opening many."


class AddressConnectionsError(RetriableError):
    """One address holds as many connections as it may."""

    code = "connections.address"
    http_status = HTTPStatus.TOO_MANY_REQUESTS
    message = "Your address holds too many connections."
    remedy = "Keep connections open and use them again; behind a proxy raise INTAKE_MAX_CONNECTIONS_PER_ADDRESS."


class StoppingError(RetriableError):
    """The process is about to end; what balancers are told, no client of events."""

    code = "intake.stopping"
    message = "The intake is stopping."
    remedy = "Send to another instance."


class CrashedError(PlatformError):
    """The application failed where it should have answered; the process's log has the trace."""

    code = "request.crashed"
    message = "The intake failed to answer this request."
    remedy = "Report it, with the time."


class Refusal:
    """An answer made before it is needed."""

    def __init__(self, kind: type[PlatformError]) -> None:
        error = kind()
        self.code = error.code
        self.status = int(error.http_status)
        self.body = orjson.dumps(problem(self.status, str(error), code=error.code, remedy=error.hint))
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(self.body))]
        if error.retry_after_seconds is not None:
            headers.append((b"retry-after", b"%d" % error.retry_after_seconds))
        # A browser must be able to read why, whatever the service's own rules on origins are: nothing here is private.
        self.headers = [*headers, (b"access-control-allow-origin", b"*"), (b"connection", b"close")]


MALFORMED = Refusal(RequestMalformedError)
VERSION = Refusal(VersionUnknownError)
TARGET_TOO_LONG = Refusal(TargetTooLongError)
HEAD_TOO_LARGE = Refusal(HeadTooLargeError)
HEAD_TIMEOUT = Refusal(HeadTimeoutError)
BODY_TIMEOUT = Refusal(BodyTimeoutError)
EXHAUSTED = Refusal(ConnectionsExhaustedError)
ADDRESS_EXHAUSTED = Refusal(AddressConnectionsError)
STOPPING = Refusal(StoppingError)
CRASHED = Refusal(CrashedError)


class RefusedError(Exception):
    """Leaves the parser's callback with the reason why the request is not read on."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
