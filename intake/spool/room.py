"""How much the spool may hold, and how much of the disk it leaves to others."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from eventplatform.core.errors import RetriableError

NEARLY_FULL = 0.8  # from here on the platform's health is red
_RETRY_AFTER_SECONDS = 30


class SpoolFullError(RetriableError):
    """The log is away, and this host has no room left to keep events meanwhile."""

    code = "spool.full"
    http_status = 507
    message = "The event log is away and this host's spool is full."
    remedy = "Send it again after the time that Retry-After names; the spool empties by itself once the log is back."

    @property
    def retry_after_seconds(self) -> int:
        """Longer than where only the log is away: room comes back later than the log."""
        return _RETRY_AFTER_SECONDS


@dataclass(frozen=True, slots=True)
class Room:
    """`max_bytes` may wait, and `min_free_bytes` of the disk stay free."""

    max_bytes: int = 1024 * 1024 * 1024
    min_free_bytes: int = 256 * 1024 * 1024

    @property
    def segment_bytes(self) -> int:
        """A sixteenth, up to 16 MiB: room comes back by whole segments."""
        return min(max(self.max_bytes // 16, 256 * 1024), 16 * 1024 * 1024)

    def require(self, folder: Path, held: int, wanted: int) -> None:
        """Make sure that `wanted` more bytes may be kept.

        Raises:
            SpoolFullError: they may not.
        """
        if held + wanted > self.max_bytes or _free(folder) - wanted < self.min_free_bytes:
            raise SpoolFullError

    def used(self, folder: Path, held: int) -> float:
        """From 0 to 1, which is full: of what it may hold, or of the disk, whichever is nearer its end."""
        free = _free(folder)
        left = min(self.max_bytes - held, free - self.min_free_bytes)
        if left <= 0:
            return 1.0
        return max(held / (held + left), self.min_free_bytes / free)


def _free(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize
