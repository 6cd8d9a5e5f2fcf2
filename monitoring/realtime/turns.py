"""A few questions at a time in each process, and one of each person: a page that is asked again must not fill the machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.conf import settings

from eventplatform.turns import turn_of
from monitoring.realtime.errors import TurnTakenError

_LOCK_SPACE = 0x53514C31  # of advisory locks: "SQL1"
_lock = threading.Lock()
_running = 0


@contextmanager
def turn(person: str = "") -> Iterator[None]:
    """Hold a place in this process, and the person's own turn in all of them, while the block lasts.

    Raises:
        TurnTakenError: there is none left.
    """
    taken = TurnTakenError(whose="Your former question is")
    with _place(), turn_of(person, space=_LOCK_SPACE, taken=taken) if person else nullcontext():
        yield


@contextmanager
def _place() -> Iterator[None]:
    global _running  # noqa: PLW0603  # a semaphore whose size is a setting
    with _lock:
        if _running >= settings.SQL_AT_ONCE:
            raise TurnTakenError(whose="As many questions as run at once are")
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1
