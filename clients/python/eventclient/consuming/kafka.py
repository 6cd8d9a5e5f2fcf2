"""Streams out of Kafka (the extra `kafka`): a group's partitions, committed once what is before the offset is done."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import confluent_kafka

from eventclient.consuming.deliveries import Delivery, Item, Lane, Notice, Plan
from eventclient.consuming.directory import Directory
from eventclient.consuming.errors import ConsumerError, SourceRefusedError
from eventclient.consuming.kafka_settings import REFUSALS, settings_for
from eventclient.consuming.kafka_starts import beginnings

_log = logging.getLogger("eventclient.consuming")

_MOST_RECORDS = 500
_LAG_SECONDS = 1.0
Partition = confluent_kafka.TopicPartition


class KafkaSource:
    """`servers` as Kafka writes them; `settings` are librdkafka's, for TLS and accounts.

    `start` says where a group begins that has no position yet. Topics come from the platform, or from `topics`: those of
    each stream.
    """

    def __init__(
        self,
        servers: str,
        *,
        start: Literal["latest", "earliest"] = "latest",
        topics: Mapping[str, Sequence[str]] | None = None,
        settings: Mapping[str, Any] | None = None,
        refresh_seconds: float = 60.0,
    ) -> None:
        self._servers, self._start = servers, start
        self._given_topics = topics
        self._settings = dict(settings or {})
        self._refresh_seconds = refresh_seconds
        self._directory: Directory | None = None
        self._subscribed: tuple[str, ...] = ()
        self._streams: Mapping[str, str] = {}
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._nexts: dict[Lane, int] = {}
        self._kept: list[Item] = []
        self._is_open = self._is_paused = False
        self._lag: Mapping[str, int] = {}
        self._looked_at = 0.0

    def open(self, plan: Plan) -> None:
        if not plan.group:
            raise ConsumerError("Kafka keeps positions by group.", remedy="Give the consumer its name: group=….")
        if self._given_topics is None and not plan.platform:
            raise ConsumerError("Nobody says which topics the streams have.", remedy="Give platform= its address, or topics=.")
        self._on_revoked = plan.on_revoked
        if self._given_topics is None:
            self._directory = Directory(plan.platform, plan.streams, refresh_seconds=self._refresh_seconds)
            self._directory.start()
        wanted = settings_for(self._servers, plan.group, plan.handler_seconds, self._settings)
        self._client = confluent_kafka.Consumer(wanted, logger=_log)
        self._plan, self._is_open = plan, True

    def poll(self, seconds: float) -> Sequence[Item]:
        self._subscribe()
        if not self._subscribed:
            time.sleep(min(seconds, 0.05))
            return ()
        if self._is_paused:
            self._client.resume(self._client.assignment())
            self._is_paused = False
        # librdkafka would wait until all are there, so the wait is for the first alone.
        found = self._client.consume(1, 0 if self._kept else seconds)
        if found:
            found += self._client.consume(_MOST_RECORDS, 0)
        self._look_at_lag()
        kept, self._kept = self._kept, []
        return kept + self._items(found)

    def keep_alive(self) -> None:
        """Kafka gives partitions of who doesn't poll to others. Nothing is fetched meanwhile, but a rebalance may happen."""
        if not self._subscribed:
            return
        if not self._is_paused:
            self._client.pause(self._client.assignment())
            self._is_paused = True
        self._kept += self._items(self._client.consume(1, 0))

    def commit(self, done: Mapping[Lane, Any]) -> bool:
        offsets = [Partition(*place, done[lane]) for place, lane in self._lanes.items() if lane in done]
        return not offsets or self._commit(offsets)

    def lag(self) -> Mapping[str, int]:
        return self._lag

    def close(self) -> None:
        if self._directory is not None:
            self._directory.close()
        self._on_revoked = lambda _: None  # what is done is committed already
        if self._is_open:
            self._client.close()

    def _subscribe(self) -> None:
        """Follow what the configuration says of topics."""
        topics = self._topics()
        if topics is None or tuple(sorted(topics)) == self._subscribed:
            return
        if self._subscribed:
            self._kept.append(Notice("topics", {"now": ",".join(sorted(topics))}))
        self._streams, self._subscribed = topics, tuple(sorted(topics))
        self._client.subscribe(list(topics), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)

    def _topics(self) -> Mapping[str, str] | None:
        if self._directory is not None:
            return self._directory.topics()
        given = self._given_topics or {}
        return {topic: stream for stream in self._plan.streams for topic in given.get(stream, (stream,))}

    def _items(self, messages: Sequence[confluent_kafka.Message]) -> list[Item]:
        found: list[Item] = []
        for message in messages:
            error = message.error()
            if error is not None:
                self._heed(error)
                continue
            topic, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
            lane = self._lanes.get((topic, partition))
            if lane is not None:  # else it was revoked meanwhile, and is another consumer's
                stream = self._streams.get(topic, "")
                key = message.key()
                self._nexts[lane] = offset + 1
                found.append(Delivery(lane, offset + 1, message.value(), stream, topic, partition, offset, key))
        return found

    def _heed(self, error: confluent_kafka.KafkaError) -> None:
        """Most errors pass by themselves: a broker is away, a topic is not made yet."""
        if error.code() in REFUSALS or error.fatal():
            raise SourceRefusedError(
                f"Kafka refuses: {error.name()}.", remedy="See how-to/secure-kafka.md for the rights needed."
            )
        _log.warning("kafka.error name=%s", error.name())

    def _assigned(self, client: confluent_kafka.Consumer, partitions: list[Partition]) -> None:
        begins, lost = beginnings(client, partitions, self._start)
        for one in begins:
            lane = self._lanes[one.topic, one.partition] = Lane(f"{one.topic}/{one.partition}")
            self._nexts[lane] = one.offset
        client.incremental_assign(begins)
        self._kept += [Notice("dropped", {"count": count, "reason": "retention", "lane": name}) for name, count in lost.items()]
        if self._is_paused:
            client.pause(begins)

    def _revoked(self, _client: confluent_kafka.Consumer, partitions: list[Partition]) -> None:
        leaving = self._lanes_of(partitions)
        self._on_revoked(leaving)
        self._forget(partitions)

    def _lost(self, _client: confluent_kafka.Consumer, partitions: list[Partition]) -> None:
        for lane in self._lanes_of(partitions):
            lane.is_leaving = lane.is_lost = True
        self._on_revoked(self._lanes_of(partitions))
        self._forget(partitions)

    def _lanes_of(self, partitions: Sequence[Partition]) -> list[Lane]:
        return [lane for one in partitions if (lane := self._lanes.get((one.topic, one.partition)))]

    def _forget(self, partitions: Sequence[Partition]) -> None:
        for one in partitions:
            lane = self._lanes.pop((one.topic, one.partition), None)
            if lane is not None:
                del self._nexts[lane]

    def _commit(self, offsets: list[Partition]) -> bool:
        try:
            answered = self._client.commit(offsets=offsets, asynchronous=False)
        except confluent_kafka.KafkaException as error:
            _log.warning("kafka.not_committed error=%s", error.args[0].name())
            return False
        return all(one.error is None for one in answered or ())

    def _look_at_lag(self) -> None:
        """Once a second, by the thread that polls; librdkafka knows the ends from its fetches."""
        now = time.monotonic()
        if now - self._looked_at < _LAG_SECONDS:
            return
        self._looked_at, found = now, {}
        for place, lane in self._lanes.items():
            _, end = self._client.get_watermark_offsets(Partition(*place), cached=True)
            if end >= 0:  # else nothing was fetched yet
                found[lane.name] = max(0, end - self._nexts[lane])
        self._lag = found
