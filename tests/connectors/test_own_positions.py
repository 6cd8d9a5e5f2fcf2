"""Positions of connectors whose store holds none: compare-and-set in the platform's own database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from connectors.sinks.base import Canary, FencedError, Position, StoreUnavailableError, WriteBatch
from connectors.stores.own_positions import OwnPositions
from eventplatform.core.records import TopicPartition
from tests.own_tables import with_own_tables

pytestmark = pytest.mark.slow

WHERE = TopicPartition("test.event", 0)


def at(offset: int, incarnation: str = "i1") -> Position:
    return Position(offset, incarnation, "cluster")


def step(expected: Position | None, after: Position, *canaries: Canary) -> WriteBatch:
    return WriteBatch("test.event", WHERE, expected, after, (), canaries)


@pytest.fixture
def url(postgres_url: str) -> str:
    return with_own_tables(postgres_url)


@pytest.fixture
def positions(url: str) -> Iterator[OwnPositions]:
    made = OwnPositions(url, "c1")
    made.open()
    yield made
    made.close()


def test_step__expected_position__moves(positions: OwnPositions) -> None:
    assert positions.position(WHERE) is None

    positions.step(step(None, at(5)))
    positions.step(step(at(5), at(2, "i2")))

    assert positions.position(WHERE) == at(2, "i2")
    assert positions.position(TopicPartition("test.event", 1)) is None


@pytest.mark.parametrize("wrong", [None, at(4), at(5, "i2"), Position(5, "i1", "other")])
def test_step__other_position__fenced_and_marks_nothing(positions: OwnPositions, wrong: Position | None) -> None:
    positions.step(step(None, at(5)))

    with pytest.raises(FencedError):
        positions.step(step(wrong, at(9), Canary(5, "one", datetime.now(UTC))))
    with pytest.raises(FencedError):
        positions.require_expected(step(wrong, at(9)))

    assert positions.position(WHERE) == at(5)
    assert positions.canary_written("test.event", "one") is None


def test_step__canary_twice__keeps_its_first_moment(positions: OwnPositions) -> None:
    canary = Canary(0, "x" * 5000, datetime.now(UTC))
    positions.step(step(None, at(1), canary))
    first = positions.canary_written("test.event", canary.event_id)

    positions.step(step(at(1), at(2), canary))

    assert first is not None
    assert positions.canary_written("test.event", canary.event_id) == first


def test_transaction__fails_after_the_step__nothing_moved(positions: OwnPositions) -> None:
    def fail_late() -> None:
        with positions.transaction() as database:
            positions.advance(step(None, at(1)))
            database.execute("SELECT 1 / 0")

    with pytest.raises(StoreUnavailableError):
        fail_late()

    assert positions.position(WHERE) is None


def test_connectors__of_one_partition__have_their_own(positions: OwnPositions, url: str) -> None:
    positions.step(step(None, at(5)))

    other = OwnPositions(url, "c2")
    other.open()

    assert other.position(WHERE) is None
    other.close()


def test_open__database_away__retriable() -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        OwnPositions("host=127.0.0.1 port=9 dbname=x connect_timeout=1", "c1").open()

    assert caught.value.retry_after_seconds == 2
    assert isinstance(caught.value.__cause__, psycopg.Error)
