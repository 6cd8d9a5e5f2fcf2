"""From a question to SQL: identifiers are quoted and the store's own, everything that a person wrote is a parameter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.explore.columns import Column
from connectors.explore.questions import MOST_SLOTS, Filter, Function, Question

TOP = 10
_MOST_ROWS = (MOST_SLOTS + 2) * (TOP + 2)
OTHERS = -1  # the number of the part that holds all but the top ones


@dataclass(frozen=True, slots=True)
class Query:
    """Text with placeholders, and what goes there."""

    text: str
    parameters: tuple[Any, ...]
    rows: int


def quoted(*names: str) -> str:
    """An identifier, with what it lies in."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


class Dialect(ABC):
    """How a store writes what differs."""

    placeholder: str
    functions: tuple[Function, ...]
    time: str  # a row's moment
    double: str  # its word for a number of 64 bits
    nulls_last: str = ""

    def quoted(self, *names: str) -> str:
        """An identifier in the text of a query, with what it lies in."""
        return quoted(*names)

    @abstractmethod
    def moment(self, at: datetime) -> tuple[str, Any]:
        """A moment as an expression and its parameter."""

    @abstractmethod
    def slot(self, seconds: int) -> str:
        """The beginning of a row's interval, in seconds since 1970."""

    @abstractmethod
    def text(self, column: Column) -> str:
        """A column as text."""

    def p95(self, column: str) -> str:
        """The value that 95 % of rows don't exceed."""
        raise NotImplementedError


class PostgresDialect(Dialect):
    placeholder = "%s"
    functions = ("count", "sum", "avg", "min", "max", "p95")
    time = "coalesce(_timestamp, _ingested)"
    double = "double precision"
    nulls_last = " NULLS LAST"

    def quoted(self, *names: str) -> str:
        return quoted(*names).replace("%", "%%")  # psycopg reads placeholders everywhere

    def moment(self, at: datetime) -> tuple[str, Any]:
        return "%s", at

    def slot(self, seconds: int) -> str:
        return f"(floor(extract(epoch FROM {self.time}) / {seconds:d}) * {seconds:d})::bigint"

    def text(self, column: Column) -> str:
        return f"{self.quoted(column.name)}::text"

    def p95(self, column: str) -> str:
        return f"percentile_cont(0.95) WITHIN GROUP (ORDER BY {column})"


class DruidDialect(Dialect):
    placeholder = "?"
    functions = ("count", "sum", "avg", "min", "max")  # quantiles are an extension of Druid's
    time = '"__time"'
    double = "DOUBLE"

    def moment(self, at: datetime) -> tuple[str, Any]:
        return "MILLIS_TO_TIMESTAMP(?)", int(at.timestamp() * 1000)

    def slot(self, seconds: int) -> str:
        return f"TIMESTAMP_TO_MILLIS(TIME_FLOOR(\"__time\", 'PT{seconds:d}S')) / 1000"

    def text(self, column: Column) -> str:
        return f"CAST({self.quoted(column.name)} AS VARCHAR)"


@dataclass(frozen=True, slots=True)
class Builder:
    """Makes the queries of one question on one table (its name, after the schema where it lies in one)."""

    dialect: Dialect
    table: tuple[str, ...]
    question: Question

    def top(self) -> Query:
        """The largest parts of the split: name and measure."""
        assert self.question.split is not None  # noqa: S101  # nobody asks otherwise
        where, parameters = self._where()
        text = self._select(self.dialect.text(self.question.split), where, by="1")
        return Query(f"{text} ORDER BY 2 DESC{self.dialect.nulls_last} LIMIT {TOP + 1:d}", tuple(parameters), TOP + 1)

    def series(self, parts: Sequence[str | None]) -> Query:
        """For each interval and part: its number among `parts` (OTHERS for the rest) and the measure."""
        number, before = self._number_of(parts)
        where, parameters = self._where()
        slot = self.dialect.slot(self.question.grain_seconds)
        text = self._select(f"{slot} AS slot, {number}", where, by="1, 2")
        return Query(f"{text} LIMIT {_MOST_ROWS:d}", (*before, *parameters), _MOST_ROWS)

    def totals(self, parts: Sequence[str | None]) -> Query:
        """The same over the whole time."""
        number, before = self._number_of(parts)
        where, parameters = self._where()
        text = self._select(number, where, by="1")
        return Query(f"{text} LIMIT {TOP + 2:d}", (*before, *parameters), TOP + 2)

    def _select(self, what: str, where: str, *, by: str) -> str:
        table = self.dialect.quoted(*self.table)
        return f"SELECT {what} AS part, {self._measure()} AS measured FROM {table} WHERE {where} GROUP BY {by}"  # noqa: S608  # made of quoted identifiers and placeholders alone

    def _measure(self) -> str:
        if self.question.of is None:
            return "count(*)"
        column = self.dialect.quoted(self.question.of.name)
        if self.question.function == "p95":
            return self.dialect.p95(column)
        if self.question.function == "avg":
            column = f"CAST({column} AS {self.dialect.double})"
        return f"{self.question.function}({column})"

    def _number_of(self, parts: Sequence[str | None]) -> tuple[str, list[Any]]:
        """Which of the parts a row belongs to, as SQL."""
        if self.question.split is None:
            return "0", []
        column = self.dialect.text(self.question.split)
        cases = [
            f"WHEN {column} IS NULL THEN {number:d}"
            if part is None
            else f"WHEN {column} = {self.dialect.placeholder} THEN {number:d}"
            for number, part in enumerate(parts)
        ]
        return f"CASE {' '.join(cases)} ELSE {OTHERS:d} END", [part for part in parts if part is not None]

    def _where(self) -> tuple[str, list[Any]]:
        begin, first = self.dialect.moment(self.question.begin)
        end, last = self.dialect.moment(self.question.end)
        conditions, parameters = [f"{self.dialect.time} >= {begin}", f"{self.dialect.time} < {end}"], [first, last]
        for one in self.question.filters:
            condition, more = self._condition(one)
            conditions.append(condition)
            parameters += more
        return " AND ".join(conditions), parameters

    def _condition(self, one: Filter) -> tuple[str, list[Any]]:
        column, mark = self.dialect.quoted(one.column.name), self.dialect.placeholder
        if one.operator == "between":
            bounds = [
                (f"{column} {sign} {mark}", bound) for sign, bound in ((">=", one.low), ("<=", one.high)) if bound is not None
            ]
            return " AND ".join(text for text, _ in bounds), [bound for _, bound in bounds]
        if one.operator == "contains":
            return f"STRPOS(LOWER({column}), LOWER({mark})) > 0", [one.value]
        left, value = (column, one.low) if one.column.is_number else (self.dialect.text(one.column), one.value)
        if one.operator == "is":
            return f"{left} = {mark}", [value]
        return f"({left} <> {mark} OR {column} IS NULL)", [value]
