"""glibc's heap: what is free in it goes back to the system only when somebody asks."""

from __future__ import annotations

import ctypes
from collections.abc import Callable


def trimmer() -> Callable[[], object] | None:
    """What gives back the free pages of all threads' heaps, at 0.2 ms for each MB of them; None where there is no glibc."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return lambda: trim(0)
