from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.hours.judging import HOUR, Known, Part, Proof, Verdict, judge

HOUR_OF = datetime(2026, 1, 2, 7, tzinfo=UTC)
END = HOUR_OF + HOUR
GRACE = timedelta(seconds=150)
SOON, LATER = END + timedelta(seconds=60), END + timedelta(seconds=200)
STORED = (Part("a.s", 0, 10, 14, 14), Part("a.s", 1, 3, 3, 3))
EVENTS = (Proof("a.s", records=4, canaries=1, is_due=True),)
CANARIES = (Proof("a.s", records=4, canaries=4, is_due=True),)
NOTHING = (Proof("a.s", records=0, canaries=0, is_due=True),)


def verdict(*, now: datetime = LATER, **facts: Any) -> Verdict:
    return judge(Known(HOUR_OF, **{"parts": STORED, "proofs": EVENTS, **facts}), now=now, grace=GRACE)


def test_judge__all_positions_past_its_end_and_events__complete() -> None:
    assert verdict() == Verdict("complete", "", 3)


def test_judge__going_on__open() -> None:
    assert verdict(now=END - timedelta(seconds=1)).state == "open"


@pytest.mark.parametrize(("now", "state"), [(SOON, "open"), (LATER, "late")])
def test_judge__one_partition_behind__open_then_late_with_where(now: datetime, state: str) -> None:
    found = verdict(now=now, parts=(STORED[0], Part("a.s", 1, 3, 9, 7)))

    assert (found.state, found.is_complete) == (state, False)
    assert "2 records" in found.reason
    assert "a.s/1" in found.reason


def test_judge__t330236_idle_stream_with_canaries__complete_and_empty() -> None:
    found = verdict(proofs=CANARIES)

    assert (found.state, found.is_complete, found.events) == ("empty", True, 0)


def test_judge__t330236_idle_stream_without_canary__not_complete_and_red() -> None:
    nothing_came = tuple(replace(part, begin=part.end) for part in STORED)

    found = verdict(parts=nothing_came, proofs=NOTHING)

    assert (found.state, found.is_complete) == ("late", False)
    assert "not even a canary" in found.reason


def test_judge__one_datacenter_of_two_without_anything__not_complete_whatever_the_other_had() -> None:
    found = verdict(proofs=(*EVENTS, Proof("b.s", 0, 0, is_due=True)))

    assert (found.state, "b.s" in found.reason) == ("late", True)


def test_judge__topic_that_no_canary_goes_to__does_not_hold_the_others_up() -> None:
    assert verdict(proofs=(*EVENTS, Proof("b.s", 0, 0, is_due=False))).state == "complete"


def test_judge__no_canaries_and_nothing_came__unknown_not_red() -> None:
    found = verdict(proofs=(Proof("a.s", 0, 0, is_due=False),))

    assert (found.state, found.is_complete) == ("unknown", False)


def test_judge__offsets_not_noted__unknown() -> None:
    assert verdict(parts=()).state == "unknown"


def test_judge__paused_connector__its_reason() -> None:
    found = verdict(parts=(Part("a.s", 0, 10, 14, 11),), held_because="The connector is paused.")

    assert (found.state, found.reason) == ("late", "The connector is paused.")


def test_judge__paused_after_all_was_stored__complete() -> None:
    assert verdict(held_because="The connector is paused.").state == "complete"


def test_judge__partition_that_is_not_read__not_complete_where_something_came_into_it() -> None:
    assert "does not read a.s/1" in verdict(parts=(STORED[0], Part("a.s", 1, 3, 5, None))).reason
    assert verdict(parts=(STORED[0], Part("a.s", 1, 3, 3, None))).state == "complete"


def test_judge__spool_holds_events__waits_for_them() -> None:
    assert verdict(now=SOON, is_spool_waiting=True).state == "open"
    assert verdict(is_spool_waiting=True).state == "late"


def test_judge__lake_without_its_flag__open_then_late() -> None:
    assert verdict(flag=False).state == "open"
    assert verdict(now=END + 2 * HOUR, flag=False).state == "late"
    assert verdict(flag=True).state == "complete"
