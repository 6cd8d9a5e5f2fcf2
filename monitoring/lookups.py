"""What monitoring knows, for pages, ticks and other rooms: frozen, read in few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Max, Q, Sum
from django.utils import timezone

from connectors import lookups as connectors
from eventplatform.core.results import SUCCESSES
from monitoring import stages
from monitoring.models import (
    CanaryArrival,
    CanaryRun,
    CanaryTurn,
    IntakeCount,
    RoleHeartbeat,
    SampledMinute,
    StreamVolume,
)
from streamconfig.lookups import snapshot

_ACCEPTED = Q(status__in=(201, 202))
_LOOK_FOR = timedelta(hours=1)  # a canary not found by then is given up; newer ones tell the same
_RUNS_PER_STREAM = 10
_KNOWN_FOR = timedelta(hours=24)
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


def due_canaries(*, now: datetime, interval: timedelta) -> tuple[str, ...]:
    """Streams whose canary is due, those that waited longest first."""
    due = CanaryTurn.objects.filter(Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - interval), excluded_because="")
    return tuple(due.order_by(F("claimed_at").asc(nulls_first=True), "stream").values_list("stream", flat=True))


def runs_under_way(*, now: datetime) -> list[CanaryRun]:
    """Canaries taken in and not yet seen everywhere, newest first, a few per stream."""
    runs = CanaryRun.objects.filter(_ACCEPTED, done_at__isnull=True, sent_at__gt=now - _LOOK_FOR)
    counts: dict[str, int] = defaultdict(int)
    kept = []
    for run in runs.order_by("-sent_at").prefetch_related("arrivals"):
        counts[run.stream] += 1
        if counts[run.stream] <= _RUNS_PER_STREAM:
            kept.append(run)
    return kept


def canary_paths() -> tuple[stages.Path, ...]:
    """Every stream's way, by name; patterns of names first, which have none and no service."""
    streams = snapshot().streams
    excluded = dict(CanaryTurn.objects.values_list("stream", "excluded_because"))
    now, interval = timezone.now(), timedelta(seconds=settings.CANARY_INTERVAL_SECONDS)
    evidence, takers = _evidence(now, interval), connectors.by_stream()
    paths = [stages.Path(name, "", excluded_because=why) for name, why in excluded.items() if why and name not in streams]
    for name in sorted(streams):
        known, why = evidence[name], excluded.get(name, "")
        judged = () if why else stages.judge(known, _stores(name, takers.get(name, ())), now=now, interval=interval)
        sent_at = known.sent.sent_at if known.sent else None
        paths.append(stages.Path(name, streams[name].service, judged, why, sent_at))
    return tuple(paths)


def canary_path(stream: str) -> stages.Path | None:
    """One stream's way."""
    return next((path for path in canary_paths() if path.stream == stream), None)


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


def _evidence(now: datetime, interval: timedelta) -> Mapping[str, stages.Evidence]:
    sent, seen, arrivals = _last_sent(), _last_seen(), _last_arrivals()
    old = CanaryRun.objects.filter(sent_at__gt=now - _KNOWN_FOR, sent_at__lte=stages.had_its_time(now, interval))
    taken = dict(old.filter(_ACCEPTED).values_list("stream").annotate(Max("sent_at")))
    found = dict(old.filter(recorded_at__isnull=False).values_list("stream").annotate(Max("sent_at")))
    evidence: dict[str, stages.Evidence] = defaultdict(stages.Evidence)
    for name in sent:
        evidence[name] = stages.Evidence(sent[name], seen.get(name), arrivals[name], taken.get(name), found.get(name))
    return evidence


def _last_sent() -> dict[str, stages.Sent]:
    rows = CanaryRun.objects.filter(sent_at__gt=timezone.now() - _KNOWN_FOR).order_by("stream", "-sent_at").distinct("stream")
    return {
        run.stream: stages.Sent(
            sent_at=run.sent_at,
            answer_seconds=(run.answered_at - run.sent_at).total_seconds() if run.answered_at else None,
            status=run.status,
            is_accepted=run.status in {201, 202},
            error=run.error,
        )
        for run in rows
    }


def _last_seen() -> dict[str, stages.Seen]:
    rows = CanaryRun.objects.filter(sent_at__gt=timezone.now() - _KNOWN_FOR, recorded_at__isnull=False)
    found = rows.order_by("stream", "-sent_at").distinct("stream").values_list("stream", "sent_at", "recorded_at")
    return {stream: _seen(sent_at, recorded_at) for stream, sent_at, recorded_at in found if recorded_at}


def _last_arrivals() -> Mapping[str, dict[str, stages.Seen]]:
    rows = CanaryArrival.objects.filter(run__sent_at__gt=timezone.now() - _KNOWN_FOR)
    rows = rows.order_by("run__stream", "connector", "-run__sent_at").distinct("run__stream", "connector")
    found: dict[str, dict[str, stages.Seen]] = defaultdict(dict)
    for stream, connector, sent_at, written_at in rows.values_list("run__stream", "connector", "run__sent_at", "written_at"):
        found[stream][connector] = _seen(sent_at, written_at)
    return found


def _seen(sent_at: datetime, there_at: datetime) -> stages.Seen:
    return stages.Seen(sent_at=sent_at, seconds=max((there_at - sent_at).total_seconds(), 0.0))


def _stores(stream: str, views: Iterable[connectors.ConnectorView]) -> list[stages.Store]:
    return [
        stages.Store(
            name=view.name,
            link=view.link,
            held_because="" if view.is_enabled else f"The connector is {view.state}.",
            trouble=view.last_error,
            since=min((one.state_since for one in view.partitions if one.stream == stream), default=None),
        )
        for view in views
    ]


def _slot(moment: datetime, begin: datetime) -> int:
    return int((moment - begin) / _MINUTE)


def _sum(lines: Iterable[tuple[float | None, ...]], empty: list[float | None]) -> tuple[float | None, ...]:
    total = list(empty)
    for line in lines:
        total = [None if a is None else a + (b or 0.0) for a, b in zip(total, line, strict=True)]
    return tuple(total)
