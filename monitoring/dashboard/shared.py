"""Reads that all who look at a page share for a few seconds: one thread asks, the others take what there is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.db import connection

Found = TypeVar("Found")

FRESH_SECONDS = 4.0  # pages ask every ten
_USABLE_SECONDS = 30.0  # what is older is waited for
_MOST = 64  # addresses with filters of their own must not fill the memory


class _Kept:
    """One read: what it found, when, and who asks now."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: Any = None
        self.at = float("-inf")


_reads: dict[Hashable, _Kept] = {}


def read(
    key: Hashable, find: Callable[[], Found], fresh: float = FRESH_SECONDS, *, clock: Callable[[], float] = time.monotonic
) -> Found:
    """What `find` answers, at most `fresh` seconds old; while one thread asks, others go on with what was found before.

    Inside a transaction nothing is shared: it sees what it has changed itself.
    """
    if connection.in_atomic_block:
        return find()
    kept = _kept(key)
    age = clock() - kept.at
    if age <= fresh:
        return kept.found  # type: ignore[no-any-return]  # what an earlier `find` of this key answered
    if not kept.lock.acquire(blocking=age > fresh + _USABLE_SECONDS):
        return kept.found  # type: ignore[no-any-return]  # likewise
    try:
        if clock() - kept.at > fresh:  # else somebody has asked while this thread waited
            kept.found = find()
            kept.at = clock()
        return kept.found  # type: ignore[no-any-return]  # likewise
    finally:
        kept.lock.release()


def forget() -> None:
    """Ask anew at the next read."""
    _reads.clear()


def _kept(key: Hashable) -> _Kept:
    while len(_reads) >= _MOST and key not in _reads:
        _reads.pop(next(iter(_reads)), None)
    return _reads.setdefault(key, _Kept())
