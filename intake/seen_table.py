"""The same memory of ids for all workers of a host: a table that is mapped before they are forked.

Forked processes hash alike, so one's key is another's. No lock is taken between processes: in a race of nanoseconds two may
both win an id, or one's claim may be lost, and an event is produced twice; never is one that was not taken called a duplicate.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence

from eventplatform.processes import is_alive
from intake.duplicates import Verdict

_WAYS = 4  # slots that a key may stand in; the oldest makes room
_BUCKETS = 2**18
_WORD = 8
_PID_BITS = 22  # Linux's largest is 2**22
_PID_MASK = 2**_PID_BITS - 1


class SeenTable:
    """As `duplicates.Seen`, over 16 MB that processes share. Make it before the fork.

    A slot is a key and a stamp: when it was taken, in milliseconds; negative while it is in flight, with the worker's pid.
    """

    def __init__(self, buckets: int = _BUCKETS) -> None:
        slots = buckets * _WAYS
        self._mask = buckets - 1
        shared = memoryview(mmap.mmap(-1, 2 * slots * _WORD))
        self._keys = shared[: slots * _WORD].cast("q")
        self._stamps = shared[slots * _WORD :].cast("q")
        self._claimed: dict[int, int] = {}  # by this process: where

    def mark(self, now_ms: int) -> int:
        """As `Seen.mark`."""
        return -((now_ms << _PID_BITS) | os.getpid())

    def claim(self, key: int, mark: int, since_ms: int) -> Verdict:
        """As `Seen.claim`."""
        keys = self._keys
        slot = (key & self._mask) * _WAYS
        if keys[slot] == key or keys[slot := slot + 1] == key or keys[slot := slot + 1] == key or keys[slot := slot + 1] == key:
            stamp = self._stamps[slot]
            if stamp > since_ms:
                return "seen"
            if -stamp >> _PID_BITS > since_ms and is_alive(-stamp & _PID_MASK):
                return "in_flight"
        else:
            slot = self._oldest(slot - _WAYS + 1)
        self._stamps[slot] = mark
        keys[slot] = key
        self._claimed[key] = slot
        return "new"

    def settle(self, keys: Sequence[int], now_ms: int) -> None:
        """As `Seen.settle`."""
        for key in keys:
            slot = self._claimed.pop(key, None)
            if slot is not None:
                self._stamps[slot] = now_ms
                self._keys[slot] = key  # also where a newer one took its place meanwhile

    def forget(self, keys: Sequence[int]) -> None:
        """As `Seen.forget`."""
        for key in keys:
            slot = self._claimed.pop(key, None)
            if slot is not None and self._keys[slot] == key:
                self._keys[slot] = self._stamps[slot] = 0

    def __len__(self) -> int:
        return sum(1 for key in self._keys if key)

    def _oldest(self, first: int) -> int:
        stamps = self._stamps[first : first + _WAYS].tolist()
        least = min(stamps)
        if least < 0:
            stamps = [stamp if stamp >= 0 else -stamp >> _PID_BITS for stamp in stamps]
            least = min(stamps)
        return first + stamps.index(least)
