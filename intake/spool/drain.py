"""Sends what waits in the spool to the log, in order; what the log would never take is set aside, and blocks nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from eventplatform.broker.base import Delivery, LogUnavailableError, Producer, TopicUnknownError
from eventplatform.core.errors import PlatformError
from eventplatform.core.metrics import SPOOL_DRAINED, SPOOL_QUARANTINED
from eventplatform.core.records import NewRecord
from intake.spool import quarantine
from intake.spool.frames import Spooled
from intake.spool.outlet import Batch, Outlet

BATCH_RECORDS = 1000
# A log that has just come back may not know its own topics yet: only after so long a missing one is believed.
MISSING_TOPIC_SECONDS = 10.0
# Nobody waits for an answer here, and giving up on a slow log would double what it takes in the end.
TIMEOUT_SECONDS = 10.0
_LOOK_SECONDS = 0.1
_SETTLE_SECONDS = 5.0  # that an abandoned producer may take to say so


class Drain:
    """One stretch of draining. Between tries it remembers what of a batch the log has taken, so that it isn't sent twice."""

    def __init__(
        self,
        outlet: Outlet,
        producer: Producer,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        is_over: Callable[[], bool] = lambda: False,
        missing_topic_seconds: float = MISSING_TOPIC_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outlet = outlet
        self._producer = producer
        self._timeout = timeout_seconds
        self._is_over = is_over
        self._missing_topic_seconds = missing_topic_seconds
        self._clock = clock
        self._missing_since: dict[str, float] = {}
        self._batch: Batch | None = None
        self._errors: list[PlatformError | None] = []
        self._left: list[int] = []
        self.drained = 0
        self.refused = 0
        self.damaged = 0

    def step(self, max_records: int = BATCH_RECORDS, *, timeout_seconds: float | None = None, is_alone: bool = False) -> int:
        """Send the next batch and move the position behind it; how many records and damaged places it had.

        Raises:
            LogUnavailableError: the log did not take all of it; the next call tries the rest again.
            OSError: the disk failed.
        """
        if self._batch is None:
            self._take(self._outlet.read(max_records, is_alone=is_alone))
        batch = self._batch
        if batch is None:
            return 0
        self._send(batch, self._timeout if timeout_seconds is None else timeout_seconds)
        pairs = zip(batch.records, self._errors, strict=True)
        refused = [_refusal(spooled, error) for spooled, error in pairs if error is not None]
        self._outlet.advance(batch, refused)
        self._count(batch, len(refused))
        self._batch = None
        return len(batch.records) + len(batch.damages)

    def finish(self) -> None:
        """Leave an empty spool; called while nobody writes and after `step` has found nothing."""
        self._outlet.finish()

    def _take(self, batch: Batch) -> None:
        if not batch.is_empty:
            self._batch = batch
            self._errors = [None] * len(batch.records)
            self._left = list(range(len(batch.records)))

    def _send(self, batch: Batch, timeout_seconds: float) -> None:
        if not self._left:
            return
        deliveries = self._deliver([batch.records[index].record for index in self._left], timeout_seconds)
        left, trouble = [], None
        for index, delivery in zip(self._left, deliveries, strict=True):
            error = self._judged(delivery)
            if isinstance(error, LogUnavailableError):
                left.append(index)
                trouble = error
            else:
                self._errors[index] = error
        self._left = left
        if trouble is not None:
            raise trouble

    def _deliver(self, records: Sequence[NewRecord], timeout_seconds: float) -> Sequence[Delivery]:
        """Produce and wait; after the time is up nothing of it is under way any more."""
        settled = threading.Event()
        found: list[Delivery] = []

        def on_settled(deliveries: Sequence[Delivery]) -> None:
            found.extend(deliveries)
            settled.set()

        deadline = time.monotonic() + timeout_seconds
        self._producer.produce(records, on_settled)
        while not settled.wait(_LOOK_SECONDS) and time.monotonic() < deadline and not self._is_over():
            pass
        if not settled.is_set() or any(isinstance(delivery.error, LogUnavailableError) for delivery in found):
            self._producer.abandon()
            settled.wait(_SETTLE_SECONDS)
        if settled.is_set():
            return found
        silent = LogUnavailableError(reason=f"no acknowledgement within {timeout_seconds:g} s")
        return [Delivery(record.topic, error=silent) for record in records]

    def _judged(self, delivery: Delivery) -> PlatformError | None:
        if not isinstance(delivery.error, TopicUnknownError):
            if delivery.error is None:
                self._missing_since.pop(delivery.topic, None)
            return delivery.error
        since = self._missing_since.setdefault(delivery.topic, self._clock())
        if self._clock() - since < self._missing_topic_seconds:
            return LogUnavailableError(reason=f"it does not know topic {delivery.topic}, perhaps not yet")
        return delivery.error

    def _count(self, batch: Batch, refused: int) -> None:
        self.drained += len(batch.records) - refused
        self.refused += refused
        self.damaged += len(batch.damages)
        pairs = zip(batch.records, self._errors, strict=True)
        for topic, number in Counter(spooled.record.topic for spooled, error in pairs if error is None).items():
            SPOOL_DRAINED.labels(topic).inc(number)
        for damage in batch.damages:
            SPOOL_QUARANTINED.labels(damage["reason"] if damage["reason"] in {"torn", "damaged"} else "unreadable").inc()
        for error in self._errors:
            if error is not None:
                SPOOL_QUARANTINED.labels(error.code).inc()


def _refusal(spooled: Spooled, error: PlatformError) -> dict[str, object]:
    return quarantine.of_record(spooled, reason=error.code, message=str(error))
