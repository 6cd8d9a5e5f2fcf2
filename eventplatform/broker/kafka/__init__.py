"""The event log in Kafka: librdkafka produces and reads, kafka-python administers."""

from __future__ import annotations

from eventplatform.broker.kafka.log import KafkaLog

__all__ = ["KafkaLog"]
