"""Kafka's transactions for one partition of a connector: records and position become visible together, or not at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import confluent_kafka

from connectors.sinks.base import RecordRefusedError, StoreDeniedError, StoreUnavailableError
from eventplatform.broker import base
from eventplatform.broker.kafka.errors import ClientFailureError, as_client_failures, of_connecting, of_delivery
from eventplatform.core.errors import PlatformError, RejectedError, RetriableError
from eventplatform.core.records import NewRecord

_log = logging.getLogger("kafka.mirror")

_CALL_SECONDS = 10.0
_TRANSACTION_MS = 15_000  # after which brokers give up what a dead process left open, if nobody did before
_HEADROOM_BYTES = 2048  # for the header of where a record came from
_Code = confluent_kafka.KafkaError
_FENCED = {_Code._FENCED, _Code.PRODUCER_FENCED, _Code.INVALID_PRODUCER_EPOCH}  # noqa: SLF001  # librdkafka's own codes have a dash
_GIVEN_UP = {_Code._PURGE_QUEUE, _Code._PURGE_INFLIGHT}  # noqa: SLF001  # likewise: for another record's sake
_DENIED = {
    _Code.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    _Code.CLUSTER_AUTHORIZATION_FAILED,
    _Code.TOPIC_AUTHORIZATION_FAILED,
}


class LostEpochError(Exception):
    """Another process began an epoch of this transactional id; nothing of ours became visible."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to produce, and the offset of the row that it carries (None: a position or a canary)."""

    record: NewRecord
    offset: int | None = None


class Transactions:
    """One producer with a transactional id of its own: who begins an epoch fences everybody before."""

    def __init__(self, connection: Mapping[str, Any], transactional_id: str) -> None:
        self._settings = {
            **connection,
            "transactional.id": transactional_id,
            "transaction.timeout.ms": _TRANSACTION_MS,
            "partitioner": "murmur2_random",  # where the Java client would put it
            "compression.type": "lz4",
            "linger.ms": 5,
            "message.max.bytes": base.MAX_RECORD_BYTES + _HEADROOM_BYTES,
            "queue.buffering.max.kbytes": 64 * 1024,
            "reconnect.backoff.max.ms": 1000,
        }
        self._client: confluent_kafka.Producer | None = None
        self._complaint: RetriableError | None = None
        self._failed: dict[int, PlatformError] = {}

    @property
    def has_epoch(self) -> bool:
        """Whether it may still be the newest; only a commit tells for sure."""
        return self._client is not None

    def begin_epoch(self) -> None:
        """Fence all who wrote before, and end what they left open."""
        self.close()
        self._client = confluent_kafka.Producer({**self._settings, "error_cb": self._on_error}, logger=_log)
        try:
            with as_client_failures():
                self._client.init_transactions(_CALL_SECONDS)
        except ClientFailureError as failure:
            self.close()
            _raise(failure.error, self._complaint)

    def write(self, records: Sequence[Outgoing]) -> Mapping[int, RejectedError]:
        """Produce all in one transaction; where records are refused, nothing is kept, and they come back by offset.

        Raises:
            LostEpochError: another one began an epoch; nothing was kept.
            StoreUnavailableError: perhaps nothing, perhaps everything was kept.
        """
        client = self._living()
        self._failed = {}
        try:
            with as_client_failures():
                client.begin_transaction()
                for index, one in enumerate(records):
                    self._produce(client, index, one.record)
                client.flush(_CALL_SECONDS)
                if not self._failed:
                    self.commit()
                    return {}
        except ClientFailureError as failure:
            self.close()
            if not self._failed or failure.error.code() in _FENCED:
                _raise(failure.error, self._complaint)
        self.close()  # the next epoch ends what is open; going on after an abort may miss a step of the sequence
        return self._refused(records)

    def commit(self) -> None:
        """The moment at which everything becomes visible."""
        self._living().commit_transaction(_CALL_SECONDS)

    def close(self) -> None:
        """Let go; what was not committed never becomes visible."""
        if self._client is not None:
            self._client.purge()
            self._client = None

    def _living(self) -> confluent_kafka.Producer:
        if self._client is None:
            raise LostEpochError
        return self._client

    def _produce(self, client: confluent_kafka.Producer, index: int, record: NewRecord) -> None:
        optional: dict[str, Any] = {} if record.timestamp_ms is None else {"timestamp": record.timestamp_ms}
        if record.partition is not None:
            optional["partition"] = record.partition
        produce = partial(client.produce, record.topic, record.value, record.key, headers=list(record.headers), **optional)
        while True:
            try:
                produce(on_delivery=partial(self._on_delivery, index, record))
            except BufferError:
                client.poll(0.1)  # its queue is full; what is there is on its way
            except confluent_kafka.KafkaException as error:
                self._on_delivery(index, record, error.args[0])
                return
            else:
                return

    def _on_delivery(self, index: int, record: NewRecord, error: Any, _message: object = None) -> None:
        if error is not None and error.code() not in _GIVEN_UP:
            if error.code() in _FENCED:
                self._failed[index] = StoreUnavailableError(reason="another process goes on")
            else:
                self._failed[index] = of_delivery(error, topic=record.topic, size=base.size_of(record))

    def _refused(self, records: Sequence[Outgoing]) -> dict[int, RejectedError]:
        """The rows at fault, where it is rows; brokers refuse a batch as a whole, so there may be too many."""
        found: dict[int, RejectedError] = {}
        for index, error in self._failed.items():
            offset = records[index].offset
            if offset is None or not isinstance(error, (base.RecordTooLargeError, base.RecordRefusedError)):
                raise _unavailable(error, self._complaint)
            found[offset] = RecordRefusedError(reason=str(error))
        return found

    def _on_error(self, error: confluent_kafka.KafkaError) -> None:
        self._complaint = of_connecting(error) or self._complaint


def _raise(error: confluent_kafka.KafkaError, complaint: RetriableError | None) -> NoReturn:
    if error.code() in _FENCED:
        raise LostEpochError
    if error.code() in _DENIED:
        raise StoreDeniedError(reason=error.str())
    raise _unavailable(error, complaint)


def _unavailable(error: object, complaint: RetriableError | None) -> RetriableError:
    if isinstance(error, base.NotAuthorisedError):
        return StoreDeniedError(reason=str(error))
    reason = error.str() if isinstance(error, confluent_kafka.KafkaError) else str(error)
    return StoreUnavailableError(reason=str(complaint or reason))
