"""What somebody asks: an event id, a request id or a key, in which stream, and where in time to look; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from eventplatform.core.errors import RejectedError
from monitoring.trace import ids

By = Literal["id", "request", "key"]
KINDS: tuple[By, ...] = ("id", "request", "key")
RANGES: dict[str, timedelta] = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
LONGEST = 1000  # characters of what is asked for
_USUAL = "24h"
_AROUND = timedelta(minutes=10)  # the window around a time that an id or a person names
_BEFORE = timedelta(seconds=2)  # a record of that time may be written by another clock


class QuestionError(RejectedError):
    """What is asked for can't be searched."""

    code = "trace.question_invalid"
    message = "{reason}"
    remedy = "Name an event by id=…, request=… or key=…; times as 2026-11-18T14:07:00Z, since before until."


@dataclass(frozen=True, slots=True)
class Window:
    """Where in time to look, in ms since 1970: from `anchor_ms` on, then back to `begin_ms`."""

    begin_ms: int
    anchor_ms: int
    end_ms: int

    @property
    def begin(self) -> datetime:
        """Its begin."""
        return _moment(self.begin_ms)

    @property
    def end(self) -> datetime:
        """Its end."""
        return _moment(self.end_ms)


@dataclass(frozen=True, slots=True)
class Question:
    """`told_at` is the time that the id itself tells."""

    by: By
    text: str
    window: Window
    stream: str = ""
    told_at: datetime | None = None


def ask(
    by: By,
    text: str,
    *,
    now: datetime,
    stream: str = "",
    span: str = "",
    around: datetime | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Question:
    """The question with its window: as asked, else around the time that the id tells, else the last 24 hours.

    Raises:
        QuestionError: nothing is asked for, too much, or a window that ends before it begins.
    """
    text = text.strip()
    if not text:
        raise QuestionError(reason="Nothing is asked for.")
    if len(text) > LONGEST:
        raise QuestionError(reason=f"What is asked for is longer than {LONGEST} characters.")
    if "\0" in text + stream:
        raise QuestionError(reason="What is asked for holds a null character.")  # which the database takes for an error
    told_at = ids.moment_of(text, now=now) if by != "key" else None
    centre = around or told_at
    if since is not None or until is not None:
        window = _between(since, until, centre, now)
    elif centre is not None:
        window = _about(centre, RANGES.get(span, _AROUND), now)
    else:
        window = _window(now - RANGES.get(span, RANGES[_USUAL]), now, now)
    return Question(by, text, window, stream, told_at)


def _between(since: datetime | None, until: datetime | None, centre: datetime | None, now: datetime) -> Window:
    end = until or now
    begin = since or end - RANGES[_USUAL]
    if begin >= end:
        raise QuestionError(reason="The window ends before it begins.")
    return _window(begin, min(max(centre or end, begin), end), end)


def _about(centre: datetime, width: timedelta, now: datetime) -> Window:
    begin = centre - width / 2
    return _window(begin, max(centre - _BEFORE, begin), max(min(centre + width / 2, now), centre))


def _window(begin: datetime, anchor: datetime, end: datetime) -> Window:
    return Window(_ms(begin), _ms(anchor), _ms(end))


def _ms(moment: datetime) -> int:
    return max(0, int(moment.timestamp() * 1000))


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
