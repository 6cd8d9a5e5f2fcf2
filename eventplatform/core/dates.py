"""Dates as people and JavaScript write them: what `Date.parse` takes of them, where nothing is left to guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LETTERS = 3  # of a month's or a day's name that tell it
_AMERICAN = {"edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
_ZONES: Mapping[str, int] = {"z": 0, "ut": 0, "utc": 0, "gmt": 0, **_AMERICAN}
_YEAR_DIGITS = 4
_LONGEST = 100
_PLUS_EATEN = re.compile(r"(:\d\d(?:\.\d+)?(?: GMT| UTC)?) (\d\d:?\d\d)(?= \(|$)")  # a form's decoding makes a blank of `+`
_MONTH_ONLY = re.compile(r"\d{4}-\d\d")
_TOKEN = re.compile(
    r"(?P<time>\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?)"
    r"|(?P<big>\d{4})[/-](?P<big_month>\d{1,2})[/-](?P<big_day>\d{1,2})"
    r"|(?P<us_month>\d{1,2})/(?P<us_day>\d{1,2})/(?P<us_year>\d{4})"
    r"|(?P<offset>[+-]\d\d:?\d\d)|(?P<number>\d+)|(?P<word>[a-z]+)\.?|(?P<nothing>\([^()]*\)|[\s,]+)",
    re.ASCII,
)


def read(text: str) -> datetime | None:
    """The moment, in UTC where it names no zone; None where it is no date, or more than one reading fits."""
    given = _PLUS_EATEN.sub(r"\1+\2", text.strip())
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(f"{given}-01" if _MONTH_ONLY.fullmatch(given) else given)
    except ValueError:
        moment = _in_words(given.lower())
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _in_words(text: str) -> datetime | None:
    """Such as `Thu Nov 26 2026 09:00:00 GMT+0100 (CET)`, `26 November 2026`, `11/26/2026 3:04 pm`."""
    parts: dict[str, str] = {}
    try:
        for name, value in _tokens(text):
            if name in parts:
                return None
            parts[name] = value
        date = datetime(int(parts["year"]), int(parts["month"]), int(parts["day"]))  # noqa: DTZ001  # its zone comes below
        moment = date + _time(parts.get("time", "0:00"), parts.get("half", ""))
        return moment.replace(tzinfo=timezone(_offset(parts))) if {"zone", "offset"} & parts.keys() else moment
    except (ValueError, KeyError, OverflowError):
        return None


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """What stands in it, each with what it says; a ValueError for what says nothing known."""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at) if len(text) <= _LONGEST else None
        if found is None:
            raise ValueError(text)
        at = found.end()
        named = {name: value for name, value in found.groupdict().items() if value is not None}
        for name, value in named.items():
            kind = name.removeprefix("big_").removeprefix("us_").replace("big", "year")
            if kind == "number":
                yield ("year" if len(value) == _YEAR_DIGITS else "day"), value
            elif kind == "word":
                yield from _word(value)
            elif kind != "nothing":
                yield kind, value


def _word(word: str) -> Iterator[tuple[str, str]]:
    if word in {"am", "pm"}:
        yield "half", word
    elif word in _ZONES:
        yield "zone", word
    elif word[:_LETTERS] in _MONTHS:
        yield "month", str(_MONTHS.index(word[:_LETTERS]) + 1)
    elif word[:_LETTERS] not in _DAYS:
        raise ValueError(word)


def _time(text: str, half: str) -> timedelta:
    hours, minutes, seconds = (*text.split(":"), "0")[:3]
    hour = int(hours) % 12 + (12 if half == "pm" else 0) if half else int(hours)
    if hour > 24 or int(minutes) > 59 or float(seconds) >= 60:  # noqa: PLR2004  # the clock's
        raise ValueError(text)
    return timedelta(hours=hour, minutes=int(minutes), seconds=float(seconds))


def _offset(parts: Mapping[str, str]) -> timedelta:
    told = timedelta(hours=_ZONES[parts.get("zone", "utc")])
    text = parts.get("offset", "+0000").replace(":", "")
    further = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    return told - further if text[0] == "-" else told + further
