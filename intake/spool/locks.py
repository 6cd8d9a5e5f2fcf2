"""Locks between processes that the kernel takes back from whoever dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FIRST_PAUSE_SECONDS = 0.0002
_LONGEST_PAUSE_SECONDS = 0.004


class LockBusyError(TimeoutError):
    """Somebody else holds it."""


class FileLock:
    """flock on a file of its own. It also excludes other threads of the process that have a `FileLock` of theirs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def acquire(self, *, timeout_seconds: float = 0.0, is_shared: bool = False) -> bool:
        """Take it, alone or with others who share it; False where somebody held it all the time."""
        kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        deadline = time.monotonic() + timeout_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            else:
                return True

    def release(self) -> None:
        """Give it back."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    @contextmanager
    def held(self, timeout_seconds: float) -> Iterator[None]:
        """Hold it for a block.

        Raises:
            LockBusyError: somebody else held it all the time.
        """
        if not self.acquire(timeout_seconds=timeout_seconds):
            raise LockBusyError(f"another process has held {self.path.name} for {timeout_seconds:g} s")
        try:
            yield
        finally:
            self.release()

    def close(self) -> None:
        """Give it back and let go of the file."""
        os.close(self._descriptor)
