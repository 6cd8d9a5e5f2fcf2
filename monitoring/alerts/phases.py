"""The course of one alert: pending, open, resolved; with patience at both ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Phase = Literal["pending", "open", "resolved"]

# Nobody evaluated for that long: what was seen before proves nothing of the time between.
GAP = timedelta(seconds=90)
# A pending one that is gone for that long was nothing; one that comes and goes faster lasts.
BLINK = timedelta(seconds=30)
# After that a trouble that somebody resolved by hand, and that still lasts, opens again.
GRACE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Course:
    """Where an alert stands. `since`: seen without a break from then on; `gone_at`: first missed while still open."""

    phase: Phase
    since: datetime
    last_seen_at: datetime
    gone_at: datetime | None = None
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    is_by_hand: bool = False

    @property
    def is_over(self) -> bool:
        return self.phase == "resolved"


def seen(course: Course | None, now: datetime, wait: timedelta, *, is_held: bool = False) -> Course:
    """Its trouble is told at `now`: it opens once that has lasted for `wait`. While it is held, no time counts for it."""
    if course is not None and course.is_over and goes_on(course, now):
        return _after_a_hand(course, now, is_held=is_held)
    if course is None or course.is_over:
        course = Course("pending", now, now)
    if course.phase == "open":
        return replace(course, last_seen_at=now, gone_at=None)
    since = now if is_held or now - course.last_seen_at > GAP else course.since
    course = replace(course, since=since, last_seen_at=now, gone_at=None)
    return replace(course, phase="open", opened_at=now) if not is_held and now - since >= wait else course


def goes_on(course: Course, now: datetime) -> bool:
    """Whether one that is over, and seen again, is the same still: somebody resolved it by hand, and it never went away."""
    return course.is_by_hand and now - course.last_seen_at <= GAP


def unseen(course: Course, now: datetime, settle: timedelta) -> Course | None:
    """Its trouble is not told at `now`: an open one is resolved once that has lasted for `settle`; None: it was nothing."""
    if course.is_over:
        return course
    gone_at = course.gone_at or now
    if course.phase == "pending":
        return replace(course, gone_at=gone_at) if now - gone_at < BLINK else None
    if now - gone_at < settle:
        return replace(course, gone_at=gone_at)
    return replace(course, phase="resolved", gone_at=gone_at, resolved_at=now)


def resolved_by_hand(course: Course, now: datetime) -> Course:
    """Somebody says that it is over."""
    return replace(course, phase="resolved", resolved_at=now, is_by_hand=True)


def _after_a_hand(course: Course, now: datetime, *, is_held: bool) -> Course:
    """It opens again after a while: what lasts is not over because somebody says so; silences are for that."""
    if is_held or course.resolved_at is None or now - course.resolved_at < GRACE:
        return replace(course, last_seen_at=now)
    return replace(course, phase="open", last_seen_at=now, gone_at=None, resolved_at=None, is_by_hand=False)
