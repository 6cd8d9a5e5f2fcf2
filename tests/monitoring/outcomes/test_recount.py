"""What was counted beside what stands in the log."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from eventplatform.broker import open_log
from eventplatform.broker.base import Log
from eventplatform.core.error_events import HEADER_CODE
from eventplatform.core.names import HEADER_RECEIVED_AT, HEADER_REPLAYED_FOR
from eventplatform.core.records import NewRecord
from monitoring.outcomes import recording
from monitoring.outcomes.reading import Key
from monitoring.outcomes.recount import Line, Recount, owners, recount

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
BEGIN = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
END = BEGIN + timedelta(minutes=5, seconds=7)
Headers = tuple[tuple[str, bytes], ...]


@pytest.fixture
def log() -> Log:
    made = open_log(f"memory://{uuid.uuid4().hex}")
    for topic in ("a", "b.one", "b.two"):
        made.create_topic(topic, partitions=2)
    return made


def write(log: Log, topic: str, moments: Sequence[datetime], *more: tuple[str, bytes], dated: datetime = BEGIN) -> None:
    """Records that the intake took in then; `dated` is their own time."""
    producer = log.producer()
    for moment in moments:
        headers: Headers = ((HEADER_RECEIVED_AT, f"{moment:%Y-%m-%dT%H:%M:%S}.000Z".encode()), *more)
        producer.produce([NewRecord(topic, b"{}", None, headers, int(dated.timestamp() * 1000))], lambda _: None)
    assert producer.flush(5) == 0
    producer.close()


def found(log: Log) -> Recount:
    return recount(log, owners({"a": ("a",), "b": ("b.one", "b.two")}), begin=BEGIN, end=END)


def counted(stream: str, **outcomes: int) -> None:
    totals: dict[Key, int] = {("event", "main", stream, outcome, ""): count for outcome, count in outcomes.items()}
    recording.record(at=BEGIN + timedelta(minutes=2), totals={**totals, ("received", "main"): sum(outcomes.values()) + 1})


def test_recount__every_kept_event_there__equal_whatever_time_events_say(log: Log) -> None:
    within = [BEGIN, BEGIN + timedelta(minutes=4)]
    write(log, "b.one", within)
    write(log, "b.two", within, dated=BEGIN - timedelta(days=9))
    counted("b", accepted=1, hasty=2, spooled=1, duplicate=5, invalid=7)

    report = found(log)

    assert report.lines == (Line("b", 4, 4, 0),)
    assert (report.lines[0].verdict, report.missing, report.open) == ("equal", 0, 1)


def test_recount__record_gone__its_stream_is_named_as_missing(log: Log) -> None:
    write(log, "a", [BEGIN + timedelta(minutes=1)])
    counted("a", accepted=3)

    report = found(log)

    assert [(one.stream, one.difference, one.verdict) for one in report.lines] == [("a", -2, "missing")]
    assert report.missing == 2


def test_recount__taken_in_before_the_window_and_counted_in_it__is_its_edge(log: Log) -> None:
    write(log, "a", [BEGIN - timedelta(seconds=3), BEGIN - timedelta(minutes=3), BEGIN + timedelta(seconds=3)])
    counted("a", accepted=2)

    assert [(one.difference, one.verdict) for one in found(log).lines] == [(-1, "edge")]


def test_recount__outcome_not_counted__more_in_the_log(log: Log) -> None:
    write(log, "a", [BEGIN, BEGIN])
    counted("a", accepted=1)

    assert [(one.difference, one.verdict) for one in found(log).lines] == [(1, "more")]


def test_recount__records_that_are_no_events_of_the_intake__are_left_out(log: Log) -> None:
    write(log, "a", [BEGIN], (HEADER_CODE, b"event.invalid"))
    write(log, "a", [BEGIN], (HEADER_REPLAYED_FOR, b"files-archive"))

    assert found(log).lines == ()
