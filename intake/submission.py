"""The events of one request on their way into the log: refused by the gate, accepted by the log, or failed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from eventplatform.broker.base import Delivery, LogUnavailableError
from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.core.records import NewRecord
from eventplatform.core.results import EventResult, Outcome, Summary, summarise_failures
from intake.counting import EventLabels, count_deliveries, count_events


class Submission:
    """Gathers each event's fate and counts it, once, when the log has settled or the door stops waiting.

    `settle` may come from any thread, also after `give_up`: the first one decides.
    """

    __slots__ = ("_admitted", "_counts", "_lock", "_wake", "failures", "is_hasty", "is_settled", "late", "records", "total")

    def __init__(self, total: int, *, is_hasty: bool) -> None:
        self.late: Mapping[str, str] = {}  # streams whose windows have closed, and the reason to count their events with
        self.total = total
        self.is_hasty = is_hasty
        self.is_settled = False
        self.records: list[NewRecord] = []
        self.failures: list[EventResult] = []
        self._admitted: list[tuple[int, dict[str, Any]]] = []
        self._counts: Counter[EventLabels] = Counter()
        self._wake: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def add(self, index: int, event: dict[str, Any], record: NewRecord) -> None:
        """Note an event that the gate let through, and its record."""
        self._admitted.append((index, event))
        self.records.append(record)

    def refuse(self, index: int, event: Any, stream: str, error: PlatformError) -> None:
        """Note an event that goes no further; `stream` is empty where it isn't configured."""
        self._fail(index, event, stream, outcome_of(error), error)

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

    def summary(self) -> Summary:
        """What the answer says."""
        return summarise_failures(self.total, sorted(self.failures, key=lambda failure: failure.index))

    def _close(self, deliveries: Sequence[Delivery]) -> bool:
        with self._lock:
            if self.is_settled:
                return False
            for (index, event), delivery in zip(self._admitted, deliveries, strict=True):
                stream = event["meta"]["stream"]
                if delivery.error is None:
                    self._counts[stream, "hasty" if self.is_hasty else "accepted", self.late.get(stream, "")] += 1
                else:
                    self._fail(index, event, stream, "failed", delivery.error)
            self.is_settled = True
        count_events(self._counts)
        return True

    def _fail(self, index: int, event: Any, stream: str, outcome: Outcome, error: PlatformError) -> None:
        self._counts[stream, outcome, error.code] += 1
        if not self.is_hasty:  # nobody reads them
            self.failures.append(EventResult(index, outcome, _id(event), stream or None, error, event))


def outcome_of(error: PlatformError) -> Outcome:
    """The word under which a refusal is counted."""
    return cast("Outcome", error.outcome) if isinstance(error, RejectedError) else "failed"


def _id(event: Any) -> str | None:
    meta = event.get("meta") if isinstance(event, dict) else None
    value = meta.get("id") if isinstance(meta, dict) else None
    return value if isinstance(value, str) else None
