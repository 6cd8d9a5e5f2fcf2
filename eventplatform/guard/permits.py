"""The contract of what stands before a door: who sends, from where, how much; asked before the body is read."""

from __future__ import annotations

import math
from typing import Protocol

from eventplatform.core.errors import RejectedError
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard.request_head import RequestHead


class LimitedError(RejectedError):
    """Too much at once from this key, address or for this stream."""

    code = "rate.limited"
    http_status = 429
    outcome = "limited"
    message = "Too many events: {subject} is limited to {limit}."
    remedy = "Send again after the time that Retry-After names, in larger batches or less."

    @property
    def retry_after_seconds(self) -> int | None:
        """Whole seconds until there is room again."""
        seconds = self.facts.get("seconds")
        return max(1, math.ceil(seconds)) if isinstance(seconds, int | float) else 1


class KeyRateError(LimitedError):
    """This key sends faster than it may."""

    code = "rate.key"


class StreamRateError(LimitedError):
    """More comes for this stream, from all its producers, than it takes."""

    code = "rate.stream"


class AddressRateError(LimitedError):
    """More comes from this address than one client may send."""

    code = "rate.address"


class KeyQuotaError(LimitedError):
    """The key has sent what it may send a day."""

    code = "quota.key"
    remedy = "Send again after midnight UTC, or have the key's quota raised."


class StreamQuotaError(LimitedError):
    """The stream has got what it takes a day."""

    code = "quota.stream"
    remedy = "Send again after midnight UTC, or have the stream's quota raised."


class Permit(Protocol):
    """What one request may do."""

    @property
    def key_name(self) -> str:
        """Of the producer key that was shown; empty for an anonymous request."""
        ...

    @property
    def key_prefix(self) -> str:
        """How that key begins: what tells it from all others, which may be called the same."""
        ...

    def allow(self, stream: Stream) -> None:
        """Let one event of the request into `stream`, and count it.

        Raises:
            RejectedError: this key, origin or anonymous client may not send there, or (LimitedError) not now.
        """
        ...


class _NothingAsked:
    """The permit of a request that no rule concerns; a door may skip asking it."""

    __slots__ = ()
    key_name = ""
    key_prefix = ""

    def allow(self, stream: Stream) -> None:
        """Any stream, any number."""


NOTHING_ASKED: Permit = _NothingAsked()


class Guard(Protocol):
    """Judges requests by their heads. Safe to share between threads; never waits for another server."""

    def permit(self, head: RequestHead, service: Service) -> Permit:
        """The request's permit.

        Raises:
            RejectedError: 401 for an unknown, expired or revoked key, 403 for an origin that no stream of the service knows,
                429 where the address or the key has used up what it may send, 503 where too much is in flight.
            RetriableError: a key was shown that could not be read yet.
        """
        ...
