"""Draws an answer: the largest parts as lines or stacked bars, and for the table a small trend of every part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from connectors.explore.answers import Answer, Part, Value
from connectors.explore.questions import ADDITIVE, GRAINS
from eventplatform import charts

_COLOURS = ("", "c2", "c3", "c4", "c5")
_TICKS = 4
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table, with the colour that it has in the chart; none where the chart has no room for it."""

    part: Part
    colour: str | None
    share: float | None  # of the whole, where measures add up


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the page shows."""

    chart: charts.Chart
    lines: tuple[Line, ...]


def draw(answer: Answer) -> Drawing:
    """Bars where parts add up to a whole, lines where they don't; five colours, the last for all that has none."""
    is_sum = answer.question.function in ADDITIVE and all((part.total or 0) >= 0 for part in answer.parts)
    own, rest = answer.parts[:4], answer.parts[4:]
    if len(rest) == 1 or not is_sum:
        own, rest = answer.parts[: len(_COLOURS)], () if len(rest) == 1 else answer.parts[len(_COLOURS) :]
    series = [charts.Series(part.values, colour) for part, colour in zip(own, _COLOURS, strict=False)]
    if rest and is_sum:
        series.append(charts.Series(_summed(rest), _COLOURS[-1]))
    label, ticks = _words(answer), _ticks(answer)
    if is_sum:
        chart = charts.bars(series, label=label, unit="", x_ticks=ticks, height=200)
    else:
        chart = charts.lines(series, label=label, unit="", x_ticks=ticks)
    whole = sum(part.total or 0 for part in answer.parts) if is_sum else 0
    shown = zip_longest(answer.parts, _COLOURS[: len(own)], fillvalue=None)
    lines = [Line(part, colour, _share(part, whole)) for part, colour in shown if part is not None]
    if rest and is_sum:
        lines = [one if one.colour is not None else Line(one.part, _COLOURS[-1], one.share) for one in lines]
    return Drawing(chart, tuple(lines))


def _summed(parts: Sequence[Part]) -> tuple[Value, ...]:
    return tuple(sum(value or 0.0 for value in values) for values in zip(*(part.values for part in parts), strict=True))


def _share(part: Part, whole: float) -> float | None:
    return 100 * (part.total or 0) / whole if whole else None


def _words(answer: Answer) -> str:
    question = answer.question
    split = f", split by {question.split.title}" if question.split else ""
    return f"{question.measure} over time{split}, {len(answer.slots)} intervals"


def _ticks(answer: Answer) -> tuple[str, ...]:
    """Some moments along the bottom, as coarse as the intervals."""
    slots = answer.slots
    step = max(1, len(slots) // _TICKS)
    pattern = "%d %b" if answer.question.grain_seconds >= GRAINS["6 hours"] else _hours(slots)
    return tuple(slot.strftime(pattern) for slot in slots[::step])


def _hours(slots: Sequence[datetime]) -> str:
    return "%H:%M" if (slots[-1] - slots[0]).total_seconds() <= _DAY_SECONDS else "%d %b %H:%M"
