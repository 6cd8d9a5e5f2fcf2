"""The thread that empties the host's spool: one of all processes at a time, as soon as the log is back."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from eventplatform.broker.base import Producer
from eventplatform.core.errors import PlatformError
from intake.spool.drain import BATCH_RECORDS, Drain
from intake.spool.locks import LockBusyError
from intake.spool.outlet import Outlet
from intake.spool.spool import Spool

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5  # how often a process looks whether somebody must drain
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_END_SECONDS = 6.0  # that a log that hangs may hold up the thread's end
_HAND_OVER_SECONDS = 1.0  # that writers wait at most while the last records leave


class Drainer:
    """Runs from `start` to `stop`. `probe` asks the log for a sign of life and raises a `PlatformError` where there is none."""

    def __init__(self, spool: Spool, producer: Producer, probe: Callable[[], object]) -> None:
        self._spool = spool
        self._producer = producer
        self._probe = probe
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._deadline = 0.0
        self._thread = threading.Thread(target=self._run, name="spool-drainer", daemon=True)

    def start(self) -> None:
        """Begin to look after the spool."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to do; it would be found within a moment anyway."""
        self._wanted.set()

    def stop(self, seconds: float) -> bool:
        """Drain what is possible within so many seconds, if the log takes it at all; whether the thread has ended."""
        self._deadline = time.monotonic() + seconds
        self._stopped.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join(seconds + _END_SECONDS)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wanted.wait(_LOOK_SECONDS)
            self._wanted.clear()
            if self._spool.board.is_quiet or not self._spool.draining.acquire():
                continue
            try:
                self._drain()
            except Exception:  # noqa: BLE001  # a disk that fails, or a fault of ours, must not end the thread for good
                _log.exception("spool.drain_failed")
                self._stopped.wait(_LONGEST_PAUSE_SECONDS)
            finally:
                self._spool.board.is_draining = 0
                self._spool.draining.release()

    def _drain(self) -> None:
        outlet = Outlet(self._spool)
        try:
            with contextlib.suppress(LockBusyError):  # then the board knows only about
                outlet.recount()
            drain = Drain(outlet, self._producer, is_over=self._is_over)
            self._until_empty(drain)
        finally:
            outlet.close()

    def _until_empty(self, drain: Drain) -> None:
        pause, began = _FIRST_PAUSE_SECONDS, time.monotonic()
        while not self._stopped.is_set():
            try:
                self._probe()
                self._spool.board.is_away = False
                if self._try(drain):
                    _log.info("spool.drained", extra={"records": drain.drained, "seconds": round(time.monotonic() - began, 3)})
                    return
                pause = _FIRST_PAUSE_SECONDS
            except PlatformError as error:
                self._spool.board.is_draining = 0
                _log.warning("spool.log_away", extra={"reason": str(error), "records": self._spool.board.records})
                self._stopped.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _try(self, drain: Drain) -> bool:
        """Send until nothing is left; False where time is up.

        Raises:
            LogUnavailableError: the log went away again.
        """
        count = drain.step(1)  # a single one first: what a log that hangs may take unseen is doubled later
        while count:
            self._spool.board.is_draining = 1
            if self._is_over():
                return False
            count = drain.step()
            if count < BATCH_RECORDS and self._hand_over(drain):
                return True
        return self._hand_over(drain)

    def _is_over(self) -> bool:
        return self._stopped.is_set() and time.monotonic() > self._deadline

    def _hand_over(self, drain: Drain) -> bool:
        """Send the last ones while nobody writes: with a steady stream of new ones there would never be a last."""
        try:
            with self._spool.writing(_HAND_OVER_SECONDS):
                deadline = time.monotonic() + _HAND_OVER_SECONDS
                while drain.step(timeout_seconds=_HAND_OVER_SECONDS, is_alone=True):
                    if time.monotonic() > deadline:
                        return False
                drain.finish()
                return True
        except LockBusyError:
            return False
