"""An answer as the page shows it: cells with their looks, records linked, and what was read in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.urls import reverse

from eventplatform import figures
from monitoring.realtime.asking import Answer
from monitoring.realtime.charting import NUMBERS

_WIDEST = 300  # characters of a cell on the page; downloads hold more
_PLACE = ("_topic", "_partition", "_offset")
_TOPIC = re.compile(r"[\w.-]{1,249}", re.ASCII)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")
_KIB, _MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as text; `look` is its class."""

    text: str
    look: str = ""
    link: str = ""


def heads(answer: Answer) -> list[tuple[str, str, str]]:
    """Name and type of each column, and how its head is set: figures stand right."""
    return [(name, kind, "r" if NUMBERS.match(kind) else "") for name, kind in answer.columns]


def cells(answer: Answer) -> list[list[Cell]]:
    """The rows of the table."""
    names = [name for name, _ in answer.columns]
    places = [names.index(name) for name in _PLACE] if set(_PLACE) <= set(names) else []
    return [_row(row, places) for row in answer.rows]


def read_words(answer: Answer) -> str:
    """What was read, left out and hidden, and how long it took."""
    found = answer.reading
    parts = [
        f"{figures.thin(len(answer.rows))}{' first' if answer.is_cut else ''} row{'' if len(answer.rows) == 1 else 's'}",
        f"of {figures.thin(found.records)} records ({_size(found.bytes)}), read in {figures.age(found.seconds)}",
        f"answered in {figures.age(answer.seconds)}",
    ]
    hidden = (
        (answer.canaries, "canary hidden", "canaries hidden"),
        (answer.closed, "of a stream that is kept to a team left out", "of streams that are kept to teams left out"),
        (answer.unreadable, "that is no JSON object left out", "that are no JSON objects left out"),
        (answer.tombstones, "tombstone left out", "tombstones left out"),
    )
    parts += [f"{figures.thin(number)} {one if number == 1 else more}" for number, one, more in hidden if number]
    return ", ".join(parts)


def since_words(answer: Answer) -> str:
    """From when on nothing is missing."""
    return f"{datetime.fromtimestamp(answer.reading.begin_ms / 1000, UTC):%H:%M:%S} UTC"


def record_link(topic: Any, partition: Any, offset: Any) -> str:
    """The page of the record at these coordinates; empty where they are none, whatever a question called so."""
    is_place = all(type(one) is int and one >= 0 for one in (partition, offset))
    is_topic = isinstance(topic, str) and _TOPIC.fullmatch(topic) is not None
    return reverse("record", args=[topic, partition, offset]) if is_place and is_topic else ""


def _row(row: Sequence[Any], places: Sequence[int]) -> list[Cell]:
    made = [_cell(value) for value in row]
    made = [Cell(one.text, "time") if _STAMP.fullmatch(one.text) else one for one in made]
    link = record_link(*(row[index] for index in places)) if places else ""
    if link:
        made[places[2]] = Cell(made[places[2]].text, "r", link)
    return made


def _cell(value: Any) -> Cell:
    if value is None:
        return Cell("NULL", "faint")
    if isinstance(value, bool):
        return Cell("true" if value else "false")
    if isinstance(value, int | float):
        return Cell(str(value), "r")
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    look = "" if isinstance(value, str) else "mono"
    return Cell(text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…", look)


def _size(number: int) -> str:
    if number < _MIB:
        return f"{figures.digits(number / _KIB)} kB"
    return f"{figures.digits(number / _MIB)} MB"
