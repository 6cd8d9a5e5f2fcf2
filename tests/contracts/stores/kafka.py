"""Kafka as the contract suite sees it: a mirror into a cluster of its own topics."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.sinks import kafka
from connectors.sinks.base import Sink
from connectors.stores.kafka_cluster import KafkaTarget
from eventplatform.broker.base import partitions_of
from eventplatform.broker.kafka import KafkaLog
from eventplatform.core.records import Record
from tests.contracts.logs import read_committed

MARKS: list[Any] = []
COMMIT = "connectors.stores.kafka_transactions:Transactions.commit"


def make(request: pytest.FixtureRequest, _folder: Path) -> KafkaStore:
    return KafkaStore(request.getfixturevalue("kafka_server").servers, uuid.uuid4().hex[:8])


class KafkaStore:
    can_expire = False

    def __init__(self, servers: str, name: str, **options: Any) -> None:
        self.servers = servers
        self.name = name
        self.options = {"topic": f"{name}.{{topic}}", "own_prefix": f"{name}_", "retention_hours": 10**6, **options}

    def sink(self, connector: str = "c1") -> Sink:
        return kafka.KafkaSink(connector, KafkaTarget(self.servers), kafka.Options(**self.options))

    def texts(self, stream: str) -> list[str]:
        return [orjson.loads(record.value or b"")["test"] for record in self.records(f"{self.name}.{stream}")]

    def canaries(self) -> list[tuple[str, str]]:
        keys = [(record.key or b"").decode() for record in self.records(f"{self.name}_canaries")]
        return [(stream, event_id) for stream, _, event_id in (key.partition("|") for key in keys)]

    def records(self, topic: str) -> list[Record]:
        """What a reader of committed records sees."""
        with KafkaLog(self.servers) as log:
            wheres = partitions_of(log.topics([topic]))
            return [record for where in wheres for record in read_committed(log, where)]
