"""The process's event log, opened by `EVENT_LOG_URL` on first use and again after a fork."""

from __future__ import annotations

import os
import threading

from django.conf import settings

from eventplatform.broker import open_log
from eventplatform.broker.base import Log

_lock = threading.Lock()
_opened: tuple[int, str, Log] | None = None


def event_log() -> Log:
    """The log of this process: clients don't survive a fork, so a child opens its own."""
    global _opened  # noqa: PLW0603  # one log per process is the point
    with _lock:
        wanted = (os.getpid(), settings.EVENT_LOG_URL)
        if _opened is None or _opened[:2] != wanted:
            _opened = (*wanted, open_log(settings.EVENT_LOG_URL, settings.KAFKA_SECURITY))
        return _opened[2]
