"""The producer that keeps what the log can't take: straight to it while it answers, else behind the spool, never past it.

It goes direct while the host's spool is quiet. The first failure, of this process or another, ends that: what is in flight
is acknowledged or given up, what failed goes to the spool in its order, and everything after it, until the spool is empty.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from eventplatform.broker.base import Delivery, LogUnavailableError, OnSettled, Producer
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import NewRecord
from intake.spool import frames
from intake.spool.flights import Flight
from intake.spool.host_spool import HostSpool
from intake.spool.spool import Spool

_log = logging.getLogger(__name__)

QUEUE_BYTES = 64 * 1024 * 1024  # that wait for the disk at most
_GROUP_BYTES = 8 * 1024 * 1024
_TICK_SECONDS = 0.1  # between looks for what is overdue
_LOOK_AFTER_SECONDS = 1.0
_LANDING_SECONDS = 4.0  # that an abandoned producer may take to say what became of its records
_LANDING_LOOK_SECONDS = 0.005
_CLOSE_SECONDS = 5.0


class DurableProducer(Producer):
    """Wraps the log's producer and the spool. Make it after a fork.

    `timeout_seconds` is how long the log has to acknowledge; the inner producer must have more patience than that, so that
    it is told to give up on everything at once, never on one record while a later one still gets through.
    """

    def __init__(
        self,
        inner: Producer,
        open_spool: Callable[[], Spool],
        probe: Callable[[], object],
        *,
        timeout_seconds: float = 5.0,
    ) -> None:
        self._inner = inner
        self._timeout = timeout_seconds
        self._spool = HostSpool(open_spool, inner, probe, timeout_seconds=timeout_seconds)
        self._spool.look_after()
        self._looked_at = time.monotonic()
        self._changed = threading.Condition(threading.RLock())
        self._flights: deque[Flight] = deque()  # with the log
        self._queue: deque[Flight] = deque()  # for the spool
        self._queued_bytes = 0
        self._is_direct = True
        self._is_landing = False  # no longer direct, and not all flights have ended
        self._is_abandoned = False
        self._committing: Sequence[Flight] = ()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="spool-writer", daemon=True)
        self._thread.start()

    def produce(self, records: Sequence[NewRecord], on_settled: OnSettled) -> None:
        flight = Flight(records, on_settled, self._on_failure)
        with self._changed:
            if (self._is_direct or self._is_idle()) and self._spool.is_quiet:
                self._is_direct = True
                self._launch(flight)
                return
            obstacle = self._obstacle(flight)
            if obstacle is None:
                self._line_up(flight)
        if obstacle is not None:
            flight.fail(obstacle)

    def flush(self, timeout_seconds: float) -> int:
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while (left := self._unsettled()) and (patience := deadline - time.monotonic()) > 0:
                self._changed.wait(min(patience, _LANDING_LOOK_SECONDS))
            return left

    def abandon(self) -> None:
        """What is in flight goes to the spool, as after a failure."""
        with self._changed:
            self._leave(is_own_failure=True)

    def close(self) -> None:
        self.flush(self._timeout + _LANDING_SECONDS)
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join(_CLOSE_SECONDS)
        self._spool.close()
        self._inner.close()

    def status(self) -> dict[str, Any]:
        """What the readiness document says of the spool."""
        return self._spool.status()

    def _launch(self, flight: Flight) -> None:
        self._forget_landed()
        self._flights.append(flight)
        self._inner.produce(flight.records, flight.settle)

    def _forget_landed(self) -> None:
        flights = self._flights
        while flights and flights[0].is_over:
            flights.popleft()

    def _on_failure(self, flight: Flight, deliveries: Sequence[Delivery]) -> None:
        """The log did not take it. Called from the inner producer's thread, before that goes on with the next."""
        with self._changed:
            if self._is_direct and not self._spool.is_open:
                flight.end(deliveries)
            elif not flight.is_over and flight.deliveries is None:
                flight.deliveries = deliveries
                self._leave(is_own_failure=True)

    def _leave(self, *, is_own_failure: bool) -> None:
        """Go direct no longer: first what is in flight has to land."""
        if self._is_direct:
            self._is_direct, self._is_landing, self._is_abandoned = False, True, False
        if is_own_failure:
            self._spool.log_failed()
        if is_own_failure and self._is_landing and not self._is_abandoned:
            self._is_abandoned = True
            self._inner.abandon()
        self._changed.notify_all()

    def _obstacle(self, flight: Flight) -> PlatformError | None:
        """What keeps a flight from the queue for the spool."""
        if self._is_closed:
            return LogUnavailableError(reason="the intake is closing")
        if self._is_direct:
            self._leave(is_own_failure=False)
        if not any(record.may_spool for record in flight.records):
            return _away()
        # A single large request passes an empty queue: a bound must not refuse what can never fit.
        if self._queued_bytes and self._queued_bytes + flight.size > QUEUE_BYTES:
            return LogUnavailableError(reason=f"it is away, and {self._queued_bytes} bytes wait for the disk already")
        return None

    def _line_up(self, flight: Flight) -> None:
        self._queue.append(flight)
        self._queued_bytes += flight.size
        self._changed.notify_all()

    def _is_idle(self) -> bool:
        return not (self._queue or self._is_landing or self._committing)

    def _unsettled(self) -> int:
        waiting = (*self._flights, *self._queue, *self._committing)
        return sum(len(flight.records) for flight in waiting if not flight.is_over)

    def _run(self) -> None:
        while self._wait():
            try:
                if self._is_landing:
                    self._land()
                if self._queue:
                    self._commit()
                if time.monotonic() - self._looked_at > _LOOK_AFTER_SECONDS:
                    self._looked_at = time.monotonic()
                    self._spool.look_after()
            except Exception:  # noqa: BLE001  # one fault of ours must not stop all that comes after
                _log.exception("spool.failed")
                time.sleep(_TICK_SECONDS)

    def _wait(self) -> bool:
        """Wait for work; False once closed and done."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_landing or self._is_closed, _TICK_SECONDS)
            if self._is_direct and self._spool.is_open and self._has_overdue():
                self._leave(is_own_failure=True)
            return not self._is_closed or not self._is_idle()

    def _has_overdue(self) -> bool:
        self._forget_landed()
        began = next((flight.began for flight in self._flights if flight.is_under_way), None)
        return began is not None and time.monotonic() - began > self._timeout

    def _land(self) -> None:
        """Wait until each flight was taken or has failed; those that failed go first into the queue, in their order."""
        with self._changed:
            self._wait_for_flights()
            failed = [flight for flight in self._flights if not flight.is_over]
            self._flights.clear()
            self._queue.extendleft(reversed(failed))
            self._queued_bytes += sum(flight.size for flight in failed)
            self._is_landing = False

    def _wait_for_flights(self) -> None:
        patience = None  # the log has its full time, unless it was found away
        while any(flight.is_under_way for flight in self._flights):
            now = time.monotonic()
            if not self._is_abandoned and self._has_overdue():
                self._leave(is_own_failure=True)
            if self._is_abandoned and patience is None:
                patience = now + _LANDING_SECONDS
            if patience is not None and now > patience:
                return
            self._changed.wait(_LANDING_LOOK_SECONDS)

    def _commit(self) -> None:
        """One group: on the disk with one sync, or, where the spool has become empty meanwhile, all to the log."""
        group = self._take()
        now_ms = time.time_ns() // 1_000_000
        is_fresh = all(flight.deliveries is None for flight in group)
        try:
            packed = [frames.pack(record, now_ms) for flight in group for record in flight.for_spool()]
            if not self._spool.keep(packed, unless_quiet=is_fresh):
                self._go_direct(group)
                return
        except PlatformError as error:
            self._settle(group, error)
        except Exception as error:  # what can't be packed must not leave the others without an answer
            self._settle(group, LogUnavailableError(reason=f"it is away, and the spool fails ({error})"))
            raise
        else:
            self._settle(group, None)

    def _take(self) -> list[Flight]:
        with self._changed:
            group, size = [], 0
            while self._queue and size < _GROUP_BYTES:
                flight = self._queue.popleft()
                size += flight.size
                if not flight.is_over:  # its producer, given up on, may have spoken up after all
                    group.append(flight)
            self._queued_bytes -= size
            self._committing = group
            return group

    def _settle(self, group: Sequence[Flight], error: PlatformError | None) -> None:
        away = _away()
        for flight in group:
            if error is None:
                flight.spooled(away)
            else:
                flight.fail(error)
        with self._changed:
            self._committing = ()
            self._changed.notify_all()

    def _go_direct(self, group: Sequence[Flight]) -> None:
        """The spool is empty and the log answers: what waits here goes to it, and what comes next follows."""
        with self._changed:
            self._queue.extendleft(reversed(group))
            self._committing = ()
            self._is_direct = True
            while self._queue and self._is_direct:  # until one fails at once
                self._launch(self._queue.popleft())
            self._queued_bytes = sum(flight.size for flight in self._queue)


def _away() -> LogUnavailableError:
    return LogUnavailableError(reason="it is away, and events of this stream are not kept on this host meanwhile")
