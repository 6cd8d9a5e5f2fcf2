"""Reads of connectors as frozen facts: how each is doing, on which partitions, and whether a canary reached its store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.db.models import Count, DateTimeField, F, Func, Max, Sum, Value
from django.urls import reverse

from connectors import gathering, hours, models, opening
from connectors.models import Connector, Lease
from eventplatform.once import once
from streamconfig import lookups as configuration

State = Literal["running", "idle", "retrying", "stopped", "paused"]

_LONGEST_HISTORY_HOURS = 7 * 24
# Worst first: a connector is as well as its worst partition.
_ORDER: tuple[State, ...] = ("stopped", "retrying", "running", "idle")


@dataclass(frozen=True, slots=True)
class PartitionView:
    """One partition of a connector."""

    stream: str
    topic: str
    partition: int
    state: State
    state_since: datetime
    next_offset: int | None
    end_offset: int | None
    lag_records: int
    lag_seconds: float | None
    owner: str
    attempts: int
    not_before: datetime | None
    error_code: str
    last_error: str
    failed_at: datetime | None
    loses_at: datetime | None = None  # when the log deletes its oldest unread record, where that is near


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why partitions of a connector are held back, told by the first of them."""

    state: State
    code: str
    text: str
    since: datetime
    partitions: int

    @property
    def others(self) -> int:
        """How many partitions it holds back besides the one that the text is about."""
        return self.partitions - 1


@dataclass(frozen=True, slots=True)
class Minute:
    """What a connector did in one minute; `lag_seconds` is how long its oldest unread record waited at the end of it."""

    at: datetime
    arrived: int
    written: int
    lag_records: int
    lag_seconds: float
    set_aside: int


@dataclass(frozen=True, slots=True)
class ConnectorView:
    """A connector; `last_error` is set only while an error holds it back."""

    name: str
    kind: str
    target: str
    streams: tuple[str, ...]
    state: State
    is_enabled: bool
    lag_records: int
    lag_seconds: float | None
    error_code: str
    last_error: str
    link: str
    partitions: tuple[PartitionView, ...]
    gathers: timedelta = timedelta()  # how long records may wait for more of them

    @property
    def is_without_streams(self) -> bool:
        """True where nothing that is configured fits it, or none of it has a topic yet."""
        return not self.partitions

    @property
    def failing(self) -> tuple[PartitionView, ...]:
        """The partitions that an error holds back."""
        return tuple(one for one in self.partitions if one.state in {"stopped", "retrying"})

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Each distinct reason once, those that wait for a person first."""
        groups: dict[tuple[State, str], list[PartitionView]] = defaultdict(list)
        for one in sorted(self.failing, key=lambda one: _ORDER.index(one.state)):
            groups[one.state, one.error_code].append(one)
        return tuple(_cause(group) for group in groups.values())


def overview() -> tuple[ConnectorView, ...]:
    """All connectors, in the order of their names."""
    return tuple(view for _, view in _all())


def count() -> int:
    """How many connectors there are."""
    return Connector.objects.count()


def find(name: str) -> ConnectorView | None:
    """One connector by its name."""
    leases = Lease.objects.filter(connector__name=name, backfill=None)
    found = _views(Connector.objects.select_related("target").filter(name=name), leases)
    return found[0] if found else None


def for_stream(stream: str) -> tuple[ConnectorView, ...]:
    """The connectors that take the stream, as they are doing on its partitions."""
    known = configuration.snapshot().find_stream(stream)
    if known is None:
        return ()
    found = [one for one in Connector.objects.select_related("target") if one.route.takes(known)]
    return _views(found, Lease.objects.filter(stream=stream, backfill=None))


def by_stream() -> dict[str, tuple[ConnectorView, ...]]:
    """The connectors that take each configured stream, as they are doing as a whole; two queries for all of them."""
    return once("connectors.by_stream", _by_stream)


def _by_stream() -> dict[str, tuple[ConnectorView, ...]]:
    flows = [(one.route, view) for one, view in _all()]
    streams = configuration.snapshot().streams.values()
    return {stream.name: tuple(view for route, view in flows if route.takes(stream)) for stream in streams}


def _all() -> list[tuple[Connector, ConnectorView]]:
    """Every connector and how it does."""
    return once("connectors.all", _read_all)


def _read_all() -> list[tuple[Connector, ConnectorView]]:
    rows = list(Connector.objects.select_related("target"))
    return list(zip(rows, _views(rows, Lease.objects.filter(backfill=None)), strict=True))


def history(name: str, hours: int = 24) -> tuple[Minute, ...]:
    """What a connector did in the last hours (a week at most), each minute, the oldest first; idle ones are all zeros."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    first = now - timedelta(hours=min(hours, _LONGEST_HISTORY_HOURS))
    rows = models.Minute.objects.filter(connector__name=name, at__gte=first)
    values = rows.values_list("at", "arrived", "written", "lag_records", "lag_seconds", "set_aside")
    known = {row[0]: Minute(*row) for row in values}
    minutes = (first + timedelta(minutes=n) for n in range(int((now - first).total_seconds()) // 60 + 1))
    return tuple(known.get(at) or Minute(at, 0, 0, 0, 0.0, 0) for at in minutes)


def lag_lines(names: Iterable[str], begin: datetime, end: datetime, step: timedelta) -> dict[str, tuple[float, ...]]:
    """Of these connectors, the longest wait of an unread record in each slot, in seconds, oldest first; idle ones are zero."""
    known = dict(Connector.objects.filter(name__in=list(names)).values_list("pk", "name"))
    slot = Func(Value(step), F("at"), Value(begin), function="date_bin", output_field=DateTimeField())
    rows = models.Minute.objects.filter(connector_id__in=known, at__gte=begin, at__lt=end).order_by()
    found: dict[str, list[float]] = {}
    for pk, at, seconds in (
        rows.values("connector_id", slot=slot).annotate(most=Max("lag_seconds")).values_list("connector_id", "slot", "most")
    ):
        found.setdefault(known[pk], [0.0] * int((end - begin) / step))[int((at - begin) / step)] = seconds
    return {name: tuple(line) for name, line in found.items()}


def written(minutes: int) -> dict[str, int]:
    """By connector, the records written in the last whole minutes; idle ones are absent."""
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    rows = models.Minute.objects.filter(at__gte=end - timedelta(minutes=minutes), at__lt=end).order_by()
    return dict(rows.values_list("connector__name").annotate(Sum("written")))


def workers(seconds: float = 60.0) -> tuple[int, int]:
    """Workers heard of in the last seconds, and the slices that they can run at once."""
    alive = models.Worker.objects.filter(seen_at__gte=datetime.now(UTC) - timedelta(seconds=seconds))
    found = alive.aggregate(number=Count("pk"), threads=Sum("threads", default=0))
    return found["number"], found["threads"]


def lake_names() -> frozenset[str]:
    """The connectors whose stores have hourly folders with flags of their own."""
    return frozenset(one.name for one in hours.lakes(only_enabled=False))


def complete_hours(connector: str, stream: str, first: datetime, last: datetime) -> frozenset[datetime]:
    """The hours from `first` to before `last` that the connector's lake itself says are complete.

    Raises:
        PlatformError: the store can't be asked.
    """
    found = Connector.objects.select_related("target").filter(name=connector).first()
    views = hours.of_stream(found, stream, first, last) if found else ()
    return frozenset(view.hour for view in views if view.complete)


def canaries_written(*, connector: str, wanted: Mapping[str, str], is_enough: Callable[[], bool]) -> dict[str, datetime]:
    """When the connector's store marked these canaries, by id (`wanted` has their streams); what is not there is left out.

    They are asked for in order until `is_enough`, over one connection.

    Raises:
        PlatformError: the store can't be asked.
    """
    found = Connector.objects.select_related("target").filter(name=connector).first()
    written: dict[str, datetime] = {}
    if found is None:
        return written
    with opening.make_store(found) as sink:
        for event_id, stream in wanted.items():
            if is_enough():
                break
            if (moment := sink.canary_written(stream, event_id)) is not None:
                written[event_id] = moment
    return written


def _views(connectors: Iterable[Connector], leases: Iterable[Lease]) -> tuple[ConnectorView, ...]:
    now = datetime.now(UTC)
    by_connector: dict[int, list[PartitionView]] = defaultdict(list)
    for lease in leases:
        by_connector[lease.connector_id].append(_partition(lease, now))
    return tuple(_view(one, by_connector[one.pk]) for one in connectors)


def _partition(lease: Lease, now: datetime) -> PartitionView:
    waits_since = min((one for one in (lease.unread_since, lease.behind_since) if one), default=None) if lease.lag else None
    is_held = lease.until is not None and lease.until >= now
    state: State = "idle" if lease.state == Lease.State.RUNNING and not is_held else lease.state  # type: ignore[assignment]  # the choices are these words
    return PartitionView(
        stream=lease.stream,
        topic=lease.topic,
        partition=lease.partition,
        state=state,
        state_since=lease.state_since,
        next_offset=lease.next_offset,
        end_offset=lease.end_offset,
        lag_records=lease.lag,
        lag_seconds=max((now - waits_since).total_seconds(), 0.0) if waits_since else None,
        owner=lease.owner,
        attempts=lease.attempts,
        not_before=lease.not_before,
        error_code=lease.error_code,
        last_error=lease.last_error,
        failed_at=lease.failed_at,
        loses_at=lease.loses_at,
    )


def _cause(group: Sequence[PartitionView]) -> Cause:
    first = group[0]
    since = min(one.state_since for one in group)
    return Cause(first.state, first.error_code, first.last_error, since, len(group))


def _view(connector: Connector, partitions: Sequence[PartitionView]) -> ConnectorView:
    states = {one.state for one in partitions}
    state: State = next((one for one in _ORDER if one in states), "idle")
    worst = next((one for one in partitions if one.state == state and state in {"stopped", "retrying"}), None)
    return ConnectorView(
        name=connector.name,
        kind=connector.target.kind,
        target=connector.target.name,
        streams=tuple(connector.streams),
        state=state if connector.is_enabled else "paused",
        is_enabled=connector.is_enabled,
        lag_records=sum(one.lag_records for one in partitions),
        lag_seconds=max((one.lag_seconds for one in partitions if one.lag_seconds is not None), default=None),
        error_code=worst.error_code if worst else "",
        last_error=worst.last_error if worst else "",
        link=reverse("connector", args=[connector.name]),
        partitions=tuple(partitions),
        gathers=gathering.gathers(connector.target.kind, connector.options),
    )
