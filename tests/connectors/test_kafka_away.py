"""A mirror whose target is away: the store's trouble, told as such, so that its breaker opens."""

from __future__ import annotations

import httpx
import pytest

from connectors.sinks import kafka
from connectors.sinks.base import StoreDeniedError, StoreUnavailableError
from connectors.stores.kafka_avro import AvroSchema
from connectors.stores.kafka_cluster import KafkaTarget
from connectors.stores.kafka_schemas import SchemaRegistry
from eventplatform.broker.base import LogUnavailableError
from eventplatform.broker.kafka.errors import AccessDeniedError, AccountRefusedError, TlsFailedError
from tests.free_ports import free_ports


def test_open__target_away__the_store_and_not_the_event_log() -> None:
    sink = kafka.KafkaSink("mirror", KafkaTarget(servers=f"127.0.0.1:{free_ports(1)}"), kafka.Options())

    with pytest.raises(StoreUnavailableError) as raised:
        sink.open()

    assert raised.value.code == "sink.unavailable"
    assert "event log" not in str(raised.value)


@pytest.mark.parametrize(
    "told",
    [
        AccountRefusedError(reason="SASL authentication failed"),
        TlsFailedError(reason="self-signed certificate"),
        AccessDeniedError(what="describe the cluster"),
    ],
    ids=lambda error: error.code,
)
def test_errors__target_turns_the_mirror_away__told_of_the_store_and_heard_by_its_breaker(told: LogUnavailableError) -> None:
    with pytest.raises(StoreDeniedError) as raised, kafka._errors():
        raise told

    assert raised.value.code == "sink.denied"
    assert "event log" not in str(raised.value)
    assert "KAFKA_" not in raised.value.hint


@pytest.mark.parametrize("answer", [b"<html>Sign in</html>", b"[]", b"{}"])
def test_registry__answers_as_none_does__named(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    url, transport = "https://registry.example.org", httpx.MockTransport(lambda _: httpx.Response(200, content=answer))
    registry = SchemaRegistry(url)
    monkeypatch.setattr(registry, "_http", httpx.Client(base_url=url, transport=transport))

    with pytest.raises(StoreUnavailableError, match="is this its address"):
        registry.header("page.change", AvroSchema("page/change", {}))
