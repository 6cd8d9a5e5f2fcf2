"""Long polls: a request that waits until the configuration changes, so few at once that threads are left for everybody else.

A request that waits holds a thread of the web role. So at most `CONFIG_WAITERS` of a process do; who comes above that is
answered at once, told by Retry-After when to ask again, and sees a change as early by asking each second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.conf import settings

MAX_SECONDS = 60
_LOOK_SECONDS = 0.1

_places = threading.BoundedSemaphore(settings.CONFIG_WAITERS)


def until_changed(tag: Callable[[], str], known: str, seconds: float) -> bool:
    """Wait until `tag` answers something other than `known`, that many seconds at most; False where all places are taken."""
    if not _places.acquire(blocking=False):
        return False
    try:
        deadline = time.monotonic() + seconds
        while tag() == known and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
    finally:
        _places.release()
    return True
