"""Volumes over time: by minute, hour or day as a range needs, canaries left out, what nobody counted a gap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Count, DateTimeField, F, Func, IntegerField, Sum, Value
from django.db.models.functions import Cast

from eventplatform.core.results import SUCCESSES
from monitoring.models import CanaryRun, CountedDay, IntakeCount, IntakeHour, SampledMinute, StreamDay, StreamVolume
from monitoring.traffic.models import CountedHour, IntakeDay, StreamHour

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_INSTANT = timedelta(microseconds=1)

Values = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Events by slot, oldest first; None is a slot of which no minute was counted.

    A slot that was counted in part, as the one that runs, is scaled to its whole length. `total` is the sum of all streams
    that were asked for; one that is absent from `streams` had none.
    """

    begin: datetime
    step: timedelta
    streams: Mapping[str, Values]
    total: Values

    def of(self, stream: str) -> Values:
        """The slots of `stream`, zero where only others had events."""
        return self.streams.get(stream) or tuple(None if value is None else 0.0 for value in self.total)


@dataclass(frozen=True, slots=True)
class _Grain:
    """The rows of one fineness: whose field of time is `moment`."""

    step: timedelta
    rows: type[models.Model]
    counted: type[models.Model]
    outcomes: type[models.Model]
    moment: str


_MINUTES = _Grain(MINUTE, StreamVolume, SampledMinute, IntakeCount, "minute")
_HOURS = _Grain(HOUR, StreamHour, CountedHour, IntakeHour, "hour")
_DAYS = _Grain(DAY, StreamDay, CountedDay, IntakeDay, "day")


def series(streams: Collection[str] | None, begin: datetime, end: datetime, step: timedelta) -> Series:
    """The volume of these streams, or of all, in slots of `step` from `begin` on, by the coarsest rows that fit the step.

    Slots of days begin at midnight UTC.
    """
    slots = _Slots(begin, end, step)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * slots.number)
    for grain, first, last in _parts(slots):
        for stream, slot, events in _sums(grain, slots, first, last, streams):
            sums[stream][slot] += events
    shares = _counted_shares(slots)
    lines = {stream: _scaled(line, shares) for stream, line in sums.items() if any(line)}
    return Series(begin, step, lines, _total(lines.values(), shares))


def total_series(begin: datetime, end: datetime, step: timedelta) -> Series:
    """The sum of all streams alone: as `series`, for pages that draw no stream of its own."""
    slots = _Slots(begin, end, step)
    line = [0.0] * slots.number
    for grain, first, last in _parts(slots):
        for _, slot, events in _sums(grain, slots, first, last, name=None):
            line[slot] += events
    return Series(begin, step, {}, _scaled(line, _counted_shares(slots)))


def outcome_series(
    streams: Collection[str] | None,
    begin: datetime,
    end: datetime,
    step: timedelta,
    *,
    services: Collection[str] | None = None,
    with_canaries: bool = False,
) -> Mapping[str, tuple[float, ...]]:
    """By outcome, what the intake answered in each slot; canaries that were taken are left out of "accepted" or asked for."""
    slots = _Slots(begin, end, step)
    grain = _grain_of(step)
    only = {} if streams is None else {"stream__in": list(streams)}
    only |= {} if services is None else {"service__in": list(services)}
    rows = _within(grain.outcomes, grain.moment, begin, end).filter(**only)
    lines: dict[str, list[float]] = {}
    for outcome, slot, total in _by_slot(rows, grain, slots, "outcome", Sum("count")):
        lines.setdefault(outcome, [0.0] * slots.number)[slot] += total
    if services is None and not with_canaries and "accepted" in lines:
        accepted, canaries = lines["accepted"], _canaries(grain, slots, streams)
        lines["accepted"] = [max(count - known, 0.0) for count, known in zip(accepted, canaries, strict=True)]
    return {outcome: tuple(line) for outcome, line in lines.items()}


def refused(lines: Mapping[str, Sequence[float]]) -> dict[str, Sequence[float]]:
    """Of lines by outcome those of events that were not kept."""
    return {outcome: line for outcome, line in lines.items() if outcome not in SUCCESSES and any(line)}


@dataclass(frozen=True, slots=True)
class _Slots:
    """Equal slots from `begin` on; a slot that `end` lies in is one of them."""

    begin: datetime
    end: datetime
    step: timedelta

    @property
    def number(self) -> int:
        return max(-int((self.begin - self.end) // self.step), 0)

    def numbered(self, moment: str) -> Func:
        """The number of a row's slot, made by the database: a number is read several times as fast as a time."""
        at = Cast(moment, DateTimeField()) if moment == "day" else F(moment)
        return Func(
            at,
            Value(self.begin),
            template="floor(extract(epoch from (%(expressions)s)) / %(seconds)s)::int",
            arg_joiner=" - ",
            seconds=int(self.step.total_seconds()),
            output_field=IntegerField(),
        )

    def within(self, slot: int) -> int:
        """That number, of a slot that there is."""
        return min(max(slot, 0), self.number - 1)


def _grain_of(step: timedelta) -> _Grain:
    return _DAYS if not step % DAY else _HOURS if not step % HOUR else _MINUTES


def _parts(slots: _Slots) -> list[tuple[_Grain, datetime, datetime]]:
    """Which rows hold which part: of days that aren't rolled up yet the hours do."""
    grain = _grain_of(slots.step)
    if grain is not _DAYS:
        return [(grain, slots.begin, slots.end)]
    last = CountedDay.objects.order_by("-day").values_list("day", flat=True).first()
    edge = slots.begin if last is None else min(max(_midnight(last) + DAY, slots.begin), slots.end)
    return [(_DAYS, slots.begin, edge), (_HOURS, edge, slots.end)]


def _sums(
    grain: _Grain,
    slots: _Slots,
    first: datetime,
    last: datetime,
    streams: Collection[str] | None = None,
    *,
    name: str | None = "stream",
) -> Iterable[tuple[str, int, float]]:
    """Stream (or none, for the sum of all), slot and events, canaries taken out of minutes; hours and days hold none."""
    only = {} if streams is None else {"stream__in": list(streams)}
    rows = _within(grain.rows, grain.moment, first, last).filter(**only)
    if name and slots.step == grain.step and grain is not _DAYS:  # each row is a slot
        for stream, slot, events in rows.values_list("stream", slots.numbered(grain.moment), "events"):
            yield stream, slots.within(slot), events
    else:
        yield from _by_slot(rows, grain, slots, name, Sum("events"))
    if grain is _MINUTES:
        runs = _within(CanaryRun, "recorded_at", first, last).filter(**only)
        for stream, slot, number in _by_slot(runs, grain, slots, name, Count("pk"), moment="recorded_at"):
            yield stream, slot, -number


def _canaries(grain: _Grain, slots: _Slots, streams: Collection[str] | None) -> list[float]:
    """How many canaries were in each slot; hours tell for days, too."""
    only = {} if streams is None else {"stream__in": list(streams)}
    line = [0.0] * slots.number
    if grain is _MINUTES:
        runs = _within(CanaryRun, "recorded_at", slots.begin, slots.end).filter(**only)
        found = _by_slot(runs, grain, slots, None, Count("pk"), moment="recorded_at")
    else:
        rows = _within(StreamHour, "hour", slots.begin, slots.end).filter(canaries__gt=0, **only)
        found = _by_slot(rows, _HOURS, slots, None, Sum("canaries"))
    for _, slot, number in found:
        line[slot] += number
    return line


def _counted_shares(slots: _Slots) -> list[float]:
    """How much of each slot was counted, between 0 and 1."""
    minutes = [0.0] * slots.number
    for grain, first, last in _parts(slots):
        rows = _within(grain.counted, grain.moment, first, last)
        counted = Count("pk") if grain is _MINUTES else Sum("minutes")
        for _, slot, number in _by_slot(rows, grain, slots, None, counted):
            minutes[slot] += number
    whole = slots.step / MINUTE
    return [min(number / whole, 1.0) for number in minutes]


def _by_slot(
    rows: Any, grain: _Grain, slots: _Slots, name: str | None, figure: models.Aggregate, *, moment: str = ""
) -> Iterable[tuple[str, int, float]]:
    """Name, slot and sum of rows, added up by the database."""
    names = [name] if name else []
    binned = slots.numbered(moment or grain.moment)
    found = rows.order_by().values(*names, slot=binned).annotate(figure=figure).values_list(*names, "slot", "figure")
    for *key, slot, number in found:
        yield (key[0] if key else ""), slots.within(slot), float(number or 0)


def _within(rows: type[models.Model], moment: str, first: datetime, last: datetime) -> Any:
    # A day counts as soon as the range touches it.
    edges: tuple[date, date] = (first, last) if moment != "day" else (first.date(), (last + DAY - _INSTANT).date())
    found = rows._default_manager.filter(**{f"{moment}__gte": edges[0]})  # noqa: SLF001  # Django's public name
    return found.filter(**{f"{moment}__lt": edges[1]})


def _scaled(line: Sequence[float], shares: Sequence[float]) -> Values:
    return tuple(max(value, 0.0) / share if share else None for value, share in zip(line, shares, strict=True))


def _total(lines: Iterable[Values], shares: Sequence[float]) -> Values:
    total = [0.0] * len(shares)
    for line in lines:
        total = [sum_ + (value or 0.0) for sum_, value in zip(total, line, strict=True)]
    return tuple(value if share else None for value, share in zip(total, shares, strict=True))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
