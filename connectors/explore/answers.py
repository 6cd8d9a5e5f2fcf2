"""Asks a store and puts its rows in order: a value for each interval and part, and for each part as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.explore.queries import OTHERS, TOP, Builder
from connectors.explore.questions import ADDITIVE, Question
from connectors.explore.sources import Source

Value = float | None


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the answer; `total` is the measure over the whole time, never a sum of averages."""

    name: str
    total: Value
    values: tuple[Value, ...]
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the store said."""

    question: Question
    slots: tuple[datetime, ...]
    parts: tuple[Part, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return all(value in (None, 0) for part in self.parts for value in part.values)


def ask(source: Source, question: Question) -> Answer:
    """The answer, by at most three queries.

    Raises:
        RetriableError: the store is away or too slow.
    """
    builder = Builder(source.dialect, source.table, question)
    names: list[str | None] = [question.measure]
    has_rest = False
    if question.split is not None:
        found = source.rows(builder.top())
        names, has_rest = [name for name, _ in found[:TOP]], len(found) > TOP
    cells = {(int(slot), int(part)): _value(measured) for slot, part, measured in source.rows(builder.series(names))}
    totals = {int(part): _value(measured) for part, measured in source.rows(builder.totals(names))}
    slots = question.slots
    numbers = [*range(len(names)), *([OTHERS] if has_rest else [])]
    empty = 0.0 if question.function in ADDITIVE else None
    parts = [
        Part(
            _name(names, number),
            totals.get(number, empty),
            tuple(cells.get((int(slot.timestamp()), number), empty) for slot in slots),
            is_rest=number == OTHERS,
        )
        for number in numbers
    ]
    return Answer(question, slots, tuple(parts))


def _name(names: Sequence[str | None], number: int) -> str:
    if number == OTHERS:
        return "all others"
    name = names[number]
    return "no value" if name is None else name


def _value(measured: object) -> Value:
    return None if measured is None else float(str(measured))
