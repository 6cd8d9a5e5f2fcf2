"""What a person asks: read from an address, checked against the columns that they may ask about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, cast

from connectors.explore.columns import Column
from connectors.mapping.columns import ColumnType
from eventplatform.core.errors import RejectedError

Function = Literal["count", "sum", "avg", "min", "max", "p95"]
Operator = Literal["is", "is_not", "contains", "between"]
FUNCTIONS: tuple[Function, ...] = ("count", "sum", "avg", "min", "max", "p95")
ADDITIVE = ("count", "sum")
OPERATORS: Mapping[Operator, str] = {"is": "=", "is_not": "≠", "contains": "contains", "between": "from..to"}
RANGES = {"1h": 1, "6h": 6, "24h": 24, "7d": 7 * 24, "30d": 30 * 24, "90d": 90 * 24}  # hours
GRAINS = {"minute": 60, "5 minutes": 300, "hour": 3600, "6 hours": 21_600, "day": 86_400}  # seconds
MOST_SLOTS, MOST_FILTERS = 400, 8
_AIM_SLOTS = 120
_LONGEST_VALUE = 500
_LONGEST = timedelta(days=3660)


class QuestionError(RejectedError):
    """The address asks what can't be answered."""

    code = "explore.question_invalid"
    message = "{reason}"
    remedy = "Choose from what the form offers."


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows to look at: those whose column is as said. `low` and `high` bound a range, either may be absent."""

    column: Column
    operator: Operator
    value: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A measure over time."""

    begin: datetime
    end: datetime
    grain_seconds: int
    function: Function = "count"
    of: Column | None = None
    split: Column | None = None
    filters: tuple[Filter, ...] = ()

    @property
    def slots(self) -> tuple[datetime, ...]:
        """The beginnings of the intervals, the oldest first."""
        first = math.floor(self.begin.timestamp() / self.grain_seconds)
        last = math.ceil(self.end.timestamp() / self.grain_seconds)
        return tuple(datetime.fromtimestamp(slot * self.grain_seconds, UTC) for slot in range(first, max(last, first + 1)))

    @property
    def measure(self) -> str:
        """In words."""
        return "events" if self.of is None else f"{self.function} of {self.of.title}"


def read(asked: Mapping[str, str], lists: Mapping[str, Sequence[str]], columns: Sequence[Column], now: datetime) -> Question:
    """The question of an address: `asked` holds single parameters, `lists` those that come again and again (c, o, v).

    Raises:
        QuestionError: with what is wrong, in words.
    """
    known = {one.name: one for one in columns}
    begin, end = _range(asked, now)
    function = asked.get("measure") or "count"
    if function not in FUNCTIONS:
        raise QuestionError(reason=f"There is no measure {function[:40]!r}.")
    of = None if function == "count" else _column(known, asked.get("of", ""), "measure")
    if of is not None and not of.is_number:
        raise QuestionError(reason=f"{of.title} holds no numbers.")
    split = asked.get("split", "")
    return Question(
        begin,
        end,
        _grain(asked.get("grain", ""), end - begin),
        function,
        of,
        _column(known, split, "dimension") if split else None,
        _filters(lists, known),
    )


def _range(asked: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    if asked.get("from") or asked.get("to"):
        begin, end = _moment(asked.get("from", "")), _moment(asked.get("to", "")) if asked.get("to") else now
        if not begin < end or end - begin > _LONGEST:
            raise QuestionError(reason="The time range must end after it begins, at most ten years later.")
        return begin, end
    hours = RANGES.get(asked.get("range") or "24h")
    if hours is None:
        raise QuestionError(reason="There is no such time range.")
    return now - timedelta(hours=hours), now


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise QuestionError(reason="A time is written as 2026-11-25T09:30, in UTC.") from None


def _grain(asked: str, length: timedelta) -> int:
    """What is asked, or the finest that gives a readable chart; never so fine that there are too many intervals."""
    seconds = length.total_seconds()
    if not asked:
        return next((grain for grain in GRAINS.values() if seconds / grain <= _AIM_SLOTS), _coarsest(seconds))
    if asked not in GRAINS:
        raise QuestionError(reason="There is no such interval.")
    if seconds / GRAINS[asked] > MOST_SLOTS:
        raise QuestionError(reason=f"A {asked} is too fine for this time range; choose a longer interval or a shorter range.")
    return GRAINS[asked]


def _coarsest(seconds: float) -> int:
    """Whole days, as many as it takes."""
    day = GRAINS["day"]
    return day * max(1, math.ceil(seconds / day / _AIM_SLOTS))


def _column(known: Mapping[str, Column], name: str, use: str) -> Column:
    if name not in known:
        raise QuestionError(
            reason=f"There is no column {name[:60]!r} to use as a {use}." if name else f"Choose a column as {use}."
        )
    return known[name]


def _filters(lists: Mapping[str, Sequence[str]], known: Mapping[str, Column]) -> tuple[Filter, ...]:
    rows = list(zip(lists.get("c", ()), lists.get("o", ()), lists.get("v", ()), strict=False))
    wanted = [row for row in rows if row[0]]
    if len(wanted) > MOST_FILTERS:
        raise QuestionError(reason=f"At most {MOST_FILTERS} filters.")
    return tuple(_filter(_column(known, name, "filter"), operator, value) for name, operator, value in wanted)


def _filter(column: Column, operator: str, value: str) -> Filter:
    if operator not in OPERATORS:
        raise QuestionError(reason="There is no such comparison.")
    if len(value) > _LONGEST_VALUE:
        raise QuestionError(reason=f"A filter's value has at most {_LONGEST_VALUE} characters.")
    if operator == "between":
        return _between(column, value)
    if operator == "contains" and column.type is not ColumnType.TEXT:
        raise QuestionError(reason=f"{column.title} holds no text that could contain something.")
    if column.is_number:
        number = _number(value, column)
        return Filter(column, cast("Operator", operator), value, number, number)
    if column.type is ColumnType.BOOLEAN and value not in ("true", "false"):
        raise QuestionError(reason=f"{column.title} is true or false.")
    return Filter(column, cast("Operator", operator), value)


def _between(column: Column, value: str) -> Filter:
    if not column.is_number:
        raise QuestionError(reason=f"{column.title} holds no numbers to be between.")
    low, dots, high = value.partition("..")
    if not dots or not (low.strip() or high.strip()):
        raise QuestionError(reason="A range is written as 1..10, 1.. or ..10.")
    bounds = [_number(text, column) if text.strip() else None for text in (low, high)]
    return Filter(column, "between", value, *bounds)


def _number(text: str, column: Column) -> float:
    try:
        found = float(text)
    except ValueError:
        raise QuestionError(reason=f"{column.title} holds numbers, and {text[:40]!r} is none.") from None
    if not math.isfinite(found):
        raise QuestionError(reason=f"{column.title} holds numbers, and {text[:40]!r} is none.")
    return found
