"""The events of one request on their way into the log: refused by the gate, accepted by the log, or failed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from eventplatform.broker.base import Delivery, LogUnavailableError
from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.core.records import NewRecord
from eventplatform.core.results import EventResult, Outcome
from eventplatform.guard.request_head import RequestHead
from intake.counting import EventLabels, count_deliveries, count_events

if TYPE_CHECKING:
    from intake.duplicates import Claims  # it notes repeated events here


def _nothing(_submission: Submission) -> None:
    pass


class Submission:
    """Gathers each event's fate and counts it, once, when the log has settled or the door stops waiting.

    `settle` may come from any thread, also after `give_up`: the first one decides. `on_closed` is called then, once.
    `service_of` names the service under which a stream's events are counted; of no stream, the request's own.
    """

    __slots__ = (
        "_admitted",
        "_followers",
        "_lock",
        "_on_closed",
        "_service_of",
        "_wake",
        "claims",
        "head",
        "is_hasty",
        "is_settled",
        "late",
        "others",
        "records",
        "total",
    )

    def __init__(
        self,
        total: int,
        head: RequestHead,
        *,
        is_hasty: bool,
        service_of: Callable[[str], str] = lambda _stream: "",
        on_closed: Callable[[Submission], None] = _nothing,
    ) -> None:
        self.late: Mapping[str, str] = {}  # streams whose windows have closed, and the reason to count their events with
        self.claims: Claims | None = None  # of ids that clients gave; what becomes of them is told by the log alone
        self.total = total
        self.head = head
        self.is_hasty = is_hasty
        self.is_settled = False
        self.records: list[NewRecord] = []
        self.others: list[EventResult] = []  # all that are not plainly accepted: refused, failed, spooled, repeated
        self._admitted: list[tuple[int, dict[str, Any]]] = []
        self._followers: list[tuple[int, dict[str, Any], int]] = []
        self._service_of = service_of
        self._on_closed = on_closed
        self._wake: Callable[[], None] | None = None
        self._lock = threading.Lock()

    @property
    def is_plain(self) -> bool:
        """Every event is in the log: nothing refused, spooled or repeated."""
        return not self.others

    @property
    def failures(self) -> list[EventResult]:
        """Those that are not kept, by index."""
        return sorted((one for one in self.others if not one.is_success), key=lambda one: one.index)

    @property
    def written(self) -> dict[int, bytes]:
        """What the log was given, by the events' indexes."""
        pairs = zip(self._admitted, self.records, strict=True)
        return {index: record.value or b"" for (index, _), record in pairs}

    def add(self, index: int, event: dict[str, Any], record: NewRecord) -> None:
        """Note an event that the gate let through, and its record."""
        self._admitted.append((index, event))
        self.records.append(record)

    def refuse(self, index: int, event: Any, stream: str, error: PlatformError) -> None:
        """Note an event that goes no further; `stream` is empty where it isn't configured."""
        # Where it was raised tells nobody anything, and holds the whole request in a circle until the collector comes by.
        error.__traceback__ = None
        self.others.append(EventResult(index, outcome_of(error), _id(event), stream or None, error, event))

    def repeat(self, index: int, event: dict[str, Any]) -> None:
        """Note an event that was accepted a moment ago and is not produced again."""
        self.others.append(EventResult(index, "duplicate", _id(event), event["meta"]["stream"], event=event))

    def follow(self, index: int, event: dict[str, Any], place: int) -> None:
        """Note an event that repeats an earlier one of this request, whose record stands at `place`: it shares its fate."""
        self._followers.append((index, event, place))

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """Take what the log says of the records, in their order; the `on_settled` of `Producer.produce`."""
        count_deliveries(deliveries)  # also when the door has given up: the log did, or didn't, take them
        if self._close(deliveries) and self._wake is not None:
            self._wake()

    def when_settled(self, wake: Callable[[], None]) -> None:
        """Call `wake` once the log has settled: now, where it has, else from the log's thread."""
        with self._lock:
            if not self.is_settled:
                self._wake = wake
                return
        wake()

    def give_up(self, error: LogUnavailableError) -> None:
        """Stop waiting for the log: what isn't settled has failed, though the log may still take it."""
        self._close([Delivery(record.topic, error=error) for record in self.records])

    def results(self) -> list[EventResult]:
        """The fate of every event, by index."""
        known = {one.index for one in self.others}
        word: Outcome = "hasty" if self.is_hasty else "accepted"
        plain = [
            EventResult(index, word, _id(event), _stream(event, record.topic), event=event)
            for (index, event), record in zip(self._admitted, self.records, strict=True)
            if index not in known
        ]
        return sorted([*self.others, *plain], key=lambda one: one.index)

    def _close(self, deliveries: Sequence[Delivery]) -> bool:
        with self._lock:
            if self.is_settled:
                return False
            counts = self._counted(deliveries)
            self.is_settled = True
        count_events(counts)
        self._on_closed(self)
        return True

    def _counted(self, deliveries: Sequence[Delivery]) -> Mapping[EventLabels, int]:
        """How many events ended how; what was not plainly accepted is noted."""
        for index, event, place in self._followers:
            error = deliveries[place].error
            stream = _stream(event, deliveries[place].topic)
            self.others.append(EventResult(index, "failed" if error else "duplicate", _id(event), stream, error, event))
        counts: dict[tuple[str, Outcome, str], int] = {}  # by stream, outcome and reason
        for one in self.others:  # refused before, or repeated
            labels = (one.stream or "", one.outcome, one.error.code if one.error else "")
            counts[labels] = counts.get(labels, 0) + 1
        plain: Outcome = "hasty" if self.is_hasty else "accepted"
        for (index, event), delivery in zip(self._admitted, deliveries, strict=True):
            stream = _stream(event, delivery.topic)
            if delivery.error is not None:
                labels = (stream, "failed", delivery.error.code)
                self.others.append(EventResult(index, "failed", _id(event), stream, delivery.error, event))
            elif delivery.is_spooled:
                labels = (stream, "spooled", "")
                self.others.append(EventResult(index, "spooled", _id(event), stream, event=event))
            else:
                labels = (stream, plain, self.late.get(stream, "") if self.late else "")
            counts[labels] = counts.get(labels, 0) + 1
        return {(self._service_of(labels[0]), *labels): number for labels, number in counts.items()}


def outcome_of(error: PlatformError) -> Outcome:
    """The word under which a refusal is counted."""
    return cast("Outcome", error.outcome) if isinstance(error, RejectedError) else "failed"


def _stream(event: Mapping[str, Any], topic: str) -> str:
    """The stream of an event that was let through; where no stream is needed, an event may name none, and its topic is one."""
    try:
        stream: str = event["meta"]["stream"]
    except (KeyError, TypeError):
        return topic
    return stream


def _id(event: Any) -> str | None:
    meta = event.get("meta") if isinstance(event, dict) else None
    value = meta.get("id") if isinstance(meta, dict) else None
    return value if isinstance(value, str) else None
