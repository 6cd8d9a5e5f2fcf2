"""Cassandra as the contract suite sees it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cassandra.cluster import Cluster, Session

from connectors.sinks import cassandra
from connectors.sinks.base import Sink

MARKS: list[Any] = [pytest.mark.services]
COMMIT = "connectors.stores.cassandra_positions:Positions.advance"


def make(request: pytest.FixtureRequest, _folder: Path) -> CassandraStore:
    store = CassandraStore(request.getfixturevalue("cassandra_server").port)
    request.addfinalizer(store.drop)
    return store


class CassandraStore:
    """A keyspace of its own on the server."""

    def __init__(self, port: int, **options: Any) -> None:
        self.port = port
        self.options = {"keyspace": f"k{uuid.uuid4().hex[:12]}", "replication_factor": 1, **options}

    def sink(self, connector: str = "c1") -> Sink:
        return cassandra.CassandraSink(
            connector, cassandra.Target(("127.0.0.1",), self.port), cassandra.Options(**self.options)
        )

    def texts(self, stream: str) -> list[str]:
        rows = self.query('SELECT "_generation", "_offset", test FROM {}."{}"', stream.replace(".", "_"))
        return [text for _, _, text in sorted(rows)]

    def canaries(self) -> list[tuple[str, str]]:
        return self.query('SELECT stream, event_id FROM {}."_canaries"')

    def drop(self) -> None:
        """A node grows slow with hundreds of tables."""
        self.query("DROP KEYSPACE IF EXISTS {}")

    def query(self, text: str, *names: str) -> list[Any]:
        with self.session() as session:
            return [tuple(row) for row in session.execute(text.format(self.options["keyspace"], *names))]

    @contextmanager
    def session(self) -> Iterator[Session]:
        cluster = Cluster(["127.0.0.1"], port=self.port, protocol_version=5, schema_metadata_enabled=False)
        try:
            yield cluster.connect()
        finally:
            cluster.shutdown()
