"""The host's spool as one process uses it: opened when that is possible, looked after, emptied when the log is back."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Sequence
from typing import Any

from eventplatform.broker.base import LogUnavailableError, Producer
from eventplatform.core.errors import PlatformError
from eventplatform.core.metrics import SPOOL_APPENDED
from intake.spool import gauges
from intake.spool.drainer import Drainer
from intake.spool.locks import LockBusyError
from intake.spool.room import SpoolFullError
from intake.spool.spool import Spool
from intake.spool.writer import Writer

_log = logging.getLogger(__name__)

_CLOSE_SECONDS = 5.0
_ROOM_AGAIN = 0.95  # how full it may be to be tried again: an intake that isn't ready gets no event that would find out


class HostSpool:
    """Start never fails for the spool's sake: without one the intake answers 503 while the log is away, and says so."""

    def __init__(
        self, open_spool: Callable[[], Spool], producer: Producer, probe: Callable[[], object], *, timeout_seconds: float
    ) -> None:
        self._open_spool = open_spool
        self._producer = producer
        self._probe = probe
        self._timeout = timeout_seconds
        self._opened: tuple[Spool, Writer, Drainer] | None = None
        self._is_full = False
        self._trouble = ""  # why it can't be used

    @property
    def is_open(self) -> bool:
        """Whether there is a spool at all."""
        return self._opened is not None

    @property
    def is_quiet(self) -> bool:
        """Whether records may go to the log: nothing waits, and no process of the host found the log away. No system call."""
        return self._opened is None or self._opened[0].board.is_quiet

    def log_failed(self) -> None:
        """Tell all processes of the host that the log is away."""
        if self._opened is not None:
            self._opened[0].board.is_away = True

    def keep(self, packed: Sequence[bytes], *, unless_quiet: bool) -> bool:
        """Put these, packed by `frames.pack`, on the disk; False where `unless_quiet` holds and the spool has become quiet.

        Raises:
            SpoolFullError: there is no room.
            LogUnavailableError: the disk fails, or another process holds it for too long.
        """
        if self._opened is None:
            raise LogUnavailableError(reason=f"it is away, and this host has no spool ({self._trouble})")
        spool, writer, drainer = self._opened
        try:
            with spool.writing(self._timeout):
                if unless_quiet and spool.board.is_quiet:
                    return False
                if packed:
                    writer.append(packed)
        except SpoolFullError:
            self._is_full = True
            raise
        except (OSError, LockBusyError) as error:
            self._is_full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
            if self._is_full:
                raise SpoolFullError from error
            raise LogUnavailableError(reason=f"it is away, and the spool can't be written ({error})") from error
        self._is_full = False
        SPOOL_APPENDED.inc(len(packed))
        drainer.wake()
        return True

    def look_after(self) -> None:
        """Open it where it isn't, or where others use another one by now; and say how it is."""
        former = self._opened
        if former is None:
            self._open()
        elif not former[0].board.is_in_place:
            self._open()  # first, so that there is no moment without, in which a record could slip past it
            if self._opened is not former:
                _let_go(former, 0)
        if self._opened is not None:
            self._opened[1].tidy()
        if self.is_quiet or (self._opened is not None and self._opened[0].used < _ROOM_AGAIN):
            self._is_full = False
        gauges.show(self._opened and self._opened[0], is_full=self._is_full)

    def status(self) -> dict[str, Any]:
        """What the readiness document says of it."""
        return gauges.status(self._opened and self._opened[0], is_full=self._is_full, trouble=self._trouble)

    def close(self, drain_seconds: float = _CLOSE_SECONDS) -> None:
        """Drain what is possible within the time; the rest stays on the disk."""
        opened, self._opened = self._opened, None
        if opened is not None:
            _let_go(opened, drain_seconds)

    def _open(self) -> None:
        try:
            spool = self._open_spool()
        except (OSError, PlatformError) as error:
            if str(error) != self._trouble:
                _log.warning("spool.unusable", extra={"reason": str(error)})
            self._trouble = str(error)
            return
        self._trouble = ""
        drainer = Drainer(spool, self._producer, self._probe)
        self._opened = (spool, Writer(spool), drainer)
        drainer.start()


def _let_go(opened: tuple[Spool, Writer, Drainer], drain_seconds: float) -> None:
    spool, writer, drainer = opened
    has_ended = drainer.stop(drain_seconds)
    writer.close()
    if has_ended:  # else its thread hangs in the log, and still needs what would be closed
        spool.close()
