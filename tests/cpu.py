"""What a piece of work costs the processor: the least of several tries, as whatever else runs here only adds to it."""

from __future__ import annotations

import time
from collections.abc import Callable


def least_seconds(work: Callable[[], object], *, tries: int = 5) -> float:
    """CPU seconds of the cheapest try."""
    seconds = []
    for _ in range(tries):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)
