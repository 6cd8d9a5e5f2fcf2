"""A mirror whose target is away: the store's trouble, told as such, so that its breaker opens."""

from __future__ import annotations

import pytest

from connectors.sinks import kafka
from connectors.sinks.base import StoreUnavailableError
from connectors.stores.kafka_cluster import KafkaTarget
from tests.free_ports import free_ports


def test_open__target_away__the_store_and_not_the_event_log() -> None:
    sink = kafka.KafkaSink("mirror", KafkaTarget(servers=f"127.0.0.1:{free_ports(1)}"), kafka.Options())

    with pytest.raises(StoreUnavailableError) as raised:
        sink.open()

    assert raised.value.code == "sink.unavailable"
    assert "event log" not in str(raised.value)
