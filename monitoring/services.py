"""The only writers of monitoring's rows; each is safe to be run by two processes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Q, Sum

from eventplatform.core.records import Record
from monitoring.models import (
    CanaryArrival,
    CanaryMark,
    CanaryRun,
    CanaryTick,
    CanaryTurn,
    CountedDay,
    RoleHeartbeat,
    SampledMinute,
    StreamDay,
    StreamVolume,
)
from monitoring.posting import Answer

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Turn:
    """A path that canaries are to take; or why none is sent to the stream, under no prefix."""

    stream: str
    prefix: str = ""
    service: str = ""
    excluded_because: str = ""


@dataclass(frozen=True, slots=True)
class NewRun:
    """A canary that is about to be sent; `positions` are where its topic's partitions end."""

    stream: str
    prefix: str
    service: str
    event_id: str
    topic: str
    positions: Mapping[int, int]
    for_hour: datetime | None = None


def note_turns(*, turns: Sequence[Turn], now: datetime) -> None:
    """Keep one row per path, and one for each stream without; forget those that are gone."""
    kept = {(row.stream, row.prefix): row for row in CanaryTurn.objects.all()}
    wanted = {(turn.stream, turn.prefix): turn for turn in turns}
    CanaryTurn.objects.filter(pk__in=[row.pk for key, row in kept.items() if key not in wanted]).delete()
    new = [CanaryTurn(since=now, **asdict(turn)) for key, turn in wanted.items() if key not in kept]
    CanaryTurn.objects.bulk_create(new, ignore_conflicts=True)
    for key in wanted.keys() & kept.keys():
        _change(kept[key], wanted[key], now)


def _change(row: CanaryTurn, turn: Turn, now: datetime) -> None:
    if (row.service, row.excluded_because) == (turn.service, turn.excluded_because):
        return
    since = row.since if bool(row.excluded_because) == bool(turn.excluded_because) else now
    facts = {"service": turn.service, "excluded_because": turn.excluded_because, "since": since}
    CanaryTurn.objects.filter(pk=row.pk).update(**facts)


def claim_turn(*, stream: str, now: datetime, interval: timedelta, prefix: str = "") -> bool:
    """True for exactly one caller per path and interval."""
    is_due = Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - interval)
    return bool(CanaryTurn.objects.filter(is_due, stream=stream, prefix=prefix).update(claimed_at=now))


def begin_tick(*, name: str, now: datetime, lasts: timedelta) -> bool:
    """True for exactly one caller at a time; a tick that hangs loses its right after `lasts`."""
    begun = {"began_at": now, "until": now + lasts}
    if CanaryTick.objects.filter(name=name, until__lte=now).update(**begun):
        return True
    return CanaryTick.objects.get_or_create(name=name, defaults=begun)[1]


def end_tick(*, name: str, now: datetime, handled: int | None) -> None:
    """Give the right back; with what was handled where the tick went well, which alone is its heartbeat."""
    ended = {"until": now} if handled is None else {"until": now, "finished_at": now, "handled": handled}
    CanaryTick.objects.filter(name=name).update(**ended)


def begin_runs(*, runs: Sequence[NewRun], now: datetime) -> list[CanaryRun]:
    """The rows of canaries that are about to be sent: written first, so that a crash leaves a trace."""
    return CanaryRun.objects.bulk_create([_run(run, now) for run in runs])


def _run(run: NewRun, now: datetime) -> CanaryRun:
    positions = {str(partition): offset for partition, offset in run.positions.items()}
    return CanaryRun(**{**asdict(run), "positions": positions}, sent_at=now)


def record_answer(*, run: CanaryRun, answer: Answer, now: datetime) -> None:
    """What the intake said to the canary; the path's turn shows its last one."""
    sent_at, answered_at = answer.asked_at or run.sent_at, answer.answered_at or now
    said = {"status": answer.status, "code": answer.code, "error": answer.error}
    CanaryRun.objects.filter(pk=run.pk).update(sent_at=sent_at, answered_at=answered_at, **said)
    run.sent_at = sent_at
    path = CanaryTurn.objects.filter(Q(sent_at=None) | Q(sent_at__lte=sent_at), stream=run.stream, prefix=run.prefix)
    seconds = None if answer.status is None else max((answered_at - sent_at).total_seconds(), 0.0)
    path.update(sent_at=sent_at, answer_seconds=seconds, **said)


def record_positions(*, runs: Sequence[CanaryRun]) -> None:
    """How far the observer has looked in vain, so that it doesn't read the same records again."""
    CanaryRun.objects.bulk_update(runs, ["positions"], batch_size=_BATCH)


def record_sightings(*, found: Sequence[tuple[CanaryRun, Record]], now: datetime) -> None:
    """The canaries were found on their topics, at these records; the first finder wins."""
    for run, record in found:
        recorded_at = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
        run.seen_at, run.recorded_at, run.partition, run.offset = now, recorded_at, record.partition, record.offset
    rows = [run for run, _ in found]
    CanaryRun.objects.bulk_update(rows, ["seen_at", "recorded_at", "partition", "offset"], batch_size=_BATCH)
    _mark("", [(run, run.recorded_at or now) for run in rows])


def record_arrivals(*, connector: str, found: Sequence[tuple[CanaryRun, datetime]]) -> None:
    """The canaries were found in a connector's store, which wrote them then."""
    rows = [CanaryArrival(run=run, connector=connector, written_at=written_at) for run, written_at in found]
    CanaryArrival.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_BATCH)
    _mark(connector, found)


def _mark(connector: str, found: Sequence[tuple[CanaryRun, datetime]]) -> None:
    """The newest canary of each path seen at a stage; an older one changes nothing."""
    newest: dict[tuple[str, str], tuple[CanaryRun, datetime]] = {}
    for run, there_at in sorted(found, key=lambda one: one[0].sent_at):
        newest[run.stream, run.prefix] = (run, there_at)
    kept = CanaryMark.objects.filter(connector=connector, stream__in={stream for stream, _ in newest})
    for stream, prefix, sent_at in kept.values_list("stream", "prefix", "sent_at"):
        if (stream, prefix) in newest and newest[stream, prefix][0].sent_at < sent_at:
            del newest[stream, prefix]
    CanaryMark.objects.bulk_create(
        [_mark_of(run, connector, there_at) for run, there_at in newest.values()],
        update_conflicts=True,
        unique_fields=["stream", "prefix", "connector"],
        update_fields=["sent_at", "seconds"],
        batch_size=_BATCH,
    )


def _mark_of(run: CanaryRun, connector: str, there_at: datetime) -> CanaryMark:
    seconds = max((there_at - run.sent_at).total_seconds(), 0.0)
    return CanaryMark(stream=run.stream, prefix=run.prefix, connector=connector, sent_at=run.sent_at, seconds=seconds)


def close_runs(*, runs: Sequence[CanaryRun], now: datetime) -> None:
    """Nothing is left to look for: these canaries arrived everywhere."""
    CanaryRun.objects.filter(pk__in=[run.pk for run in runs]).update(done_at=now)


@transaction.atomic
def record_volumes(*, minute: datetime, volumes: Mapping[str, int], now: datetime) -> None:
    """The volumes of one minute, as counted now; counting again replaces them."""
    rows = [
        StreamVolume(stream=stream, minute=minute, events=events) for stream, events in sorted(volumes.items()) if events > 0
    ]
    StreamVolume.objects.bulk_create(rows, update_conflicts=True, unique_fields=["stream", "minute"], update_fields=["events"])
    SampledMinute.objects.update_or_create(minute=minute, defaults={"sampled_at": now})


@transaction.atomic
def roll_up(*, day: date, begin: datetime, end: datetime) -> None:
    """Add up the minutes of a day that is over, canaries taken out; doing it again replaces what was there."""
    window = {"minute__gte": begin, "minute__lt": end}
    runs = CanaryRun.objects.filter(recorded_at__gte=begin, recorded_at__lt=end).values_list("stream")
    canaries = dict(runs.annotate(number=Count("pk")))
    rows = StreamVolume.objects.filter(**window).values_list("stream").annotate(total=Sum("events"), most=Max("events"))
    StreamDay.objects.bulk_create(
        [
            StreamDay(stream=stream, day=day, events=max(total - canaries.get(stream, 0), 0), peak=most)
            for stream, total, most in rows.order_by("stream")
        ],
        update_conflicts=True,
        unique_fields=["stream", "day"],
        update_fields=["events", "peak"],
        batch_size=1000,
    )
    minutes = SampledMinute.objects.filter(**window).count()
    CountedDay.objects.update_or_create(day=day, defaults={"minutes": minutes})


def beat(*, role: str, now: datetime, is_well: bool = True, detail: str = "") -> None:
    """A sign of life of `role`, or of its failing."""
    RoleHeartbeat.objects.update_or_create(role=role, defaults={"beat_at": now, "is_well": is_well, "detail": detail})


def stop_beating(*, role: str) -> None:
    """`role` was stopped on purpose: its silence says nothing any more."""
    RoleHeartbeat.objects.filter(role=role).delete()


def forget(*, before: datetime) -> int:
    """Delete canaries older than `before`; the number of rows. Volumes are `traffic.rolling.forget`'s."""
    return CanaryRun.objects.filter(sent_at__lt=before).delete()[0]
