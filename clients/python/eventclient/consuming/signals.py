"""SIGTERM and SIGINT stop a consumer politely; the second one does as ever."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[], None], *, wanted: bool) -> Iterator[None]:
    """Call `stop` at the first signal; what stood before holds again afterwards. Only a main thread gets signals."""
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.getsignal(one) for one in _SIGNALS}

    def on_signal(number: int, _frame: Any) -> None:
        stop()
        signal.signal(number, before[signal.Signals(number)] or signal.SIG_DFL)

    for one in _SIGNALS:
        signal.signal(one, on_signal)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler or signal.SIG_DFL)
