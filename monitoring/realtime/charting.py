"""A chart of an answer, where it has a time or names and numbers beside them; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from eventplatform import charts

KINDS = ("auto", "lines", "bars", "none")
_COLOURS = ("", "c2", "c3", "c4", "c5")
NUMBERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$|DOUBLE$|FLOAT$|DECIMAL|INTERVAL$")  # that are set and drawn as such
_TIME = re.compile(r"TIMESTAMP|DATE$")
_NO_MEASURE = re.compile(r"_(partition|offset)$|(.*_)?id$", re.IGNORECASE)
_MOST_SLOTS = 300
_MOST_NAMES = 40
_NAMED_TICKS = 8
_TICKS = 5
_TICK_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Drawing:
    """The chart, and what its colours mean."""

    chart: charts.Chart
    legend: tuple[tuple[str, str], ...]
    kind: str


@dataclass(frozen=True, slots=True)
class _Lines:
    """Values at slots, for each name."""

    by_name: Mapping[str, Sequence[float | None]]
    ticks: Sequence[str]
    is_time: bool


def draw(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], kind: str = "auto") -> Drawing | None:
    """The chart; None where nothing can be drawn, or `kind` says so."""
    times = [index for index, (_, word) in enumerate(columns) if _TIME.match(word)]
    numbers = [index for index, (name, word) in enumerate(columns) if NUMBERS.match(word) and not _NO_MEASURE.match(name)][
        : len(_COLOURS)
    ]
    texts = [index for index, (_, word) in enumerate(columns) if word in {"VARCHAR", "BOOLEAN"}]
    if kind == "none" or not numbers or len(rows) < 2:  # noqa: PLR2004  # a single value is read, not drawn
        return None
    found = _over_time(columns, rows, times[0], numbers, texts) if times else _by_name(columns, rows, texts, numbers)
    if found is None or any(value < 0 for line in found.by_name.values() for value in line if value is not None):
        return None
    return _drawn(found, kind)


def _drawn(found: _Lines, kind: str) -> Drawing:
    is_lines = kind == "lines" or (kind == "auto" and found.is_time)
    series = [charts.Series(line, colour) for line, colour in zip(found.by_name.values(), _COLOURS, strict=False)]
    label = f"{', '.join(found.by_name)}: {len(next(iter(found.by_name.values())))} places"
    if is_lines:
        chart = charts.lines(series, label=label, unit="", x_ticks=found.ticks)
    else:
        chart = charts.bars(series, label=label, unit="", x_ticks=found.ticks, height=180)
    legend = tuple(zip(_COLOURS, found.by_name, strict=False))
    return Drawing(chart, legend, "lines" if is_lines else "bars")


def _over_time(
    columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], time: int, numbers: Sequence[int], texts: Sequence[int]
) -> _Lines | None:
    moments = sorted({moment for row in rows if (moment := _moment(row[time])) is not None})
    if len(moments) < 2:  # noqa: PLR2004  # as above
        return None
    places, slots = _slots(moments)
    is_split = len(numbers) == 1 and bool(texts) and len(moments) < len(rows)
    by_name: dict[str, list[float | None]] = {}
    for row in rows:
        moment = _moment(row[time])
        for index in numbers if moment is not None else ():
            name = str(row[texts[0]]) if is_split else columns[index][0]
            line = by_name.setdefault(name, [None] * slots)
            line[places[moment]] = _number(row[index])
    return _Lines(_largest(by_name), _time_ticks(moments), is_time=True)


def _by_name(
    columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], texts: Sequence[int], numbers: Sequence[int]
) -> _Lines | None:
    if not texts or len(rows) > _MOST_NAMES:
        return None
    by_name = {columns[index][0]: [_number(row[index]) for row in rows] for index in numbers}
    names = [str(row[texts[0]])[:_TICK_LENGTH] for row in rows]
    return _Lines(by_name, names if len(names) <= _NAMED_TICKS else (names[0], names[-1]), is_time=False)


def _slots(moments: Sequence[datetime]) -> tuple[Mapping[Any, int], int]:
    """A place for each moment: at even distances where their steps allow it, so that a gap is one; else one after another."""
    step = min(after - before for before, after in pairwise(moments))
    slots = round((moments[-1] - moments[0]) / step) + 1 if step > timedelta() else _MOST_SLOTS + 1
    if slots > _MOST_SLOTS:
        return {moment: place for place, moment in enumerate(moments)}, len(moments)
    return {moment: round((moment - moments[0]) / step) for moment in moments}, slots


def _largest(by_name: Mapping[str, list[float | None]]) -> Mapping[str, list[float | None]]:
    if len(by_name) <= len(_COLOURS):
        return by_name
    order = sorted(by_name, key=lambda name: -sum(value or 0 for value in by_name[name]))
    return {name: by_name[name] for name in order[: len(_COLOURS)]}


def _time_ticks(moments: Sequence[datetime]) -> list[str]:
    length = moments[-1] - moments[0]
    pattern = "%H:%M:%S" if length < timedelta(minutes=10) else "%H:%M" if length < timedelta(days=2) else "%d %b"
    return [f"{moments[0] + length * part / (_TICKS - 1):{pattern}}" for part in range(_TICKS)]


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value).replace(tzinfo=None) if isinstance(value, str) else None
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None
    return number if number is not None and math.isfinite(number) else None
