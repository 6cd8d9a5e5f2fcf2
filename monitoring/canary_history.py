"""How long canaries took to each stage: over time for one stream, and usual and slow ones by service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from eventplatform import charts
from monitoring.models import CanaryArrival, CanaryRun

SPANS: Mapping[str, timedelta] = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
USUAL = "24h"
_SLOTS = 96
_LAST_HOUR = timedelta(hours=1)

# Intake and topic of the runs themselves, stores of their arrivals; one pass over an hour of either.
_BY_SERVICE = """
WITH walked AS (
    SELECT run.service, stage.name, extract(epoch FROM stage.at - run.sent_at) AS seconds
    FROM monitoring_canaryrun run
    CROSS JOIN LATERAL (
        VALUES ('intake', CASE WHEN run.status IN (201, 202) THEN run.answered_at END), ('topic', run.recorded_at)
    ) AS stage (name, at)
    WHERE run.sent_at >= %(since)s AND stage.at IS NOT NULL
    UNION ALL
    SELECT run.service, 'stores', extract(epoch FROM arrival.written_at - run.sent_at)
    FROM monitoring_canaryrun run JOIN monitoring_canaryarrival arrival ON arrival.run_id = run.id
    WHERE run.sent_at >= %(since)s
)
SELECT service, name,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
    percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds)
FROM walked GROUP BY service, name
"""


@dataclass(frozen=True, slots=True)
class Latency:
    """What half of the canaries took at most, and what 99 of 100 did."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class StageHistory:
    """The canaries of one stage of a path over a while: the slowest of each slot, None where none came."""

    prefix: str
    stage: str
    line: tuple[float | None, ...]
    usual: Latency
    number: int
    last_sent_at: datetime
    last_seen_at: datetime

    def chart(self, ticks: Sequence[str], words: str) -> charts.Chart:
        """The slowest canary of each slot."""
        label = f"Slowest canary to {self.stage}, {words}: half took {self.usual.p50:.2f} s, 99 of 100 {self.usual.p99:.2f} s"
        return charts.area(charts.Series(self.line), label=label, unit=" s", x_ticks=ticks, height=90)


def of_stream(stream: str, span: timedelta, now: datetime) -> list[StageHistory]:
    """Each stage of each of the stream's paths that saw a canary in that time."""
    seen: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    for prefix, stage, sent_at, there_at in _sightings(stream, now - span):
        seen[prefix, stage].append((sent_at, there_at))
    return [_history(prefix, stage, times, now - span, span) for (prefix, stage), times in seen.items()]


def by_service() -> Mapping[str, Mapping[str, Latency]]:
    """Over the last hour, by service and stage; all stores as one stage."""
    found: dict[str, dict[str, Latency]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_BY_SERVICE, {"since": timezone.now() - _LAST_HOUR})
        for service, stage, p50, p99 in cursor.fetchall():
            found[service][stage] = Latency(max(p50, 0.0), max(p99, 0.0))
    return found


def _sightings(stream: str, since: datetime) -> Iterator[tuple[str, str, datetime, datetime]]:
    """Prefix, stage, when sent and when there, stage by stage in the path's order."""
    runs = CanaryRun.objects.filter(stream=stream, sent_at__gte=since).order_by("prefix", "sent_at")
    facts = list(runs.values_list("prefix", "sent_at", "status", "answered_at", "recorded_at"))
    for prefix, sent_at, status, answered_at, _ in facts:
        if status in {201, 202} and answered_at:
            yield prefix, "intake", sent_at, answered_at
    for prefix, sent_at, _, _, recorded_at in facts:
        if recorded_at:
            yield prefix, "topic", sent_at, recorded_at
    arrivals = CanaryArrival.objects.filter(run__stream=stream, run__sent_at__gte=since)
    yield from arrivals.order_by("connector", "run__sent_at").values_list(
        "run__prefix", "connector", "run__sent_at", "written_at"
    )


def _history(
    prefix: str, stage: str, times: Sequence[tuple[datetime, datetime]], begin: datetime, span: timedelta
) -> StageHistory:
    line: list[float | None] = [None] * _SLOTS
    took = []
    for sent_at, there_at in times:
        slot = min(int((sent_at - begin) / span * _SLOTS), _SLOTS - 1)
        took.append(max((there_at - sent_at).total_seconds(), 0.0))
        line[slot] = max(line[slot] or 0.0, took[-1])
    took.sort()
    usual = Latency(_share(took, 0.5), _share(took, 0.99))
    last = max(times)
    return StageHistory(prefix, stage, tuple(line), usual, len(took), last[0], last[1])


def _share(ascending: Sequence[float], share: float) -> float:
    """The value that this share of all is not above."""
    return ascending[min(int(share * len(ascending)), len(ascending) - 1)]
