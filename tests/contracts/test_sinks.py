"""The contract of a sink, over every sink of the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.sinks.base import Canary, FencedError, Position, Row, Sink, WriteBatch
from connectors.steering import NO_STEERING
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores.base import Store, make, sink_kinds

pytestmark = pytest.mark.slow

WHERE = TopicPartition("test.event", 0)
STREAM = "test.event"
NOW_MS = int(datetime(2026, 11, 25, 9, 30, tzinfo=UTC).timestamp() * 1000)
OLD = {"type": "object", "properties": {"$schema": {"type": "string"}, "test": {"type": "string"}}}
NEW = {"type": "object", "properties": {"test": {"type": "string"}, "count": {"type": "integer"}}}


VERSION_1_1: dict[str, Any] = {"$schema": "/sample/test_event/1.1.0", "count": 5}


def at(offset: int, incarnation: str = "i1") -> Position:
    return Position(offset, incarnation, "cluster")


def row(offset: int, text: str | None = None, **fields: Any) -> Row:
    event = {
        "$schema": "/sample/test_event/1.0.0",
        "meta": {"dt": "2026-11-25T09:30:00Z"},
        "test": text or f"t{offset}",
        **fields,
    }
    return Row(Record(*WHERE, offset, NOW_MS, None, orjson.dumps(event)), event)


def batch(expected: Position | None, rows: list[Row], *canaries: Canary, after: Position | None = None) -> WriteBatch:
    return WriteBatch(STREAM, WHERE, expected, after or at(rows[-1].offset + 1), rows, canaries)


@pytest.fixture(params=sink_kinds())
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return make(request.param, request, tmp_path)


@pytest.fixture
def sink(store: Store) -> Iterator[Sink]:
    with opened(store) as made:
        yield made


def opened(store: Store) -> Sink:
    made = store.sink()
    made.open()
    made.position(WHERE)
    made.prepare(STREAM, "/sample/test_event/1.0.0", OLD, NO_STEERING)
    made.open = lambda: None  # type: ignore[method-assign]  # `with` shall not open it again
    return made


def test_position__before_the_first_write__none(sink: Sink) -> None:
    assert sink.position(WHERE) is None


def test_write__rows__land_in_order_with_the_position(sink: Sink, store: Store) -> None:
    written = sink.write(batch(None, [row(0), row(1), row(2)]))

    assert (written.rows, written.canaries) == (3, 0)
    assert store.texts(STREAM) == ["t0", "t1", "t2"]
    assert sink.position(WHERE) == at(3)


def test_write__no_rows__moves_the_position(sink: Sink) -> None:
    sink.write(WriteBatch(STREAM, WHERE, None, at(7), ()))

    assert sink.position(WHERE) == at(7)


def test_write__canary__in_the_marker_only(sink: Sink, store: Store) -> None:
    sent = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)

    sink.write(batch(None, [row(0)], Canary(1, "canary-1", sent), after=at(2)))

    assert store.texts(STREAM) == ["t0"]
    assert store.canaries() == [(STREAM, "canary-1")]
    assert sink.canary_written(STREAM, "canary-1") is not None
    assert sink.canary_written(STREAM, "canary-2") is None
    assert sink.canary_written("other", "canary-1") is None


def test_write__restart__goes_on_from_the_stored_position(sink: Sink, store: Store) -> None:
    sink.write(batch(None, [row(0)]))
    sink.close()

    with opened(store) as again:
        assert again.position(WHERE) == at(1)
        again.write(batch(at(1), [row(1)]))

    assert store.texts(STREAM) == ["t0", "t1"]


@pytest.mark.parametrize("start", [None, at(1)])
def test_write__zombie__fenced_and_leaves_nothing(sink: Sink, store: Store, start: Position | None) -> None:
    if start is not None:
        sink.write(batch(None, [row(0)]))
    first = start.next_offset if start else 0
    canary = Canary(first, "canary-z", datetime.now(UTC))
    with opened(store) as zombie:
        zombie.position(WHERE)
        sink.write(batch(start, [row(first)]))

        with pytest.raises(FencedError):
            zombie.write(batch(start, [row(first, "zombie"), row(first + 1, "zombie")], canary))
        with pytest.raises(FencedError):
            zombie.write(batch(at(first), [row(first, "zombie")]))

    assert "zombie" not in store.texts(STREAM)
    assert store.canaries() == []
    assert sink.position(WHERE) == at(first + 1)


def test_write__wrong_expectation__fenced(sink: Sink, store: Store) -> None:
    sink.write(batch(None, [row(0)]))

    for wrong in (None, at(0), at(5), at(1, "other")):
        with pytest.raises(FencedError):
            sink.write(batch(wrong, [row(1)]))

    assert store.texts(STREAM) == ["t0"]


def test_write__partitions__have_their_own_positions(sink: Sink, store: Store) -> None:
    other = TopicPartition("test.event", 1)
    sink.write(batch(None, [row(0)]))

    assert sink.position(other) is None
    sink.write(WriteBatch(STREAM, other, None, at(9), ()))

    assert (sink.position(WHERE), sink.position(other)) == (at(1), at(9))


def test_write__topic_made_anew_and_a_person_chose_its_start__the_same_offsets_land_again(sink: Sink, store: Store) -> None:
    sink.write(batch(None, [row(0), row(1)]))
    sink.write(WriteBatch(STREAM, WHERE, at(2), at(0, "i2"), ()))

    sink.write(WriteBatch(STREAM, WHERE, at(0, "i2"), at(2, "i2"), [row(0, "new0"), row(1, "new1")]))

    assert sink.position(WHERE) == at(2, "i2")
    assert sorted(store.texts(STREAM)) == ["new0", "new1", "t0", "t1"]


def test_prepare__new_version__takes_old_and_new_events(sink: Sink, store: Store) -> None:
    sink.write(batch(None, [row(0)]))

    sink.prepare(STREAM, "/sample/test_event/1.1.0", NEW, NO_STEERING)
    new = row(1, **VERSION_1_1)
    sink.write(batch(at(1), [new, row(2)]))

    assert store.texts(STREAM) == ["t0", "t1", "t2"]


def test_prepare__by_another_worker__seen(sink: Sink, store: Store) -> None:
    with opened(store) as other:
        other.prepare(STREAM, "/sample/test_event/1.1.0", NEW, NO_STEERING)
    sink.prepare(STREAM, "/sample/test_event/1.1.0", NEW, NO_STEERING)

    sink.write(batch(None, [row(0, **VERSION_1_1)]))

    assert store.texts(STREAM) == ["t0"]


def test_expire__taken_in_before__goes_and_the_position_stays(sink: Sink, store: Store) -> None:
    sink.write(batch(None, [row(0), row(1)]))

    assert sink.expire(STREAM, before=datetime(2026, 11, 25, 9, 30, tzinfo=UTC)) == 0
    assert store.texts(STREAM) == ["t0", "t1"]
    if not getattr(store, "can_expire", True):
        assert sink.expire(STREAM, before=datetime(2026, 11, 25, 10, tzinfo=UTC)) == 0
        return

    assert sink.expire(STREAM, before=datetime(2026, 11, 25, 10, tzinfo=UTC)) > 0

    assert store.texts(STREAM) == []
    assert sink.position(WHERE) == at(2)
    sink.write(batch(at(2), [row(2)]))
    assert store.texts(STREAM) == ["t2"]


def test_expire__stream_never_written__nothing(sink: Sink) -> None:
    assert sink.expire("never.seen", before=datetime(2026, 11, 25, 10, tzinfo=UTC)) == 0
