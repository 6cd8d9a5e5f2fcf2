"""Kafka: a mirror into another topic, of this or another cluster; records and position are one transaction there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.options import OptionMissingError, option
from connectors.sinks.base import (
    Canary,
    FencedError,
    Position,
    Row,
    RowsRefusedError,
    Sink,
    StoreDeniedError,
    StoreUnavailableError,
    WriteBatch,
    Written,
)
from connectors.steering import Steering
from connectors.stores import kafka_mirror
from connectors.stores.kafka_avro import AvroSchema, NotInAvroError
from connectors.stores.kafka_cluster import KafkaTarget, TopicWishes, cluster, ensure_topic
from connectors.stores.kafka_mirror import Encode, Mirroring
from connectors.stores.kafka_schemas import SchemaRegistry
from connectors.stores.kafka_table import Table
from connectors.stores.kafka_transactions import LostEpochError, Outgoing, Transactions
from eventplatform.broker.base import LogUnavailableError, TopicUnknownError
from eventplatform.broker.kafka import KafkaLog
from eventplatform.broker.kafka.errors import AccessDeniedError, AccountRefusedError, TlsFailedError, TokenUnavailableError
from eventplatform.broker.loop import FlushRule
from eventplatform.core.errors import FatalError, RejectedError
from eventplatform.core.names import split_schema_id
from eventplatform.core.records import TopicPartition

_KEPT_A_WEEK = {**Table.SETTINGS, "cleanup.policy": "compact,delete", "retention.ms": "604800000"}
_MEGABYTE = 1024 * 1024


class MirrorLoopError(FatalError):
    """The mirror would write into the topic that it reads."""

    code = "sink.mirror_loop"
    message = "Topic {topic} would be mirrored into itself."
    remedy = "Give the connector another option `topic`, such as mirror.{{topic}}, or a target in another cluster."


@dataclass(frozen=True, slots=True)
class Options:
    """What is written, and where."""

    topic: str = option(
        "Template of the topics, of {stream} and {topic}, the one that is read. {topic} alone needs another cluster.",
        "mirror.{topic}",
    )
    format: str = option(
        "as_is: the record's own bytes; where privacy rules change events, their JSON. json: the event as JSON. "
        "avro: with a schema derived from the event's, registered in the target's schema registry.",
        "as_is",
        choices=("as_is", "json", "avro"),
    )
    partitions: str = option(
        "kept: each record in the partition of the same number. by_key: where its key says, as Kafka's own clients do.",
        "kept",
        choices=("kept", "by_key"),
    )
    makes_topics: bool = option("Topics that are missing are made, and get partitions that they lack.", True)
    partition_count: int = option("Partitions of topics that are made, at least; 0: as many as are needed.", 0, minimum=0)
    retention_hours: int = option("How long topics that are made keep records; 0: as the brokers say.", 0, minimum=0)
    own_prefix: str = option(
        "What the mirror's own topics (positions, canaries) and transactional ids begin with; another for each platform that "
        "mirrors into the cluster. An account needs Write and Read on this prefix, besides Write on the topics.",
        "_connector_",
    )
    batch_rows: int = option("Most rows in one transaction.", 5000, minimum=1)


class KafkaSink(Sink):
    """Positions and canaries are compacted topics beside the mirrored ones, written in the same transactions.

    The transactional id is the connector's and the partition's: whoever asks for the position begins an epoch of it, which
    fences all before. A write whose epoch was lost begins another one and asks for the position again; so it is compared
    and set whoever comes in between.
    """

    title = "Kafka"
    summary = "Each topic goes on in another, of this or another cluster: the same bytes, JSON or Avro, with keys and times."
    guarantee = (
        "Exactly once, for consumers with isolation.level=read_committed: records and position are one transaction of Kafka, "
        "and an older slice is fenced by its transactional id."
    )
    target_type = KafkaTarget
    options_type = Options

    def __init__(self, connector: str, target: KafkaTarget, options: Options) -> None:
        self._connector = connector
        self._target = target
        self._options = options
        self._wishes = TopicWishes(options.makes_topics, options.partition_count, options.retention_hours)
        self._log: KafkaLog
        self._positions: Table
        self._canaries: Table
        self._registry: SchemaRegistry | None = None
        self._schemas: dict[str, AvroSchema] = {}
        self._hands: dict[TopicPartition, Transactions] = {}
        self._stored: dict[TopicPartition, Position | None] = {}
        self._ready: set[tuple[str, int]] = set()

    @property
    def needs_schema(self) -> bool:  # type: ignore[override]  # depends on the format: bytes and JSON take events of any schema
        return self._options.format == "avro"

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(self._options.batch_rows, 8 * _MEGABYTE, 0.0)

    def open(self) -> None:
        with _errors():
            self._log = cluster(self._target)
            self._positions = Table(self._log, f"{self._options.own_prefix}positions")
            self._canaries = Table(self._log, f"{self._options.own_prefix}canaries")
            self._positions.ensure(is_made=self._options.makes_topics)
            self._canaries.ensure(is_made=self._options.makes_topics, settings=_KEPT_A_WEEK)
        if self.needs_schema:
            self._registry = self._open_registry()

    def prepare(self, stream: str, schema_id: str, document: Mapping[str, Any], steering: Steering) -> None:  # noqa: ARG002  # the contract's
        if schema_id not in self._schemas:
            self._schemas[schema_id] = AvroSchema(split_schema_id(schema_id)[0], document)

    def position(self, where: TopicPartition) -> Position | None:
        hand = self._hands.get(where)
        with _errors():
            if hand is None:
                name = f"{self._options.own_prefix}{self._connector}.{where.topic}.{where.partition}"
                hand = self._hands[where] = Transactions(self._log.connection, name)
            return self._begin(hand, where)

    def write(self, batch: WriteBatch) -> Written:
        topic = self._options.topic.format(stream=batch.stream, topic=batch.where.topic)
        with _errors():
            cluster_id = self._log.cluster_id()
            if (cluster_id, topic) == (batch.after.cluster_id, batch.where.topic):
                raise MirrorLoopError(topic=topic)
            keeps_partition = self._options.partitions == "kept"
            if batch.rows or batch.tombstones:
                self._ensure(topic, batch.where.partition + 1 if keeps_partition else 1)
            mirroring = Mirroring(batch, topic, cluster_id, keeps_partition=keeps_partition)
            self._commit(batch, self._outgoing(batch, mirroring, self._encode_for(topic, batch.steering)))
        return Written(len(batch.rows), len(batch.canaries))

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        with _errors():
            found = self._canaries.last(_canary_key(stream, event_id))
        return datetime.fromisoformat(orjson.loads(found)["written"]) if found else None

    def expire(self, stream: str, *, before: datetime) -> int:  # noqa: ARG002  # the contract's
        """Nothing: how long a topic keeps its records is the topic's own setting."""
        return 0

    def close(self) -> None:
        for hand in self._hands.values():
            hand.close()
        self._hands.clear()
        self._stored.clear()
        if hasattr(self, "_log"):
            self._positions.close()
            self._canaries.close()
        if self._registry is not None:
            self._registry.close()
            self._registry = None

    def _begin(self, hand: Transactions, where: TopicPartition) -> Position | None:
        with _errors():
            hand.begin_epoch()
            key = kafka_mirror.position_key(self._connector, *where)
            self._stored[where] = kafka_mirror.load(self._positions.last(key))
        return self._stored[where]

    def _commit(self, batch: WriteBatch, records: Sequence[Outgoing]) -> None:
        where = batch.where
        if where not in self._hands:
            self.position(where)
        hand = self._hands[where]
        for _ in range(2):  # an epoch may be lost to whoever only asked for the position
            if not hand.has_epoch:
                self._begin(hand, where)
            if self._stored[where] != batch.expected:
                break
            try:
                refused = hand.write(records)
            except LostEpochError:
                continue
            if refused:
                raise RowsRefusedError(refused) if len(refused) == 1 else next(iter(refused.values()))
            self._stored[where] = batch.after
            return
        raise FencedError(where=f"{where.topic}/{where.partition}")

    def _outgoing(self, batch: WriteBatch, mirroring: Mirroring, encode: Encode) -> list[Outgoing]:
        shaped: dict[int, Outgoing] = {}
        refused: dict[int, RejectedError] = {}
        for row in batch.rows:
            _shape(row.offset, lambda row=row: mirroring.row(row, encode), shaped, refused)  # type: ignore[misc]  # the row of now
        for record in batch.tombstones:
            _shape(record.offset, lambda record=record: mirroring.tombstone(record), shaped, refused)  # type: ignore[misc]  # likewise
        if refused:
            raise RowsRefusedError(refused)
        key = kafka_mirror.position_key(self._connector, *batch.where)
        marks = [self._marked(batch.stream, canary) for canary in batch.canaries]
        position = Outgoing(self._positions.record(key, kafka_mirror.dump(batch.after)))
        return [*(shaped[offset] for offset in sorted(shaped)), *marks, position]

    def _marked(self, stream: str, canary: Canary) -> Outgoing:
        value = {"sent": canary.sent_at.isoformat(), "written": datetime.now(UTC).isoformat(timespec="milliseconds")}
        return Outgoing(self._canaries.record(_canary_key(stream, canary.event_id), orjson.dumps(value)))

    def _ensure(self, topic: str, at_least: int) -> None:
        if (topic, at_least) not in self._ready:
            ensure_topic(self._log, topic, self._wishes, at_least=at_least)
            self._ready.add((topic, at_least))

    def _encode_for(self, topic: str, steering: Steering) -> Encode:
        if self._options.format == "avro":
            return lambda row: self._as_avro(topic, row)
        return kafka_mirror.as_json if self._options.format == "json" or steering.privacy else kafka_mirror.as_it_is

    def _as_avro(self, topic: str, row: Row) -> bytes:
        schema_id = str(row.event.get("$schema"))
        schema = self._schemas.get(schema_id)
        if schema is None or self._registry is None:
            raise NotInAvroError(pointer="/$schema", place="/$schema", wanted="known schema")
        return self._registry.header(topic, schema) + schema.encode(row.event)

    def _open_registry(self) -> SchemaRegistry:
        target = self._target
        if not target.registry_url:
            raise OptionMissingError(pointer="/registry_url", name="registry_url", help="Avro needs a schema registry.")
        return SchemaRegistry(
            target.registry_url, username=target.registry_username, password=target.registry_password, ca_file=target.ca_file
        )


def _shape(offset: int, make: Callable[[], Any], shaped: dict[int, Outgoing], refused: dict[int, RejectedError]) -> None:
    try:
        shaped[offset] = Outgoing(make(), offset)
    except RejectedError as error:
        refused[offset] = error


def _canary_key(stream: str, event_id: str) -> bytes:
    return f"{stream}|{event_id}".encode()


@contextmanager
def _errors() -> Iterator[None]:
    """A topic that is gone is the store's trouble, never a record's; and here Kafka is the store, not the event log.

    So its breaker opens where it is away: else every slice would wait for it, in threads that other connectors need.
    """
    try:
        yield
    except TopicUnknownError as error:
        raise StoreUnavailableError(reason=str(error)) from error
    except LogUnavailableError as error:
        raise _as_store(error) from error


def _as_store(error: LogUnavailableError) -> StoreUnavailableError:
    """What the log's client says of a cluster, said of this store: its remedies name settings of the platform's own log."""
    if isinstance(error, AccessDeniedError):
        return StoreDeniedError(reason=f"it does not let the target's account {error.facts['what']}")
    if isinstance(error, AccountRefusedError | TlsFailedError | TokenUnavailableError):
        return StoreDeniedError(reason=f"{_DENIED[type(error)]} ({error.facts['reason']})")
    return StoreUnavailableError(reason=error.facts["reason"])


_DENIED: dict[type[LogUnavailableError], str] = {
    AccountRefusedError: "it does not accept the target's user name and password, or its token",
    TlsFailedError: "no encrypted connection, by the certificates of the target",
    TokenUnavailableError: "the endpoint of the target gave no token",
}
