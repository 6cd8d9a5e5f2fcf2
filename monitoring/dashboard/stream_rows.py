"""Streams as rows with their trend, and all of them at one glance as a strip of cells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from connectors.lookups import ConnectorView
from monitoring import stages
from monitoring.dashboard import shared, volumes, ways
from monitoring.dashboard.picture.things import URGENT
from monitoring.dashboard.ranges import Range, Values, per_second, rate_words, total
from monitoring.dashboard.ways import Way
from monitoring.stages import State

_LEVELS = 4


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A stream over a range; `cells` are intake, topic and stores."""

    name: str
    service: str
    state: State
    word: str
    has_canary: bool
    rate: float | None
    events: float
    line: Values
    cells: tuple[stages.Stage, ...]
    behind: float | None  # seconds of the slowest connector that takes it
    behind_records: int

    @property
    def rate_words(self) -> str:
        return rate_words(self.rate)

    @property
    def is_urgent(self) -> bool:
        return self.state in URGENT


@dataclass(frozen=True, slots=True)
class Cell:
    """A stream as one cell; `level` from 0 to 4 is its share of the traffic by orders of magnitude."""

    name: str
    state: State
    level: int
    title: str


def rows(of: Range) -> tuple[list[StreamRow], datetime]:
    """Failing streams first, then by what they carry; and of when that is."""
    return shared.read(("rows", of.name), lambda: (_rows(of), timezone.now()))


def _rows(of: Range) -> list[StreamRow]:
    lines, takers = volumes.lines(of), ways.takers()
    waits = _waits(takers)
    found = [_row(way, lines, waits.get(way.stream, (None, 0))) for way in ways.ways()]
    return sorted(found, key=lambda row: (row.state != "fail", row.state != "warn", -row.events, row.name))


def _waits(takers: Mapping[str, Sequence[ConnectorView]]) -> Mapping[str, tuple[float | None, int]]:
    """By stream, how long its slowest connector waits, in seconds, and the records that wait for all of them."""
    found: dict[str, tuple[float | None, int]] = {}
    for view in {view.name: view for views in takers.values() for view in views}.values():
        for one in view.partitions:
            if one.lag_records:
                seconds, records = found.get(one.stream, (None, 0))
                longest = max((wait for wait in (seconds, one.lag_seconds) if wait is not None), default=None)
                found[one.stream] = longest, records + one.lag_records
    return found


def _row(way: Way, lines: volumes.Lines, wait: tuple[float | None, int]) -> StreamRow:
    line = lines.of(way.stream)
    return StreamRow(
        name=way.stream,
        service=way.service,
        state=way.state,
        word=way.word,
        has_canary=way.has_canary,
        rate=per_second(line, lines.step),
        events=total(line),
        line=line,
        cells=way.cells,
        behind=wait[0],
        behind_records=wait[1],
    )


def strip(found: Sequence[StreamRow]) -> Mapping[str, list[Cell]]:
    """All streams by service, those with the most traffic first."""
    most = max((row.rate or 0.0 for row in found), default=0.0)
    groups: dict[str, list[Cell]] = {}
    for row in found:
        title = ", ".join(word for word in (row.name, row.word, row.rate_words) if word)
        groups.setdefault(row.service or ways.NO_SERVICE, []).append(
            Cell(row.name, row.state, level(row.rate or 0.0, most), title)
        )
    return dict(sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])))


def level(rate: float, most: float) -> int:
    """0 where nothing comes, 4 for what carries most; a level for each order of magnitude below it."""
    if rate <= 0 or most <= 0:
        return 0
    return max(_LEVELS - int(math.log10(most / rate)), 1)
