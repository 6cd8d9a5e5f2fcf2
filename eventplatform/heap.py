"""glibc's heap: what is free in it goes back to the system only when somebody asks."""

from __future__ import annotations

import ctypes
from collections.abc import Callable


def trimmer() -> Callable[[], object] | None:
    """What gives the free pages of all threads' heaps back, some milliseconds at most; None where there is no glibc."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return lambda: trim(0)
