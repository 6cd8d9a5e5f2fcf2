"""Delivery: rows and canaries apart, poison alone set aside, the rest delivered."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import pytest

from connectors.delivery import Delivery, SchemaNotSeenYetError, Source
from connectors.sinks.base import Position, RecordRefusedError, Sink, StoreUnavailableError, WriteBatch, Written
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.broker.loop import FlushRule
from eventplatform.core.records import Record, TopicPartition
from eventplatform.core.schemas import CompiledSchema

WHERE = TopicPartition("test.event", 0)
SOURCE = Source("test.event", WHERE, "i1", "cluster")


class PickySink(Sink):
    """Refuses batches that hold `poison`; remembers each transaction."""

    title = "Picky"
    guarantee = "None."
    needs_schema = False

    def __init__(self) -> None:
        self.stored: Position | None = None
        self.rows: list[int] = []
        self.canaries: list[str] = []
        self.tries = 0
        self.prepared: list[str] = []

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule()

    def open(self) -> None: ...

    def close(self) -> None: ...

    def position(self, where: TopicPartition) -> Position | None:  # noqa: ARG002  # the contract's signature
        return self.stored

    def prepare(self, stream: str, schema_id: str, document: Any, steering: Any) -> None:  # noqa: ARG002  # the contract's signature
        self.prepared.append(schema_id)

    def canary_written(self, stream: str, event_id: str) -> datetime | None:  # noqa: ARG002  # the contract's signature
        return None

    def expire(self, stream: str, *, before: datetime) -> int:  # noqa: ARG002  # the contract's signature
        return 0

    def write(self, batch: WriteBatch) -> Written:
        self.tries += 1
        assert batch.expected == self.stored
        if any(row.event.get("test") == "poison" for row in batch.rows):
            raise RecordRefusedError(reason="it is poison")
        if any(canary.event_id == "poison" for canary in batch.canaries):
            raise RecordRefusedError(reason="it is a canary that can't be marked")
        assert self.stored is None or batch.after.next_offset > self.stored.next_offset
        self.stored = batch.after
        self.rows += [row.offset for row in batch.rows]
        self.canaries += [canary.event_id for canary in batch.canaries]
        return Written(len(batch.rows), len(batch.canaries))


class Schema:
    document = {"type": "object"}


def record(offset: int, text: str = "fine", **fields: Any) -> Record:
    event = {"$schema": "/sample/test_event/1.0.0", "test": text, **fields}
    return Record(*WHERE, offset, int(time.time() * 1000), None, orjson.dumps(event))


def delivery(sink: Sink, aside: list[DeadLetter], schemas: dict[str, Any] | None = None) -> Delivery:
    def find(schema_id: str) -> CompiledSchema | None:
        found: CompiledSchema | None = (schemas or {}).get(schema_id)
        return found

    def set_aside(letters: Sequence[DeadLetter]) -> None:
        aside.extend(letters)

    return Delivery(connector="c", sink=sink, source=SOURCE, stored=None, find_schema=find, set_aside=set_aside)


@pytest.mark.parametrize("bad", [[0], [9], [4], [3, 4], list(range(10))])
def test_flush__poison_in_a_batch__set_aside_once_and_the_rest_delivered(bad: list[int]) -> None:
    sink, aside = PickySink(), list[DeadLetter]()
    records = [record(n, "poison" if n in bad else "fine") for n in range(10)]

    one = delivery(sink, aside)
    one.handle(records)
    one.flush(12)

    assert sink.rows == [n for n in range(10) if n not in bad]
    assert sorted(letter.offset for letter in aside) == bad
    assert {letter.code for letter in aside} == {"sink.record_refused"}
    assert sink.stored == one.stored == Position(12, "i1", "cluster")


def test_flush__replayed_for_another_connector__is_passed_over() -> None:
    sink, aside = PickySink(), list[DeadLetter]()
    one = delivery(sink, aside)

    one.handle([replace(record(n), headers=(("replayed-for", name),)) for n, name in enumerate((b"c", b"other"))])
    one.flush(2)

    assert sink.rows == [0]
    assert aside == []
    assert sink.stored == Position(2, "i1", "cluster")


def test_flush__one_poison_in_1000__found_by_halving() -> None:
    sink = PickySink()

    one = delivery(sink, [])
    one.handle([record(n, "poison" if n == 700 else "fine") for n in range(1000)])
    one.flush(1000)

    assert sink.tries < 30


def test_flush__canaries__in_their_half_and_no_rows() -> None:
    sink, aside = PickySink(), list[DeadLetter]()
    canary = record(1, meta={"domain": "canary", "id": "k1"})

    one = delivery(sink, aside)
    one.handle([record(0), canary, record(2, "poison"), record(3)])
    one.flush(4)

    assert (sink.rows, sink.canaries) == ([0, 3], ["k1"])


@pytest.mark.parametrize("bad", [[0], [3], [5], [2, 3], list(range(6))])
def test_flush__canary_refused__set_aside_for_its_reason_and_no_row_blamed(bad: list[int]) -> None:
    sink, aside = PickySink(), list[DeadLetter]()
    canaries = [record(n, meta={"domain": "canary", "id": "poison"}) for n in bad]

    one = delivery(sink, aside)
    one.handle(sorted([*canaries, *(record(n) for n in range(6) if n not in bad)], key=lambda record: record.offset))
    one.flush(6)

    assert sink.rows == [n for n in range(6) if n not in bad]
    assert [letter.offset for letter in aside] == bad
    assert all("can't be marked" in letter.message for letter in aside)
    assert one.stored == Position(6, "i1", "cluster")


@pytest.mark.parametrize("value", [b"{", b"[1]", b"\xff", b'{"a": 1e999999}x', b"null"])
def test_flush__no_event__set_aside_with_its_bytes(value: bytes) -> None:
    sink, aside = PickySink(), list[DeadLetter]()

    one = delivery(sink, aside)
    one.handle([record(0), Record(*WHERE, 1, 0, b"k", value, (("h", b"v"),)), record(2)])
    one.flush(3)

    assert sink.rows == [0, 2]
    (letter,) = aside
    assert (letter.code, letter.offset, letter.value, letter.key, letter.headers) == (
        "record.not_an_event",
        1,
        value,
        b"k",
        (("h", b"v"),),
    )


def test_flush__tombstone__skipped_and_the_offset_moves() -> None:
    sink, aside = PickySink(), list[DeadLetter]()

    one = delivery(sink, aside)
    one.handle([Record(*WHERE, 0, 0, b"k", None)])
    one.flush(1)

    assert (sink.rows, aside) == ([], [])
    assert sink.stored == Position(1, "i1", "cluster")


def test_flush__schema__prepared_once_before_the_rows() -> None:
    sink = PickySink()
    sink.needs_schema = True  # type: ignore[misc]  # one sink of this test

    one = delivery(sink, [], {"/sample/test_event/1.0.0": Schema()})
    one.handle([record(0), record(1)])
    one.flush(2)

    assert sink.prepared == ["/sample/test_event/1.0.0"]


def test_flush__unknown_schema_of_a_new_record__waited_for() -> None:
    sink = PickySink()
    sink.needs_schema = True  # type: ignore[misc]  # one sink of this test

    one = delivery(sink, [])
    one.handle([record(0)])
    with pytest.raises(SchemaNotSeenYetError):
        one.flush(1)

    assert sink.stored is None


@pytest.mark.parametrize("at", [1000, 10**15])
def test_flush__unknown_schema_of_an_old_record_or_one_to_come__set_aside(at: int) -> None:
    sink, aside = PickySink(), list[DeadLetter]()
    sink.needs_schema = True  # type: ignore[misc]  # one sink of this test

    one = delivery(sink, aside)
    one.handle([Record(*WHERE, 0, at, None, b'{"$schema": "/no/such/1.0.0"}')])
    one.flush(1)

    (letter,) = aside
    assert (letter.code, letter.pointer) == ("record.schema_unknown", "/$schema")
    assert sink.stored == Position(1, "i1", "cluster")


def test_store__open_fails_halfway__what_it_opened_is_closed() -> None:
    class HalfOpen(PickySink):
        is_closed = False

        def open(self) -> None:
            raise StoreUnavailableError(reason="its second half is away")

        def close(self) -> None:
            self.is_closed = True

    sink = HalfOpen()

    with pytest.raises(StoreUnavailableError), sink:
        pass

    assert sink.is_closed
