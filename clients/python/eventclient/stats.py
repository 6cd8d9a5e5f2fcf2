"""What a client counts, and how it tells of drops: nothing is lost silently (§10)."""

from __future__ import annotations

import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

log = logging.getLogger("eventclient")
BY_THE_RULES: Final = frozenset({"unsampled", "closed", "audience", "curation", "consent", "privacy"})
_QUIET_SECONDS = 60.0
REMEDIES: Final = {
    "unconfigured": "Is its name right, and is it published? Ask /api/v1/client.",
    "full": "The intake is away, or takes less than is submitted; max_events and max_bytes bound what waits.",
    "too_large": "Send less in one event.",
    "expired": "It waited for longer than a week.",
    "gave_up": "Nobody answered in time. Is the platform's address right? Else raise tries, or exit_seconds.",
    "not_json": "Give a mapping, a dataclass or to_event(); of values that JSON has, dates and UUIDs: no Decimal, set, bytes.",
    "client_closed": "Submit before close().",
}


class Dropped(NamedTuple):
    """An event that will not arrive. `reason` is the contract's word or the code of an answer."""

    reason: str
    stream: str
    event: bytes | None = None
    pointer: str = ""
    message: str = ""
    remedy: str = ""


@dataclass
class Stats:
    """Counts since the client was made, or since the fork."""

    submitted: int = 0
    sent: int = 0
    retried: int = 0
    requests: int = 0
    waiting: int = 0
    in_flight: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    revision: int | None = None

    @property
    def lost(self) -> int:
        """Dropped for another reason than the rules of sampling."""
        return sum(count for reason, count in self.dropped.items() if reason not in BY_THE_RULES)


class DropLog:
    """Warns of the first drop of a reason in a stream, then once a minute with their number."""

    def __init__(self, *, is_debugging: bool = False) -> None:
        self._is_debugging = is_debugging
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def tell(self, dropped: Dropped) -> None:
        if self._is_debugging:
            words = "event.dropped stream=%s reason=%s pointer=%s message=%s remedy=%s"
            log.info(words, dropped.stream, dropped.reason, dropped.pointer, dropped.message, dropped.remedy)
            return
        if dropped.reason in BY_THE_RULES:
            log.debug("event.dropped stream=%s reason=%s", dropped.stream, dropped.reason)
            return
        key, now = (dropped.reason, dropped.stream), time.monotonic()
        told_at, untold = self._told.get(key, (-_QUIET_SECONDS, 0))
        if now - told_at < _QUIET_SECONDS:
            self._told[key] = (told_at, untold + 1)
            return
        self._told[key] = (now, 0)
        words = "event.dropped stream=%s reason=%s count=%d pointer=%s remedy=%s"
        log.warning(words, dropped.stream, dropped.reason, untold + 1, dropped.pointer or "-", dropped.remedy or "-")

    @staticmethod
    def failed(error: Exception) -> None:
        """An `on_dropped` raised."""
        log.warning("on_dropped.failed error=%s", type(error).__name__)
