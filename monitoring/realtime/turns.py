"""A few questions at a time in each process, and one of each person: a page that is asked again must not fill the machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

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
    with _place():
        if not person:
            yield
            return
        key = (_LOCK_SPACE, person)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", key)
            if not cursor.fetchone()[0]:
                raise TurnTakenError(whose="Your former question is")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", key)


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
