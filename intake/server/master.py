"""The process that keeps so many workers: it holds the port, starts who dies again, and stops all together."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable

from uvicorn.config import STARTUP_FAILURE

log = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_HEALTHY_SECONDS = 2.0  # less is a worker that never lasts; one killed from outside now and then is not
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 10.0

Serve = Callable[[int], int]  # given what is readable once the master is gone; answers the exit code


class Slot:
    """The place of one worker."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self.starts = 0
        self.started_at = 0.0
        self.start_at = 0.0
        self.delay = 0.0

    def began(self, pid: int) -> None:
        self.pid = pid
        self.starts += 1
        self.started_at = time.monotonic()

    def ended(self, code: int) -> None:
        """Plan the next start: at once after a while of life; where it never lasts, later and later if it gave up by itself."""
        now = time.monotonic()
        lived = now - self.started_at
        if code < 0:  # by a signal, which says nothing about how the next one will fare
            self.delay = 0.0 if lived > _FIRST_DELAY_SECONDS else _FIRST_DELAY_SECONDS
        elif lived > _HEALTHY_SECONDS:
            self.delay = 0.0
        else:
            self.delay = min(max(self.delay * 2, _FIRST_DELAY_SECONDS), _LONGEST_DELAY_SECONDS)
        self.start_at = now + self.delay
        self.pid = None


class Master:
    """Runs `serve` in `count` forked processes. They end when it does, whichever way that happens."""

    def __init__(self, serve: Serve, count: int, *, exit_seconds: float, on_stopping: Callable[[], None]) -> None:
        self._serve = serve
        self._slots = [Slot() for _ in range(count)]
        self._exit_seconds = exit_seconds
        self._on_stopping = on_stopping
        # Nobody writes: the end of the file is the end of this process.
        self._gone, self._alive = os.pipe()
        self._kill_at: float | None = None
        self._exit_code = 0

    def run(self) -> int:
        """Keep the workers until a signal; answers the exit code."""
        # Waited for, not handled: no signal can come between a look and a sleep, and none is lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        while self._kill_at is None or any(slot.pid for slot in self._slots):
            if self._kill_at is None:
                self._start_missing()
            received = signal.sigtimedwait(_SIGNALS, self._patience())
            if received is not None and received.si_signo != signal.SIGCHLD:
                self._stop()
            self._reap()
            if self._kill_at is not None and time.monotonic() >= self._kill_at:
                self._signal_all(signal.SIGKILL)
        return self._exit_code

    def _patience(self) -> float:
        now = time.monotonic()
        if self._kill_at is not None:
            return max(0.05, self._kill_at - now)
        return max(0.0, min((slot.start_at - now for slot in self._slots if slot.pid is None), default=60.0))

    def _start_missing(self) -> None:
        for slot in self._slots:
            if slot.pid is None and time.monotonic() >= slot.start_at:
                pid = os.fork()
                if pid == 0:
                    self._become_worker()
                slot.began(pid)

    def _become_worker(self) -> None:
        """Serve, then end without going back to what the parent was doing."""
        code = 1
        try:
            os.close(self._alive)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            code = self._serve(self._gone)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            log.exception("worker.failed")
        finally:
            logging.shutdown()
            sys.stdout.flush()
            os._exit(code)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            slot = next((slot for slot in self._slots if slot.pid == pid), None)
            if slot is not None:
                self._note_end(slot, os.waitstatus_to_exitcode(status))
            elif pid == 0:
                return

    def _note_end(self, slot: Slot, code: int) -> None:
        pid, is_first = slot.pid, slot.starts == 1
        slot.ended(code)
        if self._kill_at is not None:
            return
        log.error("worker.died", extra={"pid": pid, "code": code, "again_in_seconds": slot.delay})
        if code == STARTUP_FAILURE and is_first:
            self._exit_code = code  # it never worked: whoever started us should hear of it
            self._stop()

    def _stop(self) -> None:
        if self._kill_at is None:
            self._kill_at = time.monotonic() + self._exit_seconds
            self._on_stopping()
            self._signal_all(signal.SIGTERM)

    def _signal_all(self, number: signal.Signals) -> None:
        for slot in self._slots:
            if slot.pid is not None:
                os.kill(slot.pid, number)
