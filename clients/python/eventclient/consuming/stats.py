"""What a consumer counts: nothing is left out without a number that says so."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any, Literal

Count = Literal[
    "seen",  # events that came
    "handled",
    "canaries",  # passed over
    "duplicates",  # passed over: handled before
    "tombstones",  # records without a value, which say that a key is gone
    "retried",  # tries after the first
    "parked",  # in the dead letters
    "given_back",  # their partition is another consumer's now, or the consumer stopped before their turn
    "dropped",  # that the server or retention left out, as its notices told
    "reread",  # that the server left out, and were read again
    "reconnects",
    "overdue",  # took longer than `handler_seconds`
]


class Stats:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._counts: Counter[Count] = Counter()
        self._lock = threading.Lock()

    def add(self, name: Count, count: int = 1) -> None:
        with self._lock:
            self._counts[name] += count

    def as_dict(self) -> dict[str, Any]:
        """All counts, also those that are 0."""
        with self._lock:
            return {name: self._counts[name] for name in Count.__args__}  # type: ignore[attr-defined]  # a Literal has them
