"""Reads that all who look at a page share: whoever comes finds what there is, and what has grown old is asked anew behind it.

So a page is quick also while the database is busy: only who comes after a quiet while waits for an answer. What is shown
says of when it is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import connection, connections

from eventplatform.once import one_moment

log = logging.getLogger(__name__)

Found = TypeVar("Found")

FRESH_SECONDS = 4.0  # pages ask every ten
USABLE_SECONDS = 20.0  # so long after that it is shown while it is asked anew; what is older is waited for
_MOST = 96  # addresses with filters of their own must not fill the memory

_asking: ContextVar[bool] = ContextVar("asking", default=False)


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
    """What `find` answers, or answered a while ago: never asked twice at once.

    Inside a transaction nothing is shared: it sees what it has changed itself.
    """
    if connection.in_atomic_block:
        with one_moment():
            return find()
    kept = _kept(key)
    before, age = kept.found, clock() - kept.at
    if age <= fresh:
        return before  # type: ignore[no-any-return]  # what an earlier `find` of this key answered
    if age > fresh + USABLE_SECONDS or _asking.get():
        with kept.lock:
            if clock() - kept.at > fresh:  # else somebody has asked while this thread waited
                _ask(kept, find, clock)
        return kept.found  # type: ignore[no-any-return]  # likewise
    if kept.lock.acquire(blocking=False):
        threading.Thread(target=_ask_behind, args=(kept, find, clock), name="dashboard-read", daemon=True).start()
    return before  # type: ignore[no-any-return]  # likewise


def forget() -> None:
    """Ask anew at the next read."""
    _reads.clear()


def _ask(kept: _Kept, find: Callable[[], Any], clock: Callable[[], float]) -> None:
    token = _asking.set(True)
    try:
        with one_moment():
            began = clock()
            kept.found, kept.at = find(), began
    finally:
        _asking.reset(token)


def _ask_behind(kept: _Kept, find: Callable[[], Any], clock: Callable[[], float]) -> None:
    """In a thread of its own, which holds the read's lock."""
    try:
        _ask(kept, find, clock)
    except Exception:
        # Whoever comes once it is too old to be shown meets the error itself.
        log.exception("dashboard.unread")
    finally:
        kept.lock.release()
        connections.close_all()


def _kept(key: Hashable) -> _Kept:
    while len(_reads) >= _MOST and key not in _reads:
        _reads.pop(next(iter(_reads)), None)
    return _reads.setdefault(key, _Kept())
