"""Pictures of what connectors did: rates and time behind over a range, and the trend of the last hour in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors import lookups
from connectors.models import Minute
from eventplatform import charts, figures
from eventplatform.charts import Chart, Series

# Hours shown → minutes in a slot: some 100 points in every picture.
RANGES = {1: 1, 6: 4, 24: 15, 168: 120}
_WORDS = {1: "1 h", 6: "6 h", 24: "24 h", 168: "7 d"}
_TICKS = 6
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pictures:
    """The charts of one range, and what its tiles say."""

    hours: int
    throughput: Chart
    lag: Chart
    written_per_second: float | None
    usual_per_second: float | None
    is_empty: bool

    @property
    def word(self) -> str:
        """The range in a word."""
        return _WORDS[self.hours]

    @property
    def ranges(self) -> list[tuple[int, str, bool]]:
        """The choices: hours, word, whether it is this one."""
        return [(hours, word, hours == self.hours) for hours, word in _WORDS.items()]


def last_hour(names: Sequence[str]) -> dict[str, tuple[float | None, ...]]:
    """Rows written per minute in the last hour, by connector; one query for all of them."""
    now = datetime.now(UTC).replace(second=0, microsecond=0) - _MINUTE  # the last minute isn't over yet
    rows = Minute.objects.filter(connector__name__in=names, at__gte=now - 60 * _MINUTE)
    found: dict[str, list[float | None]] = {}
    for name, at, written in rows.values_list("connector__name", "at", "written"):
        slot = 59 - int((now - at) / _MINUTE)
        if 0 <= slot < 60:  # noqa: PLR2004  # minutes of the hour
            found.setdefault(name, [0.0] * 60)[slot] = float(written)
    return {name: tuple(values) for name, values in found.items()}


def pictures(name: str, hours: int) -> Pictures:
    """What the connector did in the last hours."""
    minutes = lookups.history(name, hours)[:-1]  # the last minute isn't over yet
    slot = RANGES[hours]
    written = _rates([one.written for one in minutes], slot)
    arrived = _rates([one.arrived for one in minutes], slot)
    behind = [max(part) for part in _slots([one.lag_seconds for one in minutes], slot)]
    usual, worst = sum(written) / len(written), max(behind)
    ticks = _ticks(minutes[0].at, minutes[-1].at)
    word = _WORDS[hours]
    return Pictures(
        hours=hours,
        throughput=charts.lines(
            [Series(written), Series(arrived, "dots c5")],
            label=f"Records per second, {word}: {figures.rate(written[-1])} written at the end, {figures.rate(usual)} usually",
            unit="/s",
            x_ticks=ticks,
        ),
        lag=charts.area(
            Series([seconds / _unit(worst)[0] for seconds in behind], "c4"),
            label=f"Time behind, worst partition, {word}: at most {figures.age(worst)}, {figures.age(behind[-1])} now",
            unit=f" {_unit(worst)[1]}",
            x_ticks=ticks,
            height=90,
        ),
        written_per_second=written[-1],
        usual_per_second=usual,
        is_empty=not any(one.arrived or one.written or one.lag_records for one in minutes),
    )


def _slots(values: Sequence[float], size: int) -> list[Sequence[float]]:
    return [values[begin : begin + size] for begin in range(0, len(values), size)]


def _rates(values: Sequence[float], size: int) -> list[float]:
    return [sum(part) / (len(part) * 60) for part in _slots(values, size)]


def _unit(worst: float) -> tuple[float, str]:
    """In what time behind is told: its seconds and its word."""
    return next(((size, word) for size, word in ((86_400, "d"), (3600, "h"), (60, "min")) if worst >= 2 * size), (1, "s"))


def _ticks(begin: datetime, end: datetime) -> list[str]:
    step = (end - begin) / _TICKS
    form = "%d %b" if end - begin > timedelta(days=2) else "%H:%M"
    return [f"{begin + step * number:{form}}" for number in range(_TICKS + 1)]
