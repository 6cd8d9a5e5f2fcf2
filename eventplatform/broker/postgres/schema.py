"""The tables of the log, applied without Django; under Django the migrations apply the same files."""

from __future__ import annotations

from pathlib import Path

import psycopg

from eventplatform.core.errors import FatalError

_FILES = Path(__file__).resolve().parent.parent / "migrations"


class LogNotPreparedError(FatalError):
    """The database has no tables of the log."""

    code = "log.not_prepared"
    message = "The database of the event log has no tables yet."
    remedy = "Run `manage.py migrate` on it."


def install(url: str) -> None:
    """Create the tables in an empty database."""
    with psycopg.connect(url) as connection:
        for file in sorted(_FILES.glob("*.sql")):
            connection.execute(file.read_bytes())
