"""Policies, rows by key and expiry, alike in every sink into tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.mapping.keys import KeyMissingError, TombstoneKeyError
from connectors.mapping.policies import ColumnFrozenError, TypeFrozenError
from connectors.sinks.base import (
    Position,
    Row,
    RowDiscardedError,
    RowsRefusedError,
    Sink,
    UpsertUnsupportedError,
    WriteBatch,
    Written,
)
from connectors.steering import Steering
from connectors.stores.tables import KeyChangedError
from eventplatform.core.records import TopicPartition
from tests.connectors.tables import APPEND, BY_ID, IN_CLICKHOUSE, NOW_MS, SCHEMA, WHERE, Store, fresh, put, record, row, write

pytestmark = pytest.mark.slow


@pytest.fixture(params=["postgres", "mysql", IN_CLICKHOUSE])
def store(request: pytest.FixtureRequest) -> Store:
    return fresh(request.param, request)


# Policies


@pytest.mark.parametrize("policy", ["freeze", "discard_value", "discard_row"])
def test_columns__not_evolve__the_table_is_made_and_then_never_altered(store: Store, policy: Any) -> None:
    steering = Steering(columns=policy)
    write(store, [{"test": "a"}], steering=steering)
    wider = {"properties": {**SCHEMA["properties"], "more": {"type": "boolean"}}}

    with store.sink() as sink:
        sink.prepare("s", "/s/1.1.0", wider, steering)
        rows = [row(1, {"test": "b"}, "/s/1.1.0"), row(2, {"test": "c", "more": True}, "/s/1.1.0")]
        outcome = outcome_of(lambda: put(sink, rows, 3, steering=steering))

    expected: dict[str, Any] = {"freeze": {2: ColumnFrozenError}, "discard_row": {2: RowDiscardedError}, "discard_value": 1}
    assert outcome == expected[policy]
    assert ("more",) not in store.rows("name", "_columns", "name")


@pytest.mark.parametrize("policy", ["freeze", "discard_value", "discard_row"])
def test_types__not_evolve__a_misfit_is_refused_or_discarded(store: Store, policy: Any) -> None:
    steering = Steering(types=policy)
    with store.sink() as sink:
        sink.prepare("s", "/s/1.0.0", SCHEMA, steering)
        outcome = outcome_of(lambda: put(sink, [row(0, {"n": 1}), row(1, {"n": "one"})], 2, steering=steering))

    expected: dict[str, Any] = {"freeze": {1: TypeFrozenError}, "discard_row": {1: RowDiscardedError}, "discard_value": 1}
    assert outcome == expected[policy]
    assert store.rows("n") == ([(1,), (None,)] if policy == "discard_value" else [])


def outcome_of(act: Callable[[], Written]) -> Any:
    """The errors of each refused row, or how many values were discarded."""
    try:
        return act().discarded_values
    except RowsRefusedError as error:
        return {offset: type(reason) for offset, reason in error.refused.items()}


# Rows by key


def page(offset: int, number: int, text: str, **facts: Any) -> Row:
    return row(offset, {"page": {"id": number}, "test": text}, **facts)


@pytest.fixture
def by_id(store: Store) -> Sink:
    sink = store.sink()
    sink.open()
    sink.prepare("s", "/s/1.0.0", SCHEMA, BY_ID)
    return sink


def pages(store: Store) -> list[tuple[Any, ...]]:
    return store.rows("page__id, test", order="page__id")


def test_upsert__same_key__the_newest_offset_is_the_row(store: Store, by_id: Sink) -> None:
    with_old = put(by_id, [page(0, 1, "old"), page(1, 2, "two"), page(2, 1, "newer")], 3, steering=BY_ID)
    put(by_id, [page(3, 1, "newest")], 4, steering=BY_ID)

    assert with_old == Written(3, 0)
    assert pages(store) == [(1, "newest"), (2, "two")]


def test_upsert__tombstone__deletes_and_a_later_event_brings_it_back(store: Store, by_id: Sink) -> None:
    put(by_id, [page(0, 1, "a"), page(1, 2, "b")], 2, steering=BY_ID)

    put(
        by_id,
        [page(3, 3, "c")],
        5,
        steering=BY_ID,
        tombstones=[record(2, None, key=b'{"page_id":1,"id":1}'), record(4, None, key=b"2")],
    )
    assert pages(store) == [(3, "c")]

    put(by_id, [page(6, 1, "again")], 7, steering=BY_ID, tombstones=[record(5, None, key=b"1")])
    assert pages(store) == [(1, "again"), (3, "c")]


def test_upsert__only_a_tombstone_in_a_slice_that_met_no_event__deletes(store: Store, by_id: Sink) -> None:
    put(by_id, [page(0, 1, "a")], 1, steering=BY_ID)

    with store.sink() as other:
        put(other, [], 2, steering=BY_ID, tombstones=[record(1, None, key=b"1")])

    assert pages(store) == []


def test_upsert__tombstone_of_a_stream_without_a_table__passes(store: Store) -> None:
    with store.sink() as sink:
        put(sink, [], 1, steering=BY_ID, tombstones=[record(0, None, key=b"1")])

        assert sink.position(WHERE) == Position(1, "i", "c")


def test_upsert__read_again_from_before__newer_rows_stay(store: Store, by_id: Sink) -> None:
    put(by_id, [page(0, 1, "old"), page(1, 1, "new"), page(2, 2, "b")], 3, steering=BY_ID)
    by_id.write(WriteBatch("s", WHERE, Position(3, "i", "c"), Position(0, "i", "c"), ()))

    put(by_id, [page(0, 1, "old")], 1, steering=BY_ID, tombstones=[])
    assert pages(store) == [(1, "new"), (2, "b")]

    put(by_id, [page(1, 1, "new"), page(2, 2, "b")], 3, steering=BY_ID)
    assert pages(store) == [(1, "new"), (2, "b")]


def test_upsert__same_key_in_two_partitions__the_later_record_wins(store: Store, by_id: Sink) -> None:
    other = TopicPartition("t", 1)
    put(by_id, [page(100, 1, "early", at=NOW_MS)], 101, steering=BY_ID)

    put(by_id, [page(5, 1, "late", at=NOW_MS + 1000, partition=1)], 6, steering=BY_ID, where=other)
    put(by_id, [page(101, 1, "between", at=NOW_MS + 500)], 102, steering=BY_ID)

    assert pages(store) == [(1, "late")]


def test_upsert__key_missing_or_unreadable__exactly_these_refused(store: Store, by_id: Sink) -> None:
    rows = [page(0, 1, "a"), row(1, {"test": "no key"})]

    outcome = outcome_of(lambda: put(by_id, rows, 3, steering=BY_ID, tombstones=[record(2, None, key=b'{"other":1}')]))

    assert outcome == {1: KeyMissingError, 2: TombstoneKeyError}
    assert pages(store) == []


def test_upsert__no_key_declared__refused_clearly(store: Store) -> None:
    with store.sink() as sink, pytest.raises(UpsertUnsupportedError) as caught:
        sink.prepare("s", "/s/1.0.0", SCHEMA, Steering(is_upsert=True))

    assert "no key is declared" in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after"), [(APPEND, BY_ID), (BY_ID, APPEND), (BY_ID, Steering(is_upsert=True, key=("/test",)))]
)
def test_upsert__key_of_the_table_changed__refused_clearly(store: Store, before: Steering, after: Steering) -> None:
    write(store, [{"page": {"id": 1}}], steering=before)

    with store.sink() as sink, pytest.raises(KeyChangedError) as caught:
        sink.prepare("s", "/s/1.0.0", SCHEMA, after)

    assert "one row for each" in str(caught.value)
    assert store.rows("page__id") == [(1,)]


def test_upsert__table_renamed_away__made_anew_by_the_new_key(store: Store) -> None:
    write(store, [{"page": {"id": 1}}])
    store.rename("s", "s_old")

    write(store, [{"page": {"id": 1}}, {"page": {"id": 1}}], start=1, steering=BY_ID)

    assert store.rows("page__id") == [(1,)]


# Expiry


@pytest.mark.parametrize("steering", [Steering(ttl_seconds=60), Steering(ttl_seconds=60, is_upsert=True, key=("/test",))])
def test_ttl__older_rows__go_by_expire(store: Store, steering: Steering) -> None:
    with store.sink() as sink:
        assert sink.ttl_by_expiry
        sink.prepare("s", "/s/1.0.0", SCHEMA, steering)
        put(sink, [row(0, {"test": "old"}, at=NOW_MS - 60_000), row(1, {"test": "new"}, at=NOW_MS)], 2, steering=steering)

        assert sink.expire("s", before=datetime(2026, 11, 25, 9, 29, 30, tzinfo=UTC)) == 1

    assert store.rows("test") == [("new",)]
