"""Pictures as plain numbers: sparklines and charts whose paths templates put into an SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from eventplatform import figures

WIDTH, HEIGHT = 720.0, 100.0
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_TOP = 96.0, 24.0, 1.8
_BAR_SHARE = 0.72  # of a bar's slot; the rest is the gap between bars

Value = float | None  # None is a gap in the data, never zero


@dataclass(frozen=True, slots=True)
class Shape:
    """One path and the classes that colour it (tokens.css, section 12)."""

    css: str
    path: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment marked in a chart: how far from the left in percent, and its word on which side."""

    percent: str
    text: str
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """What `_chart.html` draws: labels around paths in a box of 720 by 100."""

    label: str
    y_ticks: tuple[str, ...]
    grid: tuple[str, ...]
    x_ticks: tuple[str, ...]
    shapes: tuple[Shape, ...]
    height: int = 180
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time, oldest first, and their colour (`c2` … `c5`, or none for the first)."""

    values: Sequence[Value]
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Spark:
    """Two paths in a box of 96 by 24."""

    line: str
    area: str


def spark(values: Sequence[Value]) -> Spark:
    """The trend of `values`, zero at the bottom."""
    top = max((v for v in values if v is not None), default=0) or 1
    room = _SPARK_HEIGHT - _SPARK_TOP
    runs = _runs(values, _SPARK_WIDTH, lambda v: _SPARK_HEIGHT - 0.5 - (v / top) * (room - 0.5))
    return Spark(line=_line(runs), area=_area(runs, _SPARK_HEIGHT))


def area(series: Series, *, label: str, unit: str, x_ticks: Sequence[str], height: int = 180) -> Chart:
    """How much, over time: one series as a line with its area below."""
    top = nice_top(max((v for v in series.values if v is not None), default=0))
    runs = _runs(series.values, WIDTH, lambda v: HEIGHT - v / top * HEIGHT)
    shapes = (Shape(f"area {series.colour}".strip(), _area(runs, HEIGHT)), Shape(f"line {series.colour}".strip(), _line(runs)))
    return _framed(shapes, top, label=label, unit=unit, x_ticks=x_ticks, height=height)


def lines(several: Sequence[Series], *, label: str, unit: str, x_ticks: Sequence[str]) -> Chart:
    """Series over the same time, the first with its area; a `colour` may hold a dash too."""
    top = nice_top(max((v for one in several for v in one.values if v is not None), default=0))
    runs = [_runs(one.values, WIDTH, lambda value: HEIGHT - value / top * HEIGHT) for one in several]
    shapes = [Shape(f"line {one.colour}".strip(), _line(run)) for one, run in zip(several, runs, strict=True)]
    first = Shape(f"area {several[0].colour}".strip(), _area(runs[0], HEIGHT))
    return _framed((first, *shapes), top, label=label, unit=unit, x_ticks=x_ticks, height=130)


def bars(stacked: Sequence[Series], *, label: str, unit: str, x_ticks: Sequence[str], height: int = 84) -> Chart:
    """Stacked bars, the first series at the bottom."""
    slots = max((len(series.values) for series in stacked), default=0)
    totals = [sum(_at(series, slot) for series in stacked) for slot in range(slots)]
    top = nice_top(max(totals, default=0))
    below = [0.0] * slots
    shapes = []
    for series in stacked:
        heights = [_at(series, slot) / top * HEIGHT for slot in range(slots)]
        shapes.append(Shape(f"bar {series.colour}".strip(), _bars(heights, below)))
        below = [low + high for low, high in zip(below, heights, strict=True)]
    return _framed(tuple(shapes), top, label=label, unit=unit, x_ticks=x_ticks, height=height)


def forecast(
    measured: Sequence[Value],
    planned: Sequence[Series],
    *,
    label: str,
    unit: str,
    x_ticks: Sequence[str],
    marks: Sequence[tuple[int, str]] = (),
) -> Chart:
    """What was measured as an area, and behind it what is expected: lines whose `colour` holds their dash too.

    The planned series begin where the measured one ends; `marks` are slots with their words.
    """
    slots = len(measured) + max((len(series.values) for series in planned), default=0)
    every = [value for values in (measured, *(series.values for series in planned)) for value in values if value is not None]
    top, step = nice_top(max(every, default=0)), WIDTH / max(slots - 1, 1)

    def runs(values: Sequence[Value], begin: int) -> list[Run]:
        padded = [*(None for _ in range(begin)), *values, *(None for _ in range(slots - begin - len(values)))]
        return _runs(padded, WIDTH, lambda value: HEIGHT - value / top * HEIGHT)

    last = len(measured)
    shapes = [Shape("area", _area(runs(measured, 0), HEIGHT)), Shape("line", _line(runs(measured, 0)))]
    shapes += [Shape(f"line {series.colour}", _line(runs(series.values, last))) for series in planned]
    drawn = _framed(tuple(shapes), top, label=label, unit=unit, x_ticks=x_ticks, height=180)
    placed = tuple(Mark(_short(slot * step / WIDTH * 100), text, is_left=slot * 2 > slots) for slot, text in marks)
    return replace(drawn, marks=placed)


def nice_top(largest: float) -> float:
    """The axis' end: 1, 1.5, 3, 6 or 9 times a power of ten, so that its three steps are round; never zero."""
    if largest <= 0:
        return 3.0
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1.5, 3, 6, 9, 15) if largest <= step * power)


def _framed(shapes: tuple[Shape, ...], top: float, *, label: str, unit: str, x_ticks: Sequence[str], height: int) -> Chart:
    steps = [top, top * 2 / 3, top / 3, 0]
    scale, letter = next(((s, u) for s, u in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if top >= 10 * s), (1, ""))
    ticks = [figures.digits(step / scale) for step in steps]
    ticks[0] = f"{ticks[0]} {letter}{unit}"
    grid = tuple(_short(HEIGHT - step / top * HEIGHT) for step in steps[:-1])
    return Chart(label=label, y_ticks=tuple(ticks), grid=grid, x_ticks=tuple(x_ticks), shapes=shapes, height=height)


def _at(series: Series, slot: int) -> float:
    value = series.values[slot] if slot < len(series.values) else None
    return value or 0.0


Run = list[tuple[float, float]]


def _runs(values: Sequence[Value], width: float, height_of: Callable[[float], float]) -> list[Run]:
    """Points in unbroken runs: a gap ends one."""
    step = width / max(len(values) - 1, 1)
    runs: list[Run] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index * step, height_of(value)))
    return [_visible(run, step, width) for run in runs if run]


def _visible(run: Run, step: float, width: float) -> Run:
    """A single point would draw nothing: it gets half a step of width."""
    if len(run) > 1:
        return run
    x, y = run[0]
    half = min(step, width) / 2
    return [(x - half, y), (x, y)] if x + half > width else [(x, y), (x + half, y)]


def _points(run: Run) -> str:
    return " ".join(f"{_short(x)},{_short(y)}" for x, y in run)


def _line(runs: Sequence[Run]) -> str:
    return "".join(f"M{_points(run)}" for run in runs)


def _area(runs: Sequence[Run], bottom: float) -> str:
    floor = _short(bottom)
    return "".join(f"M{_short(run[0][0])},{floor} {_points(run)} {_short(run[-1][0])},{floor}z" for run in runs)


def _bars(heights: Sequence[float], below: Sequence[float]) -> str:
    slot = WIDTH / max(len(heights), 1)
    wide = _short(slot * _BAR_SHARE)
    parts = []
    for index, (high, low) in enumerate(zip(heights, below, strict=True)):
        if high > 0:
            left, top = _short(slot * index + slot * (1 - _BAR_SHARE) / 2), _short(HEIGHT - low - high)
            parts.append(f"M{left},{top}h{wide}v{_short(high)}h-{wide}z")
    return "".join(parts)


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
