"""Every log that there is, for the one suite that all of them must pass."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from eventplatform.broker.base import Log
from eventplatform.broker.kafka import KafkaLog
from eventplatform.broker.memory import MemoryLog
from eventplatform.broker.postgres import PostgresLog
from eventplatform.broker.postgres.schema import install

LOGS = [
    "memory",
    pytest.param("postgres", marks=pytest.mark.slow),
    pytest.param("kafka", marks=pytest.mark.services),
]


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    opened = open_for_test(request)
    yield opened
    opened.close()


@pytest.fixture
def topic(log: Log) -> str:
    """A new topic of three partitions."""
    name = f"contract.{uuid.uuid4().hex[:8]}"
    log.create_topic(name, partitions=3)
    return name


def open_for_test(request: pytest.FixtureRequest) -> Log:
    if request.param == "memory":
        return MemoryLog()
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        install(url)
        return PostgresLog(url)
    return KafkaLog(request.getfixturevalue("kafka_server").servers)
