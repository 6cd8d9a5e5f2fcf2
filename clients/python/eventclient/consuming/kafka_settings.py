"""How librdkafka is told to consume: committed records of transactions only, positions kept by us, small rebalances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import confluent_kafka

_SESSION_MS = 45_000
_FORCED = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "isolation.level": "read_committed",
    "partition.assignment.strategy": "cooperative-sticky",
}

# Asking again would get the same answer.
REFUSALS = frozenset(
    {
        confluent_kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED,
        confluent_kafka.KafkaError.GROUP_AUTHORIZATION_FAILED,
        confluent_kafka.KafkaError.SASL_AUTHENTICATION_FAILED,
        confluent_kafka.KafkaError._AUTHENTICATION,  # noqa: SLF001  # librdkafka's own name for it
    }
)


def settings_for(servers: str, group: str, handler_seconds: float, given: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's settings, with ours beneath them, and those above that the promises stand on."""
    most_ms = int(handler_seconds * 1000)
    ours = {
        "bootstrap.servers": servers,
        "group.id": group,
        "client.id": f"eventclient-{group}",
        "auto.offset.reset": "earliest",  # behind retention: what the log still has; beginnings are chosen by `kafka_starts`
        "allow.auto.create.topics": False,
        "topic.metadata.refresh.interval.ms": 30_000,  # that a topic is found which is made later
        "session.timeout.ms": min(_SESSION_MS, most_ms),
        "max.poll.interval.ms": most_ms,
        "fetch.wait.max.ms": 100,
        "queued.max.messages.kbytes": 16 * 1024,
        "reconnect.backoff.max.ms": 5000,
    }
    return {**ours, **given, **_FORCED}
