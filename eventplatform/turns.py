"""One thing at a time for each person, in all processes: what is asked again and again must not fill the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from eventplatform.core.errors import PlatformError


@contextmanager
def turn_of(person: str, *, space: int, taken: PlatformError) -> Iterator[None]:
    """Hold the person's turn in that space of advisory locks while the block lasts; Postgres lets go should this process end.

    Raises:
        PlatformError: `taken`, where somebody of that name holds it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (space, person))
        if not cursor.fetchone()[0]:
            raise taken
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (space, person))
