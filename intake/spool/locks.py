"""Locks between processes that the kernel takes back from whoever dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FIRST_PAUSE_SECONDS = 0.0002
_LONGEST_PAUSE_SECONDS = 0.004


class LockBusyError(TimeoutError):
    """Somebody else holds it."""


class FileLock:
    """flock on a file of its own, and a lock for the threads of this process: to the kernel they are one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._threads = threading.Lock()
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def acquire(self, *, timeout_seconds: float = 0.0, is_shared: bool = False) -> bool:
        """Take it, alone or with others who share it; False where somebody held it all the time."""
        deadline = time.monotonic() + timeout_seconds
        if not self._threads.acquire(timeout=timeout_seconds):
            return False
        if self._acquire_file(fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX, deadline):
            return True
        self._threads.release()
        return False

    def _acquire_file(self, kind: int, deadline: float) -> bool:
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
        self._threads.release()

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
