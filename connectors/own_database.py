"""Connection strings of the database that Django uses, and of others on the same server."""

from __future__ import annotations

from django.db import connection
from psycopg.conninfo import make_conninfo

_PARTS = ("host", "port", "user", "password", "dbname", "connect_timeout", "sslmode", "sslrootcert")


def conninfo(database: str = "") -> str:
    """The platform's own database, or another one beside it."""
    facts = {name: value for name, value in connection.get_connection_params().items() if name in _PARTS}
    if database:
        facts["dbname"] = database
    return make_conninfo(**facts)
