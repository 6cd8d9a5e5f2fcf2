"""The event log in Kafka: librdkafka produces, kafka-python reads and administers."""

from __future__ import annotations

from eventplatform.broker.kafka.log import KafkaLog

__all__ = ["KafkaLog"]
