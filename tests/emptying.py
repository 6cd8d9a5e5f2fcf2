"""How tables are emptied after a test that commits: by deleting; truncating would make new files for all tables and indexes."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.management.color import Style
from django.db.backends.postgresql.operations import DatabaseOperations

_truncating = DatabaseOperations.sql_flush


def sql_flush(
    self: DatabaseOperations, style: Style, tables: Sequence[str], *, reset_sequences: bool = False, allow_cascade: bool = False
) -> list[str]:
    """Like Django's TRUNCATE it waits for who still writes, fires no trigger and checks no foreign key; as a superuser."""
    if not tables or reset_sequences or allow_cascade:
        return _truncating(self, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
    names = [self.quote_name(table) for table in tables]
    statements = (
        f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE",
        "SET LOCAL session_replication_role = replica",
        *(f"DELETE FROM {name}" for name in names),  # noqa: S608  # names of our own models
        "SET LOCAL session_replication_role = origin",
    )
    return ["; ".join(statements)]
