"""Moments as documents write them: ISO 8601 with an offset, or a local time where a time zone is stated beside it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_SECOND = timedelta(seconds=1)
MIDNIGHT_AFTER = "24:00"  # the end of a day


def moment(text: object, zone: ZoneInfo | None = None, *, is_end: bool = False) -> datetime | None:
    """The moment in UTC; None where the text is none, or says neither its offset nor a zone."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
        return None if zone is None else from_local(found, zone, is_end=is_end)
    except (ValueError, OverflowError):
        return None


def clock(text: object) -> time | None:
    """A time of day such as 09:30."""
    return time.fromisoformat(text) if isinstance(text, str) and _CLOCK.fullmatch(text) else None


def zone_named(name: object) -> ZoneInfo | None:
    """The zone of an IANA name; None where there is none."""
    if not isinstance(name, str) or not _ZONE.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return None


def from_local(local: datetime, zone: ZoneInfo, *, is_end: bool) -> datetime:
    """The moment of a local time, in UTC.

    A time that exists twice is the first of the two for a start. For an end it is the second, unless clocks went back to
    just this time: then nothing before it comes a second time. One that doesn't exist is the first moment after the gap:
    so what starts before it ends still does.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first > second:
        return _end_of_gap(second, first, zone)
    before = (second - _SECOND).astimezone(zone).replace(tzinfo=None)
    return second if is_end and before < local else first


def _end_of_gap(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two at which the zone's clocks jump forward, to the second."""
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    before = low.astimezone(zone).utcoffset()
    while high - low > _SECOND:
        middle = low + _SECOND * ((high - low) // (2 * _SECOND))
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
