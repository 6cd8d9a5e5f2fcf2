"""One writer at a time for each target and connector, also for one that isn't there yet."""

from __future__ import annotations

from typing import Literal

from django.db import connection


def hold(kind: Literal["target", "connector"], name: str) -> None:
    """Keep other writers of it waiting until this transaction ends: what was read of it stays true until it is written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"connectors.{kind} {name}",))
