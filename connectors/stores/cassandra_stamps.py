"""Write timestamps for Cassandra: each record's own time, but always later than the record before it."""

from __future__ import annotations

from collections.abc import Iterable

STEP = 2  # so that a deletion can stand right before the row that replaces it


def stamps(times_ms: Iterable[int], *, after: int, now_ms: int) -> list[int]:
    """A timestamp in microseconds for each record of a partition, in the log's order, the first one later than `after`.

    The same records behind the same `after` get the same timestamps, whoever writes them and how often: a row that is written
    twice stands once, and one that a slow writer brings late changes nothing. The newest record of a key wins.
    """
    found, last = [], after
    for time_ms in times_ms:
        taken_in_ms = min(max(time_ms, 0), now_ms)  # one from the future would drag all later ones along
        last = max(last + STEP, taken_in_ms * 1000)
        found.append(last)
    return found


def moved(after: int, *, now_ms: int) -> int:
    """What to go on from where a person moved the position: records read again are newer than all that stands."""
    return max(after + STEP, now_ms * 1000)
