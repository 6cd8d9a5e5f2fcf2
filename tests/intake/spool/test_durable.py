"""The durable producer over a log that fails on order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventplatform.broker.base import LogUnavailableError
from eventplatform.core.records import NewRecord
from intake.spool import segments
from intake.spool.durable import DurableProducer
from intake.spool.room import Room
from intake.spool.spool import Spool
from tests.intake.spool.worlds import FallibleProducer, Sent, durable, fill, record, until


@pytest.fixture
def inner() -> FallibleProducer:
    return FallibleProducer("t", "other")


@pytest.fixture
def producer(tmp_path: Path, inner: FallibleProducer) -> Iterator[DurableProducer]:
    made = durable(tmp_path, inner)
    yield made
    made.close()


def is_empty(producer: DurableProducer) -> bool:
    return bool(producer.status()["state"] == "empty")


def test_produce__log_well__goes_to_it_and_no_file_is_written(
    producer: DurableProducer, inner: FallibleProducer, tmp_path: Path
) -> None:
    assert Sent(producer, record("1"), record("2")).words() == ["log", "log"]
    assert inner.values() == ["1", "2"]
    assert segments.listing(tmp_path) == []


def test_produce__log_away__spooled_then_drained_in_order_and_direct_again(
    producer: DurableProducer, inner: FallibleProducer, tmp_path: Path
) -> None:
    Sent(producer, record("1")).words()
    inner.is_away = True
    assert Sent(producer, record("2"), record("3")).words() == ["spool", "spool"]
    asked = inner.asked
    assert Sent(producer, record("4")).words() == ["spool"]
    assert inner.asked == asked  # the second one does not wait for the log
    assert producer.status()["records"] == 3

    inner.is_away = False
    until(lambda: is_empty(producer), "an empty spool")

    assert Sent(producer, record("5")).words() == ["log"]
    assert inner.values() == ["1", "2", "3", "4", "5"]
    assert segments.listing(tmp_path) == []


def test_drain__new_records_without_pause__keep_their_order_and_it_ends(
    producer: DurableProducer, inner: FallibleProducer
) -> None:
    inner.is_away = True
    sent = [Sent(producer, record(str(number))) for number in range(3_000)]
    [one.words() for one in sent]
    inner.is_away = False

    number = 3_000
    deadline = time.monotonic() + 10
    while not is_empty(producer):
        sent.append(Sent(producer, record(str(number))))
        number += 1
        time.sleep(0.001)
        assert time.monotonic() < deadline
    sent.append(Sent(producer, record(str(number))))

    assert sent[-1].words() == ["log"]
    assert inner.values() == [str(one) for one in range(number + 1)]
    assert {one.times for one in sent} == {1}


def test_in_flight__log_hangs__all_go_to_the_spool_in_their_order_after_the_timeout(
    tmp_path: Path, inner: FallibleProducer
) -> None:
    producer = durable(tmp_path, inner, timeout=0.4)
    inner.hangs = True
    began = time.monotonic()
    first = [Sent(producer, record(str(number))) for number in range(10)]
    inner.answer(3)

    words = [one.words() for one in first]
    took = time.monotonic() - began
    later = Sent(producer, record("10"))
    assert later.words() == ["spool"]

    assert words == [["log"]] * 3 + [["spool"]] * 7
    assert 0.35 < took < 0.9
    assert inner.abandoned >= 1
    inner.hangs = False
    until(lambda: is_empty(producer), "an empty spool")
    assert inner.values() == [str(number) for number in range(11)]
    producer.close()


def test_in_flight__one_fails__those_behind_it_are_given_up_so_that_none_overtakes(
    producer: DurableProducer, inner: FallibleProducer
) -> None:
    inner.hangs = True
    sent = [Sent(producer, record(str(number))) for number in range(5)]
    inner.hangs = False
    inner.is_away = True
    sent.append(Sent(producer, record("5")))

    assert [one.words() for one in sent] == [["spool"]] * 6
    inner.is_away = False
    until(lambda: is_empty(producer), "an empty spool")
    assert inner.values() == [str(number) for number in range(6)]


def test_permanent_failures__are_answered_and_never_spooled(producer: DurableProducer, inner: FallibleProducer) -> None:
    large = NewRecord("t", b"x" * 2_000_000)
    assert Sent(producer, record("1", topic="nowhere"), large, record("2")).words() == [
        "log.topic_unknown",
        "log.record_too_large",
        "log",
    ]
    inner.is_away = True
    Sent(producer, record("3")).words()

    assert Sent(producer, large, record("4")).words() == ["log.record_too_large", "spool"]
    assert producer.status()["records"] == 2


def test_may_not_spool__log_away__refused_at_once_with_retry_after(producer: DurableProducer, inner: FallibleProducer) -> None:
    inner.is_away = True
    kept, refused = Sent(producer, record("1"), record("2", may_spool=False)).deliveries()

    assert kept.is_spooled
    assert isinstance(refused.error, LogUnavailableError)
    assert refused.error.retry_after_seconds
    asked = inner.asked
    assert Sent(producer, record("3", may_spool=False)).words() == ["log.unavailable"]
    assert inner.asked == asked
    inner.is_away = False
    until(lambda: is_empty(producer), "an empty spool")
    assert Sent(producer, record("4", may_spool=False)).words() == ["log"]
    assert inner.values() == ["1", "4"]


def test_may_not_spool__nothing_in_the_spool__log_is_probed_until_it_is_back(
    producer: DurableProducer, inner: FallibleProducer
) -> None:
    inner.is_away = True
    assert Sent(producer, record("1", may_spool=False)).words() == ["log.unavailable"]
    assert producer.status()["state"] == "spooling"

    inner.is_away = False
    until(lambda: is_empty(producer), "the log's return to be noticed")

    assert Sent(producer, record("2", may_spool=False)).words() == ["log"]


def test_start__spool_left_by_a_killed_process__is_drained_before_anything_new(tmp_path: Path, inner: FallibleProducer) -> None:
    fill(tmp_path, ["1", "2"], ["3"])

    producer = durable(tmp_path, inner)
    Sent(producer, record("4")).words()
    until(lambda: is_empty(producer), "an empty spool")

    assert inner.values() == ["1", "2", "3", "4"]
    producer.close()


def test_start__folder_can_not_be_made__direct_and_503_while_the_log_is_away(tmp_path: Path, inner: FallibleProducer) -> None:
    (tmp_path / "file").write_text("no folder")
    producer = durable(tmp_path / "file", inner)

    assert Sent(producer, record("1")).words() == ["log"]
    inner.is_away = True
    assert Sent(producer, record("2")).words() == ["log.unavailable"]
    assert producer.status()["state"] == "unusable"
    producer.close()


def test_two_processes__one_finds_the_log_away__the_other_goes_behind_the_spool(tmp_path: Path) -> None:
    inner = FallibleProducer()
    first, second = durable(tmp_path, inner), durable(tmp_path, inner)
    inner.is_away = True
    Sent(first, record("1")).words()
    asked = inner.asked
    assert Sent(second, record("2")).words() == ["spool"]
    assert inner.asked == asked

    inner.is_away = False
    until(lambda: is_empty(first) and is_empty(second), "an empty spool")

    assert Sent(second, record("3")).words() == ["log"]
    assert Sent(first, record("4")).words() == ["log"]
    assert inner.values() == ["1", "2", "3", "4"]
    first.close()
    second.close()


def test_full__says_507_never_yes_and_resumes_by_itself(tmp_path: Path, inner: FallibleProducer) -> None:
    producer = durable(tmp_path, inner, room=Room(100_000, 0))
    inner.is_away = True
    words: list[str] = []
    seen_nearly_full = False
    while not words or words[-1] == "spool":
        words += Sent(producer, record("x" * 5_000)).words()
        seen_nearly_full = seen_nearly_full or producer.status()["state"] == "nearly full"

    assert words[-1] == "spool.full"
    assert seen_nearly_full
    assert producer.status()["state"] == "full"
    (delivery,) = Sent(producer, record("x" * 5_000)).deliveries()
    assert delivery.error
    assert (delivery.error.http_status, delivery.error.retry_after_seconds) == (507, 30)
    inner.is_away = False
    until(lambda: is_empty(producer), "an empty spool")
    assert Sent(producer, record("after")).words() == ["log"]
    assert len(inner.values()) == words.count("spool") + 1
    producer.close()


def test_close__log_away__leaves_everything_on_the_disk(tmp_path: Path, inner: FallibleProducer) -> None:
    producer = durable(tmp_path, inner, timeout=0.3)
    inner.hangs = True
    sent = [Sent(producer, record(str(number))) for number in range(3)]

    producer.close()

    assert [one.words() for one in sent] == [["spool"]] * 3
    inner.hangs = False
    again = durable(tmp_path, inner)
    until(lambda: is_empty(again), "an empty spool")
    assert inner.values() == ["0", "1", "2"]
    again.close()


def test_board_deleted_while_it_runs__another_takes_its_place_and_nothing_is_lost(
    producer: DurableProducer, inner: FallibleProducer, tmp_path: Path
) -> None:
    inner.is_away = True
    Sent(producer, record("1")).words()
    (tmp_path / "board").unlink()
    until((tmp_path / "board").exists, "another board")
    assert Sent(producer, record("2")).words() == ["spool"]

    inner.is_away = False
    until(lambda: inner.values() == ["1", "2"], "both in the log")


def test_callback__fails__the_others_are_told_all_the_same(producer: DurableProducer, inner: FallibleProducer) -> None:
    def fail(_: object) -> None:
        raise RuntimeError

    inner.is_away = True
    producer.produce([record("1")], fail)

    assert Sent(producer, record("2")).words() == ["spool"]
    assert producer.flush(5) == 0


def test_spool__is_shared__not_made_anew(tmp_path: Path, inner: FallibleProducer) -> None:
    holder = Spool(tmp_path)
    producer = durable(tmp_path, inner)
    inner.is_away = True
    Sent(producer, record("1")).words()

    assert holder.board.records == 1
    assert not holder.board.is_quiet
    producer.close()
    holder.close()
