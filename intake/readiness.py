"""Whether a balancer should send requests here: yes for as long as events can be promised, however the log stumbles."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from eventplatform.core.errors import PlatformError

_ASK_EVERY_SECONDS = 2.0


class LogProbe:
    """Asks the log whether it answers, in a thread of its own: whoever asks us waits for nothing."""

    def __init__(self, ask: Callable[[], object], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._is_asking = False
        self._asked_at = float("-inf")
        self._trouble = ""

    def trouble(self) -> str:
        """Why it did not answer when it was last asked, empty where it did; asks again for the next time."""
        with self._lock:
            if not self._is_asking and self._clock() - self._asked_at >= _ASK_EVERY_SECONDS:
                self._is_asking = True
                threading.Thread(target=self._run, name="log-probe", daemon=True).start()
            return self._trouble

    def _run(self) -> None:
        trouble = "asking it failed in a way that nobody foresaw"
        try:
            self._ask()
            trouble = ""
        except PlatformError as error:
            trouble = str(error)
        finally:
            with self._lock:
                self._is_asking, self._asked_at, self._trouble = False, self._clock(), trouble


def obstacle(*, has_configuration: bool, spool: Mapping[str, Any] | None, log_trouble: Callable[[], str]) -> str:
    """Why no event can be promised; empty where one can.

    A log that is away is none, for as long as this host's spool takes its place: taking every intake out mends nothing.
    `log_trouble` is asked only where there is no spool to fall back on.
    """
    if not has_configuration:
        return "No configuration was read yet."
    if spool is None:
        return ""
    if spool["state"] == "full":
        return "The event log is away, or not caught up with, and this host's spool is full."
    if spool["state"] == "unusable" and (why := log_trouble()):
        return f"This host's spool can't be used, and the event log does not answer: {why}"
    return ""
