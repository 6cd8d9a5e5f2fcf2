"""Whether the terminal of a start is still there: closing it tells `make`, which then waits for us and passes nothing on."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

_STDIN = 0


class Terminal:
    """The terminal and the starter, as they were at the start; without both in the foreground nothing is watched.

    A start with `&` from a script, or under nohup, is meant to outlive them.
    """

    def __init__(self) -> None:
        self._starter = os.getppid()
        self._is_watched = signal.getsignal(signal.SIGHUP) != signal.SIG_IGN and _in_foreground()

    @property
    def is_gone(self) -> bool:
        """Whether the terminal was closed, or the program that started us has ended."""
        return self._is_watched and (os.getppid() != self._starter or not os.isatty(_STDIN))


def _in_foreground() -> bool:
    with suppress(OSError):
        return os.tcgetpgrp(_STDIN) == os.getpgrp()
    return False
