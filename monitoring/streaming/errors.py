"""Why a stream is not given: each with EventStreams' words for it, where it has some, and a code of ours."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from eventplatform.core.errors import PlatformError, RejectedError, RetriableError
from eventplatform.core.results import title_of

_LONG_WAIT_SECONDS = 30


class StreamRefusedError(RejectedError):
    """A request for a stream that can't be answered. `kind` is the body's `type`, as EventStreams says it."""

    code = "stream_out.refused"
    kind: ClassVar[str] = "bad_request"
    title: ClassVar[str] = ""
    message = "This request for a stream can't be answered: {reason}."
    remedy = "Ask for a stream as the page /?doc describes it."


class StreamsUnknownError(StreamRefusedError):
    """Some of the streams don't exist, or are given to nobody: which of the two, a stranger is not told."""

    code = "stream_out.unknown_stream"
    kind = "not_found"
    title = "Stream Not Found"
    message = "Invalid streams: {streams}"
    remedy = "Choose among those that /v2/ui lists; whoever configures a stream opens it by its setting stream_out."


class TopicsMissingError(StreamRefusedError):
    """No topic of these streams is in the event log yet."""

    code = "stream_out.no_topic"
    kind = "not_found"
    title = "Topic Not Found"
    http_status = HTTPStatus.NOT_FOUND
    message = "The event log holds no topic of {streams} yet."
    remedy = "Come back after the first event."


class TooManyStreamsError(StreamRefusedError):
    """More streams, or more partitions of them, than one connection may follow."""

    code = "stream_out.too_many_streams"
    message = "One connection follows {most} {what} at most; these are {found}."
    remedy = "Ask for fewer streams at once."


class SinceUnreadableError(StreamRefusedError):
    """`since` is no time."""

    code = "stream_out.bad_since"
    kind = "invalid_timestamp"
    title = "Invalid timestamp"
    message = "since timestamp is not a valid timestamp: {given}"
    remedy = "Write milliseconds since 1970, or a date such as 2026-11-25T15:00:00Z."


class LastEventIdError(StreamRefusedError):
    """`Last-Event-ID` is not what the stream sent as `id`."""

    code = "stream_out.bad_last_event_id"
    title = "Invalid Last-Event-ID"
    message = "Last-Event-ID can't be used: {reason}."
    remedy = "Send the last id as it came: a JSON array of objects with topic, partition and an offset or a timestamp."


class FilterUnreadableError(StreamRefusedError):
    """A `filter` that says nothing."""

    code = "stream_out.bad_filter"
    title = "Invalid filter"
    message = "The filter {given} can't be read: {reason}."
    remedy = "Write a field, an operator and a value, as in filter=meta.domain=en.wikipedia.org; /?doc lists the operators."


class FieldsUnreadableError(StreamRefusedError):
    """A `fields` that names no fields."""

    code = "stream_out.bad_fields"
    title = "Invalid fields"
    message = "The fields can't be read: {reason}."
    remedy = "Write paths separated by commas, as in fields=meta.id,page.page_title."


class LoginNeededError(StreamRefusedError):
    """Some of the streams are for people with an account, or the token is none."""

    code = "stream_out.login_needed"
    kind = "unauthorized"
    http_status = HTTPStatus.UNAUTHORIZED
    message = "{streams} can be read with a token only."
    remedy = "Make a token on your account page and send it as Authorization: Bearer …"


class TokenUnknownError(StreamRefusedError):
    """A token was shown that stands for nobody; who shows one is not taken for a stranger."""

    code = "stream_out.bad_token"
    kind = "unauthorized"
    http_status = HTTPStatus.UNAUTHORIZED
    message = "This token is none of ours, has expired, or was revoked."
    remedy = "Make a new one on your account page; streams that anybody may read need none."


class NotAllowedError(StreamRefusedError):
    """Some of the streams are for others."""

    code = "stream_out.not_allowed"
    kind = "forbidden"
    http_status = HTTPStatus.FORBIDDEN
    message = "You may not read {streams}."
    remedy = "Ask one of the teams that their setting stream_out names."


class AddressFullError(StreamRefusedError):
    """One address holds as many streams as it may."""

    code = "stream_out.address_full"
    kind = "too_many_requests"
    title = "Too Many Concurrent Connections From Your Client IP"
    http_status = HTTPStatus.TOO_MANY_REQUESTS
    message = "Your address holds {most} streams, which is all that it may."
    remedy = "Close one, or ask for several streams in one connection, separated by commas."

    @property
    def retry_after_seconds(self) -> int:
        """Until one of its others may have ended."""
        return _LONG_WAIT_SECONDS


class UserFullError(AddressFullError):
    """One account holds as many streams as it may."""

    code = "stream_out.user_full"
    title = "Too Many Concurrent Connections Of Your Account"
    message = "Your account holds {most} streams, which is all that it may."


class ServerFullError(RetriableError):
    """The process holds as many streams as it may."""

    code = "stream_out.full"
    message = "This server gives out as many streams as it may."
    remedy = "Try again after the time that Retry-After names."

    @property
    def retry_after_seconds(self) -> int:
        """Until some may have ended."""
        return _LONG_WAIT_SECONDS


class TooMuchHistoryError(RetriableError):
    """As many clients read the past as may do so at once."""

    code = "stream_out.history_busy"
    message = "Too many clients are reading past events at the moment."
    remedy = "Try again after the time that Retry-After names, or leave out since to begin with what comes now."

    @property
    def retry_after_seconds(self) -> int:
        """Until some may have caught up."""
        return _LONG_WAIT_SECONDS


class StreamsStoppingError(RetriableError):
    """The process is about to end."""

    code = "stream_out.stopping"
    message = "This server is stopping."
    remedy = "Connect again: another one answers."


class PathUnknownError(StreamRefusedError):
    """Nothing is at this address."""

    code = "stream_out.no_such_address"
    kind = "not_found"
    title = "Not Found"
    http_status = HTTPStatus.NOT_FOUND
    message = "There is nothing at this address."
    remedy = "Streams are at /v2/stream/ and their names."


class MethodRefusedError(StreamRefusedError):
    """Streams are only read."""

    code = "stream_out.method"
    kind = "method_not_allowed"
    http_status = HTTPStatus.METHOD_NOT_ALLOWED
    message = "Streams are read with GET."
    remedy = "Send GET; events are posted to the intake."


def problem_body(error: PlatformError, *, method: str, uri: str) -> dict[str, Any]:
    """The body of an answer: EventStreams' five members, then the code and the remedy."""
    kind, title = getattr(error, "kind", error.code), getattr(error, "title", "")
    body = {
        "status": int(error.http_status),
        "type": kind,
        "title": title or title_of(error.http_status),
        "detail": str(error),
        "method": method,
        "uri": uri,
        "code": error.code,
        "remedy": error.hint,
    }
    return body | ({"pointer": error.pointer} if error.pointer else {})
