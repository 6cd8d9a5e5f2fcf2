"""What a handler says of an event, and what ends a consumer."""

from __future__ import annotations


class Retry(Exception):  # noqa: N818  # a handler says it as a sentence: raise Retry
    """Not the event's fault: try it again until it works, after `after_seconds` or the consumer's own pause."""

    def __init__(self, reason: str = "", *, after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class Park(Exception):  # noqa: N818  # likewise
    """The event will never work: put it into the dead letters at once. `reason` is kept beside it."""

    def __init__(self, reason: str = "", *, code: str = "consumer.parked") -> None:
        super().__init__(reason)
        self.code = code


class ConsumerError(Exception):
    """Ends a consumer. `code` is stable; the message says what to do, and holds no secret and no event."""

    code = "consumer.failed"
    remedy = ""

    def __init__(self, message: str, *, remedy: str = "", code: str = "") -> None:
        self.code = code or type(self).code
        self.remedy = remedy or type(self).remedy
        super().__init__(f"{message} {self.remedy}".strip())


class StreamUnknownError(ConsumerError):
    """The platform doesn't know a stream."""

    code = "consumer.stream_unknown"
    remedy = "Look at its name on the platform's page of streams."


class SourceRefusedError(ConsumerError):
    """The server or the log refuses, and would refuse again."""

    code = "consumer.refused"


class DeadLettersError(ConsumerError):
    """An event could not be parked; going on would lose it."""

    code = "consumer.not_parked"
    remedy = "Mend the dead letters' place and start again: the event comes again."


class ReplayUnderWayError(ConsumerError):
    """Somebody else hands the same dead letters out."""

    code = "consumer.replay_under_way"
    remedy = "Let it end first: what stays is in the file again then."


class PositionsError(ConsumerError):
    """What is kept of a position can't be read or written."""

    code = "consumer.positions"
