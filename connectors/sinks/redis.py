"""Redis: each event as a stream's entry, a string, hash, document or element; one script writes a batch and its position."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from connectors.mapping.policies import shape_all
from connectors.mapping.preview import Preview
from connectors.mapping.previewing import preview_texts
from connectors.options import OptionMissingError, option
from connectors.sinks.base import (
    FencedError,
    Position,
    RecordRefusedError,
    Row,
    RowsRefusedError,
    Sink,
    StoreUnavailableError,
    UpsertUnsupportedError,
    WriteBatch,
    Written,
)
from connectors.steering import Steering
from connectors.stores.redis_client import connect, errors, raise_failed
from connectors.stores.redis_keys import Keys
from connectors.stores.redis_probe import ensure_keeps, prove
from connectors.stores.redis_script import FENCED, REFUSED, WRITTEN, Argument, Call, Command, OwnKeys, Script
from connectors.stores.redis_shapes import SHAPES, Shape, Wishes
from eventplatform.broker.loop import FlushRule
from eventplatform.core.records import TopicPartition

_DAY_MS = 86_400_000
_BYTES_PER_FLUSH = 1024 * 1024  # a script holds up everybody else at the server


@dataclass(frozen=True, slots=True)
class Target:
    """Where the server is."""

    url: str = option(
        "Connection URL without password: redis://writer@cache.example.org:6379/0, rediss://… for TLS, unix:///path?db=0."
    )
    password: str = option("Password of the user in the URL.", "", secret=True)
    cluster: bool = option("The URL names a node of a Redis Cluster.", False)


@dataclass(frozen=True, slots=True)
class Options:
    """How this connector writes."""

    type: str = option(
        "What becomes of events. stream: entries of a Redis stream. list: elements of a list. zset: members of a sorted set. "
        "string, hash, json: one key for each event. timeseries: samples. json and timeseries need Redis 8, or their modules.",
        "stream",
        choices=tuple(SHAPES),
    )
    key: str = option(
        "Template of keys, of {stream}, {topic}, {partition}, {offset}, JSON pointers such as {/page/page_id}, and {key}: in "
        "mode upsert the connector's key or else the record's own, in mode append the record's coordinates. Empty: {stream} "
        "for streams, lists, sorted sets and time series, {stream}:{key} for the others.",
        "",
    )
    fields: tuple[str, ...] = option("JSON pointers of what is kept of an event; empty keeps all of it.", ())
    number: str = option(
        "JSON pointer of the number or time that is a sorted set's score (empty: the record's time) or a time series' value.",
        "",
    )
    max_len: int = option("Newest entries that a stream, list or sorted set keeps; 0 keeps all.", 0, minimum=0)
    hash_tag: bool = option(
        "Begin every key with {connector}: so all keys of a batch lie in one slot. A Redis Cluster can't do without, and it is "
        "done there unasked; all of a connector's keys are then on one of the cluster's nodes.",
        False,
    )
    batch_rows: int = option("Most rows in one script; it holds up the server for some microseconds a row.", 500, minimum=1)

    def __post_init__(self) -> None:
        Keys(self.key, "stream")  # a place that nobody knows is told when it is saved


class RedisSink(Sink):
    """Rows by one script; `{connector}:_offsets`, `{connector}:_canaries` stand beside them."""

    title = "Redis"
    summary = (
        "Each event becomes an entry of a Redis stream, or a string, hash, document, list element, sorted member or sample."
    )
    guarantee = "Exactly once, as far as Redis itself forgets nothing: rows and the next offset are written by one script."
    target_type = Target
    options_type = Options
    needs_schema = False

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        self._target = target
        self._options = options
        self._own = OwnKeys(connector)
        self._tag = f"{self._own.tag}:" if options.hash_tag or target.cluster else ""
        self._client: Any = None
        self._script: Script | None = None
        self._generations: dict[TopicPartition, int] = {}

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(rows=self._options.batch_rows, bytes=_BYTES_PER_FLUSH, age_seconds=0.0)

    def open(self) -> None:
        if self._options.type == "timeseries" and not self._options.number:
            raise OptionMissingError(pointer="/number", name="number", help="the JSON pointer of a time series' value.")
        with errors():
            self._client = connect(self._target.url, self._target.password, is_cluster=self._target.cluster)
            self._script = Script(self._client)
            ensure_keeps(self._client)
            prove(self._script, self._client, self._own, self._options.type)

    def position(self, where: TopicPartition) -> Position | None:
        with errors():
            stored = self._db.hget(self._own.offsets, _field(where))
        if stored is None:
            self._generations[where] = 0
            return None
        next_offset, self._generations[where], incarnation, cluster_id = orjson.loads(stored)
        return Position(next_offset, incarnation, cluster_id)

    def preview(
        self,
        stream: str,
        schemas: Mapping[str, Mapping[str, Any]],  # noqa: ARG002  # no columns come from them
        rows: Sequence[Row],
        steering: Steering,
    ) -> Preview:
        keys, shape = self._keys(stream, steering), self._shape(steering)

        def text(row: Row) -> str:
            return "\n".join(" ".join(map(_told, command)) for command in shape.put(row, row.record.timestamp_ms))

        return preview_texts(rows, place=lambda row: keys.of(row.record, row.event, 0), text=text)

    def write(self, batch: WriteBatch) -> Written:
        if batch.where not in self._generations:
            self.position(batch.where)
        before = self._generations[batch.where]
        generation = before + int(batch.expected is not None and _log_of(batch.expected) != _log_of(batch.after))
        call = Call(
            self._own.of(batch.stream),
            _field(batch.where),
            _packed(batch.expected, before) if batch.expected else b"",
            _packed(batch.after, generation),
            SHAPES[self._options.type].type,
            [(f"{batch.stream} {one.event_id}", _mark(one.sent_at)) for one in batch.canaries],
        )
        placed = self._fill(call, batch, generation)
        with errors():
            answer = self._scripted.run(call)
        if answer[0] == FENCED:
            raise FencedError(where="/".join(map(str, batch.where)))
        if answer[0] == REFUSED:
            raise self._refused(call, answer[1:], placed)
        if answer[0] != WRITTEN:
            raise_failed(answer)
        self._generations[batch.where] = generation
        return Written(len(batch.rows), len(batch.canaries))

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        with errors():
            found = self._db.hget(self._own.canaries, f"{stream} {event_id}")
        return datetime.fromisoformat(orjson.loads(found)["written"]) if found else None

    def expire(self, stream: str, *, before: datetime) -> int:
        """Of streams, sorted sets by time and time series; one key's event is forgotten by Redis itself, a list's never."""
        shape = self._shape(Steering())
        if shape.is_by_key:
            return 0
        gone, registry = 0, self._own.gathering(stream)
        with errors():
            for key in self._db.sscan_iter(registry):
                gone += shape.forget(partial(self._run, key), round(before.timestamp() * 1000))
                if not self._db.exists(key):
                    self._db.srem(registry, key)
        return gone

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = self._script = None

    @property
    def _db(self) -> Any:
        if self._client is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._client

    @property
    def _scripted(self) -> Script:
        if self._script is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._script

    def _run(self, key: bytes, command: Command) -> int:
        return int(self._db.execute_command(command[0], key, *command[1:]))

    def _shape(self, steering: Steering) -> Shape:
        options = self._options
        wishes = Wishes(
            fields=options.fields,
            number=options.number,
            max_len=options.max_len,
            ttl_ms=steering.ttl_seconds * 1000,
            retention_ms=(steering.retention_days or 0) * _DAY_MS,
            is_as_sent=not steering.privacy,
        )
        return SHAPES[options.type](wishes)

    def _keys(self, stream: str, steering: Steering) -> Keys:
        is_by_key = SHAPES[self._options.type].is_by_key
        template = self._options.key or ("{stream}:{key}" if is_by_key else "{stream}")
        keys = Keys(template, stream, steering.key, is_upsert=steering.is_upsert)
        if steering.is_upsert and not is_by_key:
            raise UpsertUnsupportedError(stream=stream, reason=f"keys of type {self._options.type} gather many events")
        if steering.is_upsert and not keys.is_by_field:
            raise UpsertUnsupportedError(stream=stream, reason="the template of keys names no field")
        return keys

    def _fill(self, call: Call, batch: WriteBatch, generation: int) -> list[tuple[Row, str]]:
        """Put the commands of all rows and tombstones into `call`, in the order of the log; each with its key."""
        keys, shape = self._keys(batch.stream, batch.steering), self._shape(batch.steering)
        now_ms = time.time_ns() // 1_000_000

        def place(row: Row) -> tuple[Row, str, list[Command]]:
            if row.record.value is None:
                return row, self._tag + keys.of_tombstone(row.record, generation), [("DEL",)]
            return row, self._tag + keys.of(row.record, row.event, generation), list(shape.put(row, now_ms))

        deleting = (Row(one, {}) for one in batch.tombstones)
        placed = shape_all(sorted((*batch.rows, *deleting), key=lambda row: row.offset), place)
        for _, key, commands in placed:
            for command in commands:
                call.add(key, command)
        for key in dict.fromkeys(key for _, key, _ in placed):
            for command in shape.tidy(now_ms):
                call.add(key, command)
            if not shape.is_by_key:
                call.remember(key)
        return [(row, key) for row, key, _ in placed]

    def _refused(self, call: Call, numbers: Sequence[int], placed: Sequence[tuple[Row, str]]) -> RowsRefusedError:
        wrong = {call.key_of(number) for number in numbers}
        why = RecordRefusedError(reason=f"its key holds something else than type {self._options.type}")
        return RowsRefusedError({row.offset: why for row, key in placed if key in wrong})


def _field(where: TopicPartition) -> str:
    return f"{where.topic}/{where.partition}"


def _log_of(position: Position) -> tuple[str, str]:
    return position.incarnation, position.cluster_id


def _packed(position: Position, generation: int) -> bytes:
    """As the script compares it, letter by letter."""
    return orjson.dumps([position.next_offset, generation, position.incarnation, position.cluster_id])


def _mark(sent_at: datetime) -> bytes:
    return orjson.dumps({"sent": sent_at, "written": datetime.now(UTC)})


def _told(word: Argument) -> str:
    return word.decode() if isinstance(word, bytes) else str(word)
