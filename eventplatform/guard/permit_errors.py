"""Why the guard refuses: keys, origins, and a process that has too much to do."""

from __future__ import annotations

from typing import ClassVar

from eventplatform.core.errors import RejectedError, RetriableError

_LONGEST_SHOWN = 100  # characters of an origin in a message
# What an answer of 401 asks for (RFC 9110 demands the header `WWW-Authenticate` with it).
CHALLENGE = 'Bearer realm="events"'


class KeyRefusedError(RejectedError):
    """The key that was shown opens nothing."""

    code = "key.refused"
    http_status = 401
    message = "This producer key opens nothing."
    remedy = "Show a key that is good, or none where the stream takes anonymous clients."
    challenge: ClassVar[str] = f'{CHALLENGE}, error="invalid_token"'


class KeyUnknownError(KeyRefusedError):
    """No key looks like this one."""

    code = "key.unknown"
    message = "This producer key is unknown."
    remedy = "Check that the whole key was copied, without spaces; a key is shown only once, so make another where it is lost."


class KeyExpiredError(KeyRefusedError):
    """The key was good until a moment that is over."""

    code = "key.expired"
    message = "The producer key {prefix} expired at {moment}."
    remedy = "Send its successor, or ask its owner to make a new one."


class KeyRevokedError(KeyRefusedError):
    """Somebody took the key back."""

    code = "key.revoked"
    message = "The producer key {prefix} was revoked."
    remedy = "Ask its owner for another, and why this one was taken back."


class KeyMissingError(RejectedError):
    """The stream takes events of known producers only."""

    code = "key.missing"
    http_status = 401
    challenge: ClassVar[str] = CHALLENGE
    message = "The stream {stream} takes no anonymous events."
    remedy = "Send a producer key: Authorization: Bearer epk_…"


class KeyNotForServiceError(RejectedError):
    """The key is good, but for other services."""

    code = "key.not_for_service"
    http_status = 403
    message = "The producer key {prefix} may not be used at the service {service}."
    remedy = "Post to a service that the key names, or have its services changed."


class KeyNotForStreamError(RejectedError):
    """The key is good, but for other streams."""

    code = "key.not_for_stream"
    http_status = 403
    message = "The producer key {prefix} may not send to the stream {stream}."
    remedy = "Have the stream added to the key, or send a key of its own."


class KeysUnreadError(RetriableError):
    """This process has not read any key yet: its database has been away since it started."""

    code = "keys.unread"
    message = "Producer keys could not be read yet."
    remedy = "Send it again after the time that Retry-After names."


class OriginRefusedError(RejectedError):
    """A page of another site sends here."""

    code = "origin.not_allowed"
    http_status = 403
    message = "Pages of the origin {origin} may not send to {subject}."
    remedy = "Have the origin, exactly as the browser sends it, added to the stream's or the service's origins."


class OriginNullError(OriginRefusedError):
    """A page without an origin sends here: a file, or a sandboxed frame."""

    message = "Pages without an origin (Origin: null) may not send to {subject}."
    remedy = (
        "Open the page from a web server, not as a file or in a sandboxed frame: `python -m http.server 5500` in its folder, "
        "then http://localhost:5500. No list of origins can hold null, since it names nobody."
    )


def origin_refused(origin: str, subject: str) -> OriginRefusedError:
    """The refusal of a page; `origin` may be as long as somebody likes."""
    kind = OriginNullError if origin == "null" else OriginRefusedError
    return kind(origin=origin[:_LONGEST_SHOWN], subject=subject)


class OverloadedError(RejectedError):
    """The process has more events in flight than it takes, and this client has a large part of them."""

    code = "intake.overloaded"
    http_status = 503
    outcome = "limited"
    message = "The intake has too much in flight."
    remedy = "Send again after the time that Retry-After names, with fewer requests at once."

    @property
    def retry_after_seconds(self) -> int | None:
        """Soon: what is in flight settles within seconds."""
        return 1
