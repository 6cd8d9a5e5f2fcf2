"""Produces with librdkafka: idempotent, acknowledged by all replicas, its events polled in bulk by one thread."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import confluent_kafka

from eventplatform.broker import base
from eventplatform.broker.base import LogUnavailableError
from eventplatform.broker.kafka.errors import (
    FATAL,
    NOT_SENT,
    ClientFailureError,
    as_client_failures,
    of_connecting,
    of_delivery,
)
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import NewRecord

_log = logging.getLogger("kafka.producer")

_POLL_SECONDS = 0.2
_CLOSE_SECONDS = 10.0


class KafkaProducer(base.Producer):
    """librdkafka's producer behind the contract; the client and its thread are made with the first record.

    A record without an acknowledgement after `timeout_seconds` is reported as `LogUnavailableError`; until then
    librdkafka retries in order and without duplicates.
    """

    def __init__(self, connection: dict[str, Any], *, timeout_seconds: float = base.TIMEOUT_SECONDS) -> None:
        self._settings: dict[str, Any] = {
            **connection,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",  # where the Java client would put it
            "compression.type": "lz4",  # also the cheapest in CPU, since less is sent
            "linger.ms": 1,
            "message.timeout.ms": int(timeout_seconds * 1000),
            "request.timeout.ms": int(timeout_seconds * 1000),
            # How long a topic may be missing before it counts as unknown: a new one takes a moment to get around.
            "topic.metadata.propagation.max.ms": 1000,
            "message.max.bytes": base.MAX_RECORD_BYTES + 12,  # exactly what brokers take by default
            "queue.buffering.max.kbytes": 64 * 1024,
            "reconnect.backoff.max.ms": 1000,
        }
        self._client: confluent_kafka.Producer | None = None
        self._generation = 0  # of the client: what a retired one complains of does not concern its successor
        self._retired: deque[confluent_kafka.Producer] = deque()
        self._complaint: LogUnavailableError | None = None  # what keeps the client from the brokers, while nothing gets there
        self._changed = threading.Condition()
        self._unsettled = 0
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def produce(self, records: Sequence[NewRecord], on_settled: base.OnSettled) -> None:
        if not records:
            on_settled([])
            return
        request = _Request(records, on_settled, self._count_down, self._why)
        with self._changed:  # so that records of two callers stay in the order in which they came
            self._unsettled += len(records)
            if self._is_closed:
                closed = base.LogUnavailableError(reason="the producer is closed")
                refused: dict[int, PlatformError] = dict.fromkeys(range(len(records)), closed)
            else:
                refused = _enqueue(self._connected(), records, request)
        for index, error in refused.items():
            request.settle(index, base.Delivery(records[index].topic, error=error))

    def flush(self, timeout_seconds: float) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._unsettled == 0, timeout_seconds)
            return self._unsettled

    def abandon(self) -> None:
        """An idempotent producer that lost its place in the order can't go on: the next record gets a new client."""
        with self._changed:  # so that no record joins the old one meanwhile
            client, self._client = self._client, None
            if client is not None:
                client.purge()
                self._retired.append(client)  # the thread serves what comes of it
                self._changed.notify_all()

    def close(self) -> None:
        self.flush(_CLOSE_SECONDS)
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)

    def _connected(self) -> confluent_kafka.Producer:
        if self._client is None:
            self._generation += 1
            on_error = partial(self._on_error, self._generation)
            self._client = confluent_kafka.Producer({**self._settings, "error_cb": on_error}, logger=_log)
            self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="kafka-producer", daemon=True)
            self._thread.start()
        return self._client

    def _run(self) -> None:
        """Serve the client's events: callbacks of deliveries run in this thread, as many at a time as there are."""
        while self._wait_for_client():
            while self._retired:
                self._retired.popleft().flush(_CLOSE_SECONDS)
            if (client := self._client) is not None:
                self._serve(client)

    def _serve(self, client: confluent_kafka.Producer) -> None:
        try:
            with as_client_failures():
                client.poll(_POLL_SECONDS)
        except ClientFailureError as failure:
            _log.warning("producer.error", extra={"reason": str(failure)})
            if client is self._client:
                self.abandon()

    def _wait_for_client(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._client is not None or self._retired or self._is_closed)
            return not self._is_closed

    def _on_error(self, generation: int, error: confluent_kafka.KafkaError) -> None:
        _log.warning("producer.error", extra={"reason": error.str()})
        if generation == self._generation:
            self._complaint = of_connecting(error) or self._complaint
            if error.fatal() or error.code() == FATAL:
                self.abandon()

    def _why(self, error: confluent_kafka.KafkaError | None) -> PlatformError | None:
        """The reason behind a record's error, where the error only says that time is over."""
        if error is None:
            self._complaint = None
        return self._complaint if error is not None and error.code() in NOT_SENT else None

    def _count_down(self, count: int) -> None:
        with self._changed:
            self._unsettled -= count
            if not self._unsettled:
                self._changed.notify_all()


Why = Callable[[confluent_kafka.KafkaError | None], PlatformError | None]


class _Request:
    """The records of one `produce`, until each is settled."""

    __slots__ = ("_deliveries", "_left", "_lock", "_on_done", "_on_settled", "_records", "_why")

    def __init__(
        self, records: Sequence[NewRecord], on_settled: base.OnSettled, on_done: Callable[[int], None], why: Why
    ) -> None:
        self._records = records
        self._on_settled = on_settled
        self._on_done = on_done
        self._why = why
        self._deliveries = [base.Delivery(record.topic) for record in records]
        self._left = len(records)
        self._lock = threading.Lock()

    def settle(self, index: int, delivery: base.Delivery) -> None:
        with self._lock:
            self._deliveries[index] = delivery
            self._left -= 1
            is_last = not self._left
        if is_last:
            self._finish()

    def on_delivery(self, index: int, error: confluent_kafka.KafkaError | None, message: confluent_kafka.Message) -> None:
        record = self._records[index]
        behind = self._why(error)
        if error is None:
            self.settle(index, base.Delivery(record.topic, message.partition() or 0, message.offset() or 0))
        else:
            reason = behind or of_delivery(error, topic=record.topic, size=base.size_of(record))
            self.settle(index, base.Delivery(record.topic, error=reason))

    def _finish(self) -> None:
        try:
            self._on_settled(self._deliveries)
        except Exception:  # noqa: BLE001  # a callback's fault must not stop the events of all others
            _log.exception("producer.callback_failed")
        self._on_done(len(self._records))


def _enqueue(client: confluent_kafka.Producer, records: Sequence[NewRecord], request: _Request) -> dict[int, PlatformError]:
    """Give the records to librdkafka; those that it refuses at once, with their reason."""
    refused: dict[int, PlatformError] = {}
    for index, record in enumerate(records):
        optional: dict[str, Any] = {} if record.timestamp_ms is None else {"timestamp": record.timestamp_ms}
        if record.partition is not None:
            optional["partition"] = record.partition
        try:
            client.produce(
                record.topic,
                record.value,
                record.key,
                headers=list(record.headers),
                on_delivery=partial(request.on_delivery, index),
                **optional,
            )
        except BufferError:
            refused[index] = base.LogUnavailableError(reason="too much waits for it already")
        except (TypeError, ValueError, OverflowError) as error:
            refused[index] = base.RecordRefusedError(topic=record.topic, reason=str(error))
        except confluent_kafka.KafkaException as error:
            refused[index] = of_delivery(error.args[0], topic=record.topic, size=base.size_of(record))
    return refused
