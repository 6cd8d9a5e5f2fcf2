"""What a Cassandra keyspace needs besides the tables of streams: our own tables, and the lock of its schema."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.sinks.base import StoreUnavailableError
from connectors.stores.cassandra_session import Connection

_LOCK_SECONDS = 60  # then a worker that died with it is forgotten
_POLL_SECONDS = 0.1
_LOCKS = 'CREATE TABLE IF NOT EXISTS {}."_locks" (name text PRIMARY KEY, owner uuid)'
_OWN = {
    "_offsets": """(connector text, topic text, partition int, next_offset bigint, incarnation text, cluster_id text,
        generation int, stamp bigint, written_at timestamp, PRIMARY KEY ((connector, topic, partition)))""",
    "_canaries": """(connector text, stream text, id_digest text, event_id text, sent_at timestamp, written_at timestamp,
        PRIMARY KEY ((connector, stream, id_digest)))""",
    "_tables": "(stream text, key text, name text, bucket_minutes int, PRIMARY KEY (stream, key))",
    "_columns": "(table_name text, pointer text, name text, type text, PRIMARY KEY (table_name, pointer))",
    "_buckets": """(table_name text, bucket timestamp, topic text, partition int, stamp bigint,
        PRIMARY KEY (table_name, bucket, topic, partition))""",
}


def ensure(connection: Connection, keyspace: str, replication_factor: int) -> None:
    """Make the keyspace and our own tables, where they are missing."""
    if {"_locks", *_OWN} <= tables_there(connection, keyspace):
        return
    replication = f"{{'class': 'NetworkTopologyStrategy', 'replication_factor': {replication_factor}}}"
    connection.define(f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {replication}")
    connection.define(_LOCKS.format(keyspace))
    with locked(connection, keyspace):
        for name in _OWN.keys() - tables_there(connection, keyspace):
            connection.define(f'CREATE TABLE IF NOT EXISTS {keyspace}."{name}" {_OWN[name]}')


def tables_there(connection: Connection, keyspace: str) -> set[str]:
    """The names of the keyspace's tables, whoever made them."""
    query = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = %s"
    return {name for (name,) in connection.run(query, (keyspace,))}


@contextmanager
def locked(connection: Connection, keyspace: str) -> Iterator[None]:
    """One worker at a time: changes of a schema that meet on several nodes may not find together again."""
    owner, deadline = uuid.uuid4(), time.monotonic() + _LOCK_SECONDS
    take = "INSERT INTO {}.\"_locks\" (name, owner) VALUES ('schema', %s) IF NOT EXISTS USING TTL {}"
    while not connection.run(take.format(keyspace, _LOCK_SECONDS), (owner,)).was_applied:
        if time.monotonic() > deadline:
            raise StoreUnavailableError(reason="another worker holds the lock of the schema")
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        give = "DELETE FROM {}.\"_locks\" WHERE name = 'schema' IF owner = %s"
        connection.run(give.format(keyspace), (owner,))
