"""The contract of a profile: what a service's answers look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from eventplatform.core.errors import PlatformError
from eventplatform.core.results import EventResult
from eventplatform.guard.request_head import RequestHead
from intake.answers import Answer


class Settled(Protocol):
    """A request of which every event has met its fate."""

    @property
    def total(self) -> int:
        """How many events it brought."""
        ...

    @property
    def head(self) -> RequestHead:
        """Its headers."""
        ...

    @property
    def is_plain(self) -> bool:
        """Every event is in the log: nothing refused, spooled or repeated. What nearly every request is."""
        ...

    def results(self) -> Sequence[EventResult]:
        """The fate of every event, by index."""
        ...


class ProfileAnswers(Protocol):
    """Answers of one service; made once with its desk, safe to share between threads. Every answer is complete: status,
    reason phrase, headers (also those that a browser asks for) and body.
    """

    def is_hasty(self, head: RequestHead) -> bool:
        """Whether the client wants its answer before the log's."""
        ...

    def settled(self, submission: Settled) -> Answer:
        """To a request whose events were judged, and taken by the log or not."""
        ...

    def hasty(self, total: int, head: RequestHead) -> Answer:
        """To a hasty request of `total` events, whatever becomes of them."""
        ...

    def refused(self, error: PlatformError, head: RequestHead, body: bytes = b"") -> Answer:
        """To a request that is refused as a whole. `body` is what was read of it, for the place of a mistake in it."""
        ...

    def options(self, head: RequestHead) -> Answer:
        """To `OPTIONS`, which browsers send before a cross-origin POST."""
        ...

    def wrong_method(self, method: str, path: str, allowed: str, head: RequestHead) -> Answer:
        """To a method that the address doesn't take."""
        ...

    def not_found(self, method: str, path: str, head: RequestHead) -> Answer:
        """There is nothing at this address."""
        ...

    def dressed(self, answer: Answer, head: RequestHead) -> Answer:
        """An answer made elsewhere, with this profile's headers."""
        ...
