"""One question at a time for each person: a page that is asked again and again must not load a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from eventplatform.core.errors import RetriableError

_LOCK_SPACE = 0x45585031  # of advisory locks: "EXP1"


class TurnTakenError(RetriableError):
    """The same person's former question is still being answered."""

    code = "explore.one_at_a_time"
    http_status = 429
    message = "Your former question is still being answered."
    remedy = "Wait for its answer, some seconds at most, then ask again."


@contextmanager
def turn(person: str) -> Iterator[None]:
    """Hold the person's turn while the block lasts; Postgres lets go of it should this process end.

    Raises:
        TurnTakenError: somebody of that name holds it.
    """
    key = (_LOCK_SPACE, person)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", key)
        if not cursor.fetchone()[0]:
            raise TurnTakenError
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", key)
