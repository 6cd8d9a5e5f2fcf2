"""Gives back memory that large requests leave behind in glibc's heap, which never shrinks below its newest block."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from eventplatform import heap

_LOOK_SECONDS = 5.0
_WORTH_BYTES = 64 * 1024 * 1024  # a trim walks through the heap: some milliseconds
_STATM = Path("/proc/self/statm")


class Memory:
    """Looks at the process's size now and then. Does nothing where there is no glibc."""

    def __init__(self, *, resident: Callable[[], int] | None = None, trim: Callable[[], object] | None = None) -> None:
        self._resident = resident or _resident_bytes
        self._trim = trim or heap.trimmer()
        self._next = 0.0
        self._least = 0

    def look(self, now: float) -> None:
        """Trim, if the process has grown by more than is worth it since it was smallest."""
        if self._trim is None or now < self._next:
            return
        self._next = now + _LOOK_SECONDS
        size = self._resident()
        if self._least and size > self._least + _WORTH_BYTES:
            self._trim()
            size = self._resident()
            self._least = size  # what is left is in use: the next trim comes after as much again
        self._least = min(self._least or size, size)


def _resident_bytes() -> int:
    try:
        return int(_STATM.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0
