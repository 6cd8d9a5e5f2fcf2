"""Draining: what the log refuses for good is set aside; what it takes is never sent twice while the process lives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
import pytest

from eventplatform.broker.base import Delivery, LogUnavailableError, NotAuthorisedError, OnSettled
from eventplatform.core.records import NewRecord
from intake.spool import frames
from intake.spool.drain import Drain
from intake.spool.outlet import Outlet
from intake.spool.spool import Spool
from intake.spool.writer import Writer
from tests.intake.spool.worlds import ROOM, FallibleProducer, record


class Choosy(FallibleProducer):
    """Fails on the values that it is told to, once each or always."""

    def __init__(self, *topics: str) -> None:
        super().__init__(*topics)
        self.once: set[bytes] = set()
        self.refuses: set[bytes] = set()

    def produce(self, records: Sequence[NewRecord], on_settled: OnSettled) -> None:
        on_settled([self._one(record) for record in records])

    def _one(self, record: NewRecord) -> Delivery:
        if record.value in self.once:
            self.once.discard(record.value)
            return Delivery(record.topic, error=LogUnavailableError(reason="told so"))
        if record.value in self.refuses:
            return Delivery(record.topic, error=NotAuthorisedError(topic=record.topic))
        return self.log.append([record])[0]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path, ROOM)
    yield opened
    opened.close()


@pytest.fixture
def outlet(spool: Spool) -> Iterator[Outlet]:
    made = Outlet(spool)
    yield made
    made.close()


def put(spool: Spool, *records: NewRecord) -> None:
    writer = Writer(spool)
    with spool.writing(5):
        writer.append([frames.pack(one, 1_000) for one in records])
    writer.close()


def kept(spool: Spool) -> list[dict[str, object]]:
    lines = [line for path in (spool.folder / "quarantine").glob("*.jsonl") for line in path.read_bytes().splitlines()]
    return [orjson.loads(line) for line in lines]


def test_step__log_refuses_one_for_good__it_is_set_aside_with_its_reason_and_blocks_nothing(
    spool: Spool, outlet: Outlet
) -> None:
    inner = Choosy()
    inner.refuses = {b"2"}
    put(spool, record("1"), record("2"), record("3"))
    drain = Drain(outlet, inner)

    while drain.step():
        pass

    assert inner.values() == ["1", "3"]
    (entry,) = kept(spool)
    assert (entry["reason"], entry["topic"], entry["value"]) == ("log.not_authorised", "t", "Mg==")
    assert (drain.drained, drain.refused, spool.board.refused) == (2, 1, 1)


def test_step__some_fail_for_the_moment__only_those_are_sent_again(spool: Spool, outlet: Outlet) -> None:
    inner = Choosy()
    inner.once = {b"2"}
    put(spool, record("1"), record("2"), record("3"))
    drain = Drain(outlet, inner)

    with pytest.raises(LogUnavailableError):
        drain.step()
    assert spool.board.records == 3
    while drain.step():
        pass

    assert sorted(inner.values()) == ["1", "2", "3"]
    assert spool.board.records == 0


def test_step__topic_unknown__believed_only_after_a_while(spool: Spool, outlet: Outlet) -> None:
    now = [100.0]
    inner = Choosy()
    put(spool, record("1", topic="new"), record("2"))
    drain = Drain(outlet, inner, missing_topic_seconds=10, clock=lambda: now[0])

    with pytest.raises(LogUnavailableError, match="does not know topic new"):
        drain.step()
    now[0] += 5
    inner.log.create_topic("new")
    assert drain.step() == 2
    put(spool, record("3", topic="gone"))
    with pytest.raises(LogUnavailableError):
        drain.step()
    now[0] += 11
    assert drain.step() == 1

    assert (inner.values("new"), inner.values()) == (["1"], ["2"])
    assert [entry["reason"] for entry in kept(spool)] == ["log.topic_unknown"]


def test_step__log_silent__gives_up_and_tries_the_same_again(spool: Spool, outlet: Outlet) -> None:
    inner = FallibleProducer()
    inner.hangs = True
    put(spool, record("1"))
    drain = Drain(outlet, inner, timeout_seconds=0.05)

    with pytest.raises(LogUnavailableError):
        drain.step()
    assert inner.abandoned == 1
    inner.hangs = False
    assert drain.step() == 1

    assert inner.values() == ["1"]
