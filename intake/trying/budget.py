"""How much is noted a second; what is beyond is counted, and told with the next note of its subject."""

from __future__ import annotations

from eventplatform.core.metrics import INTAKE_NOTES

PER_SECOND = 100  # notes of one subject from one process
PER_SECOND_IN_ALL = 300


class Budget:
    """One per process. Threads may lend each other a note or two; nobody waits for a lock."""

    def __init__(self) -> None:
        self._second = 0
        self._taken: dict[str, int] = {}
        self._in_all = 0
        self._skipped: dict[str, int] = {}

    def may(self, subject: str, now_ms: int) -> bool:
        """Whether one more of this subject is noted."""
        second = now_ms // 1000
        if second != self._second:
            self._second, self._in_all = second, 0
            self._taken.clear()
        taken = self._taken.get(subject, 0)
        if taken >= PER_SECOND or self._in_all >= PER_SECOND_IN_ALL:
            self.skip(subject, "over_rate")
            return False
        self._taken[subject] = taken + 1
        self._in_all += 1
        return True

    def skip(self, subject: str, reason: str) -> None:
        """Count one that is not noted."""
        INTAKE_NOTES.labels(reason).inc()
        if subject in self._skipped or len(self._skipped) < PER_SECOND_IN_ALL:
            self._skipped[subject] = self._skipped.get(subject, 0) + 1

    def skipped(self, subject: str) -> int:
        """How many were not noted since this was asked last."""
        return self._skipped.pop(subject, 0)
