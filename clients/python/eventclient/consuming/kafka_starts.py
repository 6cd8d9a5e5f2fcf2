"""Where a partition begins that a group is given: at its position, or, without one, where the group wants to begin."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Literal

import confluent_kafka

from eventclient.consuming.errors import ConsumerError

_log = logging.getLogger("eventclient.consuming")

_SECONDS = 10.0
_TRIES = 6  # a broker that restarts is back by then
_NONE = -1001  # librdkafka's word for no offset


def beginnings(
    client: confluent_kafka.Consumer, partitions: Sequence[confluent_kafka.TopicPartition], start: Literal["latest", "earliest"]
) -> tuple[list[confluent_kafka.TopicPartition], dict[str, int]]:
    """The partitions with the offsets to begin at; and how many records of which retention took before they were read.

    "Latest" is kept at once as the group's position: after a rebalance the next consumer goes on there, and skips nothing.

    Raises:
        ConsumerError: the brokers don't say; guessing would skip or repeat.
    """
    for tried in range(_TRIES):
        try:
            return _found(client, partitions, start)
        except confluent_kafka.KafkaException as error:
            _log.warning("kafka.no_positions tried=%d error=%s", tried + 1, error.args[0].name())
            time.sleep(1)
    raise ConsumerError("Kafka does not say where the group is.", remedy="Start again once its brokers are there.")


def _found(
    client: confluent_kafka.Consumer, partitions: Sequence[confluent_kafka.TopicPartition], start: Literal["latest", "earliest"]
) -> tuple[list[confluent_kafka.TopicPartition], dict[str, int]]:
    begins, fresh, lost = [], [], {}
    for one in client.committed(list(partitions), timeout=_SECONDS):
        first, end = client.get_watermark_offsets(one, timeout=_SECONDS)
        made = confluent_kafka.TopicPartition(one.topic, one.partition, one.offset)
        if one.offset == _NONE:
            made.offset = end if start == "latest" else first
            fresh.append(made)
        elif one.offset < first:
            made.offset = first
            lost[f"{one.topic}/{one.partition}"] = first - one.offset
        begins.append(made)
    if fresh and start == "latest":
        client.commit(offsets=fresh, asynchronous=False)
    return begins, lost
