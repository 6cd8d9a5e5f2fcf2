"""A request's events are counted once, whoever settles them first."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from eventplatform.broker.base import Delivery, LogUnavailableError
from eventplatform.core.records import NewRecord
from eventplatform.core.refusals import StreamUnknownError
from eventplatform.core.results import summarise
from eventplatform.guard.request_head import RequestHead
from intake.service import UnexpectedError
from intake.submission import Submission

AWAY = LogUnavailableError(reason="gone")
_number = iter(range(1_000_000))


@pytest.fixture
def stream() -> str:
    """A name of the test's own, since counters live as long as the process."""
    return f"stream.{next(_number)}"


def submission(stream: str, events: int, *, is_hasty: bool = False) -> Submission:
    made = Submission(events, RequestHead(), is_hasty=is_hasty)
    for index in range(events):
        made.add(index, {"meta": {"stream": stream, "id": str(index)}}, NewRecord(stream, b"{}"))
    return made


def counted(stream: str) -> dict[tuple[str, str], float]:
    samples = [s for metric in REGISTRY.collect() for s in metric.samples if s.name == "eventplatform_intake_events_total"]
    found: dict[tuple[str, str], float] = defaultdict(float)
    for sample in samples:
        if sample.labels["stream"] == stream:
            found[sample.labels["outcome"], sample.labels["reason"]] += sample.value
    return dict(found)


def test_settle__all_taken__accepted(stream: str) -> None:
    made = submission(stream, 3)

    made.settle([Delivery(stream, 0, offset) for offset in range(3)])

    assert made.is_settled
    assert summarise(made.results()).status == 201
    assert counted(stream) == {("accepted", ""): 3}


def test_settle__some_failed__named_by_index(stream: str) -> None:
    made = submission(stream, 3)

    made.settle([Delivery(stream, 0, 0), Delivery(stream, error=AWAY), Delivery(stream, 0, 1)])

    [failure] = made.failures
    assert (failure.index, failure.id, failure.outcome) == (1, "1", "failed")
    assert counted(stream) == {("accepted", ""): 2, ("failed", "log.unavailable"): 1}


def test_settle__hasty__losses_counted_though_nobody_waits(stream: str) -> None:
    made = submission(stream, 2, is_hasty=True)

    made.settle([Delivery(stream, 0, 0), Delivery(stream, error=AWAY)])

    assert counted(stream) == {("hasty", ""): 1, ("failed", "log.unavailable"): 1}


def test_give_up__late_acknowledgement__changes_nothing(stream: str) -> None:
    made = submission(stream, 1)

    made.give_up(AWAY)
    made.settle([Delivery(stream, 0, 0)])

    assert summarise(made.results()).status == 503
    assert counted(stream) == {("failed", "log.unavailable"): 1}


def test_give_up__already_settled__changes_nothing(stream: str) -> None:
    made = submission(stream, 1)

    made.settle([Delivery(stream, 0, 0)])
    made.give_up(AWAY)

    assert summarise(made.results()).status == 201
    assert counted(stream) == {("accepted", ""): 1}


def test_refuse__unknown_stream__counted_without_its_name() -> None:
    before = counted("").get(("denied", "stream.unknown"), 0)
    made = Submission(1, RequestHead(), is_hasty=False)

    made.refuse(0, {"meta": {"stream": "nowhere"}}, "", StreamUnknownError(stream="nowhere"))
    made.settle(())

    assert counted("")[("denied", "stream.unknown")] == before + 1
    assert counted("nowhere") == {}


def test_refuse__fault_of_ours__failed(stream: str) -> None:
    made = Submission(1, RequestHead(), is_hasty=False)

    made.refuse(0, {}, stream, UnexpectedError())
    made.settle(())

    assert summarise(made.results()).status == 500
    assert counted(stream) == {("failed", "platform.error"): 1}


@pytest.mark.parametrize("settles_first", [True, False])
def test_when_settled__before_or_after__wakes_once(stream: str, settles_first: bool) -> None:  # noqa: FBT001  # a case
    made = submission(stream, 1)
    woken: list[int] = []
    steps: list[Callable[[], Any]] = [
        lambda: made.settle([Delivery(stream, 0, 0)]),
        lambda: made.when_settled(lambda: woken.append(1)),
    ]

    for step in steps if settles_first else reversed(steps):
        step()
    made.settle([Delivery(stream, 0, 0)])

    assert woken == [1]


def test_settle_and_give_up__racing__count_once(stream: str) -> None:
    for _ in range(200):
        made = submission(stream, 1)
        start = threading.Barrier(2)

        def settle(made: Submission = made, start: threading.Barrier = start) -> None:
            start.wait()
            made.settle([Delivery(stream, 0, 0)])

        thread = threading.Thread(target=settle)
        thread.start()
        start.wait()
        made.give_up(AWAY)
        thread.join()

    assert sum(counted(stream).values()) == 200


def logged(topic: str) -> dict[tuple[str, str], float]:
    names = ("eventplatform_log_records_total", "eventplatform_log_failures_total")
    samples = [s for metric in REGISTRY.collect() for s in metric.samples if s.name in names]
    return {(s.name, s.labels.get("reason", "")): s.value for s in samples if s.labels["topic"] == topic}


def test_settle__what_the_log_said__counted_by_topic_and_reason(stream: str) -> None:
    submission(stream, 3).settle([Delivery(stream, 0, 0), Delivery(stream, error=AWAY), Delivery(stream, 0, 1)])

    assert logged(stream) == {
        ("eventplatform_log_records_total", ""): 2,
        ("eventplatform_log_failures_total", "log.unavailable"): 1,
    }


def test_settle__after_giving_up__log_counts_what_it_took(stream: str) -> None:
    made = submission(stream, 1)

    made.give_up(AWAY)
    made.settle([Delivery(stream, 0, 0)])

    assert logged(stream) == {("eventplatform_log_records_total", ""): 1}


def test_settle__late_events__counted_with_their_reason(stream: str) -> None:
    made = submission(stream, 2)
    made.late = {stream: "window_closed.flagged"}

    made.settle([Delivery(stream, 0, 0), Delivery(stream, 0, 1)])

    assert counted(stream) == {("accepted", "window_closed.flagged"): 2}
