"""Group commit: one thread takes all that is queued, appends it in one transaction, and says what became of it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from eventplatform.broker import base
from eventplatform.broker.postgres.appender import Appender
from eventplatform.broker.postgres.session import NotSentError
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import NewRecord

_log = logging.getLogger(__name__)

QUEUE_BYTES = 64 * 1024 * 1024
_GROUP_BYTES = 8 * 1024 * 1024
_GROUP_RECORDS = 10_000
_RETRY_SECONDS = 0.2
_WAKE_UP_SECONDS = 0.05  # readers are woken at most so often; the acknowledgement doesn't wait for it
_CLOSE_SECONDS = 10.0


@dataclass(slots=True)
class _Job:
    records: Sequence[NewRecord]
    on_settled: base.OnSettled
    size: int
    deadline: float

    def settle(self, deliveries: Sequence[base.Delivery]) -> None:
        try:
            self.on_settled(deliveries)
        except Exception:  # noqa: BLE001  # a callback's fault must not stop the appends of all others
            _log.exception("producer.callback_failed")

    def fail(self, error: PlatformError) -> None:
        self.settle([base.Delivery(record.topic, error=error) for record in self.records])


class PostgresProducer(base.Producer):
    """Queues records for its thread, which is started with the first of them.

    What could not be sent is tried again until `timeout_seconds` are over. What was sent without an answer is reported as
    `LogUnavailableError` at once: trying again could append it twice.
    """

    def __init__(self, url: str, *, timeout_seconds: float = base.TIMEOUT_SECONDS, queue_bytes: int = QUEUE_BYTES) -> None:
        self._appender = Appender(url, timeout_seconds)
        self._timeout = timeout_seconds
        self._queue_bytes = queue_bytes
        self._changed = threading.Condition()
        self._queue: deque[_Job] = deque()
        self._queued_bytes = 0
        self._unsettled = 0
        self._is_closed = False
        self._abandoned = 0  # how often
        self._thread: threading.Thread | None = None
        self._last_wake_up = 0.0

    def produce(self, records: Sequence[NewRecord], on_settled: base.OnSettled) -> None:
        size = sum(base.size_of(record) for record in records)
        job = _Job(records, on_settled, size, time.monotonic() + self._timeout)
        with self._changed:
            reason = self._obstacle(size)
            if not reason:
                self._queue.append(job)
                self._queued_bytes += size
                self._unsettled += len(records)
                self._start()
                self._changed.notify_all()
        if reason:
            job.fail(base.LogUnavailableError(reason=reason))

    def flush(self, timeout_seconds: float) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._unsettled == 0, timeout_seconds)
            return self._unsettled

    def abandon(self) -> None:
        with self._changed:
            jobs, self._queue = list(self._queue), deque()
            self._abandoned += 1
        self._appender.interrupt()  # what is under way fails in its own thread
        for job in jobs:
            job.fail(base.LogUnavailableError(reason="it is slow, and the record waited too long for it"))
        self._settled(jobs)

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)

    def _obstacle(self, size: int) -> str:
        if self._is_closed:
            return "the producer is closed"
        # A single large request passes an empty queue: a bound must not refuse what can never fit.
        if self._queued_bytes and self._queued_bytes + size > self._queue_bytes:
            return f"{self._queued_bytes} bytes wait for it already"
        return ""

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log-producer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            while self._wait_for_work():
                if jobs := self._take():
                    self._append(jobs)
                    self._settled(jobs)
                self._wake_readers()
        finally:
            self._appender.close()

    def _wait_for_work(self) -> bool:
        """Wait until something is queued, or readers are to be woken; False once closed and drained."""
        with self._changed:
            patience = _WAKE_UP_SECONDS if self._appender.has_news else None
            self._changed.wait_for(lambda: self._queue or self._is_closed, patience)
            return bool(self._queue) or not self._is_closed

    def _take(self) -> list[_Job]:
        """All that is queued, up to a group's size."""
        with self._changed:
            jobs: list[_Job] = []
            size = count = 0
            while self._queue and size < _GROUP_BYTES and count < _GROUP_RECORDS:
                jobs.append(self._queue.popleft())
                size += jobs[-1].size
                count += len(jobs[-1].records)
            return jobs

    def _append(self, jobs: Sequence[_Job]) -> None:
        """Append and settle these; a connection that can't be made is tried again until their time is over."""
        abandoned = self._abandoned
        jobs = self._without_overdue(jobs, base.LogUnavailableError(reason="it is slow, and the record waited too long for it"))
        while jobs:
            try:
                self._append_once(jobs)
            except NotSentError as error:
                if self._is_closed or self._abandoned != abandoned:
                    for job in jobs:
                        job.fail(error)
                    return
                time.sleep(_RETRY_SECONDS)
                jobs = self._without_overdue(jobs, error)
            else:
                return

    def _append_once(self, jobs: Sequence[_Job]) -> None:
        records = [record for job in jobs for record in job.records]
        try:
            deliveries = self._appender.append(records)
        except NotSentError:
            raise
        except PlatformError as error:
            for job in jobs:
                job.fail(error)
        except Exception as error:  # noqa: BLE001  # one record that can't be sent must not stop all others for good
            self._append_apart(jobs, error)
        else:
            start = 0
            for job in jobs:
                job.settle(deliveries[start : start + len(job.records)])
                start += len(job.records)

    def _append_apart(self, jobs: Sequence[_Job], error: Exception) -> None:
        """Something in the group can't be appended, so nothing was: its neighbours must not suffer for it."""
        if len(jobs) > 1:
            for job in jobs:
                self._append([job])
            return
        _log.error("log.append_refused", extra={"reason": str(error)})
        for job in jobs:
            job.fail(base.LogUnavailableError(reason=f"it refuses the records ({type(error).__name__})"))

    def _without_overdue(self, jobs: Sequence[_Job], error: base.LogUnavailableError) -> list[_Job]:
        now = time.monotonic()
        left = []
        for job in jobs:
            if now >= job.deadline:
                job.fail(error)
            else:
                left.append(job)
        return left

    def _settled(self, jobs: Sequence[_Job]) -> None:
        with self._changed:
            self._queued_bytes -= sum(job.size for job in jobs)
            self._unsettled -= sum(len(job.records) for job in jobs)
            self._changed.notify_all()

    def _wake_readers(self) -> None:
        now = time.monotonic()
        if not self._appender.has_news or now - self._last_wake_up < _WAKE_UP_SECONDS:
            return
        self._last_wake_up = now
        try:
            self._appender.wake_readers()
        except PlatformError:  # readers look by themselves once a second
            _log.warning("log.wake_up_failed")
