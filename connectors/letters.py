"""The platform's dead letters, in the database that Django uses."""

from __future__ import annotations

from django.db import connection
from eventplatform.broker.dead_letters import DeadLetters
from psycopg.conninfo import make_conninfo

_KNOWN = ("host", "port", "user", "password", "dbname", "connect_timeout", "sslmode", "sslrootcert")


def dead_letters() -> DeadLetters:
    """A handle on the dead letters; cheap to make."""
    facts = connection.get_connection_params()
    return DeadLetters(make_conninfo(**{name: value for name, value in facts.items() if name in _KNOWN}))
