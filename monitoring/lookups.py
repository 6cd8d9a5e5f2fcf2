"""What monitoring knows, for pages, ticks and other rooms: frozen, read in few queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Sum
from django.utils import timezone

from eventplatform.core.results import SUCCESSES
from monitoring.models import (
    CanaryRun,
    IntakeCount,
    RoleHeartbeat,
    SampledMinute,
    StreamVolume,
)
from monitoring.paths import canary_path as canary_path  # noqa: PLC0414  # these are read as all else here
from monitoring.paths import canary_paths as canary_paths  # noqa: PLC0414  # likewise
from monitoring.paths import canary_paths_of as canary_paths_of  # noqa: PLC0414  # likewise
from monitoring.paths import canary_producer as canary_producer  # noqa: PLC0414  # likewise
from monitoring.paths import due_canaries as due_canaries  # noqa: PLC0414  # likewise
from monitoring.paths import runs_under_way as runs_under_way  # noqa: PLC0414  # likewise

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Volumes:
    """Events by minute without canaries, oldest first and the running minute left out; None is a minute nobody counted."""

    begins_at: datetime
    streams: Mapping[str, tuple[float | None, ...]]
    total: tuple[float | None, ...]

    def of(self, stream: str) -> tuple[float | None, ...]:
        """The minutes of `stream`, zero where only others had events."""
        quiet = tuple(None if value is None else 0.0 for value in self.total)
        return self.streams.get(stream, quiet)


def last_sampled_minute() -> datetime | None:
    """The newest minute whose volumes were counted."""
    return SampledMinute.objects.order_by("-minute").values_list("minute", flat=True).first()


def volumes(*, minutes: int = 60, streams: Collection[str] | None = None) -> Volumes:
    """The last `minutes` whole minutes of every stream, or of these alone: then `total` is theirs too."""
    end = timezone.now().replace(second=0, microsecond=0)
    begin = end - minutes * _MINUTE
    window = {"minute__gte": begin, "minute__lt": end}
    only = {} if streams is None else {"stream__in": streams}
    sampled = SampledMinute.objects.filter(**window).values_list("minute", flat=True)
    slots = {moment: _slot(moment, begin) for moment in sampled}
    counted = frozenset(slots.values())
    empty = [0.0 if slot in counted else None for slot in range(minutes)]
    by_stream: dict[str, list[float | None]] = {}
    # Tuples, not rows: a large site has fifteen thousand of them, and every list of streams asks.
    for stream, minute, events in StreamVolume.objects.filter(**window, **only).values_list("stream", "minute", "events"):
        slot = slots.get(minute)
        by_stream.setdefault(stream, list(empty))[_slot(minute, begin) if slot is None else slot] = float(events)
    canaries = CanaryRun.objects.filter(recorded_at__gte=begin, recorded_at__lt=end, **only)
    for stream, recorded_at in canaries.values_list("stream", "recorded_at"):
        line = by_stream.get(stream, [])
        slot = _slot(recorded_at or begin, begin)
        if line and line[slot]:
            line[slot] = max((line[slot] or 0) - 1, 0)
    lines = {stream: tuple(line) for stream, line in by_stream.items()}
    return Volumes(begins_at=begin, streams=lines, total=_sum(lines.values(), empty))


def outcomes(*, minutes: int = 60) -> Mapping[str, int]:
    """Events that the intake answered in the last `minutes`, by outcome, canaries included."""
    since = timezone.now().replace(second=0, microsecond=0) - (minutes - 1) * _MINUTE
    rows = IntakeCount.objects.filter(minute__gte=since).values_list("outcome").annotate(total=Sum("count"))
    return {outcome: total for outcome, total in rows if total}


def intake_counts(*, minutes: int = 60) -> Mapping[tuple[str, str, str], int]:
    """The same, by stream, outcome and reason."""
    since = timezone.now().replace(second=0, microsecond=0) - (minutes - 1) * _MINUTE
    rows = IntakeCount.objects.filter(minute__gte=since).values_list("stream", "outcome", "reason")
    return {(stream, outcome, reason): total for stream, outcome, reason, total in rows.annotate(total=Sum("count")) if total}


def refused_canaries(*, minutes: int = 60) -> Mapping[tuple[str, str], int]:
    """Canaries that the intake refused in the last `minutes`, by stream and reason."""
    since = timezone.now().replace(second=0, microsecond=0) - (minutes - 1) * _MINUTE
    rows = CanaryRun.objects.filter(sent_at__gte=since).exclude(code="").values_list("stream", "code")
    return {(stream, code): total for stream, code, total in rows.annotate(total=Count("pk"))}


def refused_by_minute(*, minutes: int = 60) -> Mapping[str, tuple[float, ...]]:
    """Events not kept, by outcome, each a line of minutes, oldest first, the running one last."""
    end = timezone.now().replace(second=0, microsecond=0) + _MINUTE
    begin = end - minutes * _MINUTE
    rows = IntakeCount.objects.filter(minute__gte=begin, minute__lt=end).exclude(outcome__in=SUCCESSES)
    lines: dict[str, list[float]] = {}
    for row in rows:
        lines.setdefault(row.outcome, [0.0] * minutes)[_slot(row.minute, begin)] += row.count
    return {outcome: tuple(line) for outcome, line in lines.items()}


def heartbeats() -> Mapping[str, RoleHeartbeat]:
    """The last sign of life of each role."""
    return {row.role: row for row in RoleHeartbeat.objects.all()}


def _slot(moment: datetime, begin: datetime) -> int:
    return int((moment - begin) / _MINUTE)


def _sum(lines: Iterable[tuple[float | None, ...]], empty: list[float | None]) -> tuple[float | None, ...]:
    total = list(empty)
    for line in lines:
        total = [None if a is None else a + (b or 0.0) for a, b in zip(total, line, strict=True)]
    return tuple(total)
