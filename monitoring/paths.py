"""What is known of canaries' paths, for pages and ticks: a few queries however many canaries were sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Max, Q
from django.utils import timezone

from connectors import lookups as connectors
from eventplatform.core.streams import Stream
from eventplatform.once import once
from monitoring import causes, producer, stages
from monitoring.models import CanaryMark, CanaryRun, CanaryTick, CanaryTurn, RoleHeartbeat
from streamconfig.lookups import snapshot

_ACCEPTED = Q(status__in=(201, 202))
_LOOK_FOR = timedelta(hours=1)  # a canary not found by then is given up; newer ones tell the same
_RUNS_PER_PATH = 5
_HOUR = timedelta(hours=1)

Key = tuple[str, str]  # stream and prefix
Partitions = Mapping[tuple[str, str], Sequence[connectors.PartitionView]]  # of a connector and topic


def due_canaries(*, now: datetime, interval: timedelta) -> tuple[Key, ...]:
    """Paths whose canary is due, as stream and prefix, those that waited longest first."""
    due = CanaryTurn.objects.filter(Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - interval), excluded_because="")
    return tuple(due.order_by(F("claimed_at").asc(nulls_first=True), "stream", "prefix").values_list("stream", "prefix"))


def runs_under_way(*, now: datetime) -> list[CanaryRun]:
    """Canaries taken in and not yet seen everywhere: of each path the newest two, and a few spread over the older ones."""
    runs = CanaryRun.objects.filter(_ACCEPTED, done_at__isnull=True, sent_at__gt=now - _LOOK_FOR).order_by("-sent_at")
    paths: dict[Key, list[int]] = defaultdict(list)
    for pk, stream, prefix in runs.values_list("pk", "stream", "prefix"):
        paths[stream, prefix].append(pk)
    kept = [pk for found in paths.values() for pk in _spread(found)]
    return list(runs.filter(pk__in=kept).prefetch_related("arrivals"))


def _spread(newest_first: Sequence[int]) -> list[int]:
    """Few of many, for where stores are far behind: what passed last is among the old ones, what will pass among the new."""
    if len(newest_first) <= _RUNS_PER_PATH:
        return list(newest_first)
    step = (len(newest_first) - 1) / (_RUNS_PER_PATH - 2)
    return [newest_first[1], *(newest_first[round(number * step)] for number in range(_RUNS_PER_PATH - 1))]


def interval() -> timedelta:
    """Between two canaries of a path."""
    return timedelta(seconds=settings.CANARY_INTERVAL_SECONDS)


def canary_producer() -> producer.Producer:
    """Whether anybody sends canaries and looks for them."""
    rows = CanaryTick.objects.values_list("name", "began_at", "finished_at")
    ticks = {name: producer.Tick(began_at, finished_at) for name, began_at, finished_at in rows}
    return producer.judge(ticks, now=timezone.now(), interval=interval())


def canary_paths(stream: str | None = None) -> tuple[stages.Path, ...]:
    """Every stream's ways, or one's, one for each topic prefix, by name; patterns of names first, which have no service."""
    return once(("monitoring.canary_paths", stream), lambda: _canary_paths(stream))


def _canary_paths(stream: str | None) -> tuple[stages.Path, ...]:
    streams, only = snapshot().streams, {} if stream is None else {"stream": stream}
    names = sorted(streams) if stream is None else [stream] if stream in streams else []
    turns: dict[str, list[CanaryTurn]] = defaultdict(list)
    for turn in CanaryTurn.objects.filter(**only).order_by("stream", "prefix"):
        turns[turn.stream].append(turn)
    patterns = [
        stages.Path(name, "", excluded_because=found[0].excluded_because)
        for name, found in turns.items()
        if name not in streams
    ]
    judge = _Judge(only)
    ways = [judge.path(streams[name], turn) for name in names for turn in turns.get(name) or [CanaryTurn(stream=name)]]
    return (*(path for path in patterns if path.excluded_because), *ways)


def canary_paths_of(stream: str) -> tuple[stages.Path, ...]:
    """One stream's ways."""
    return canary_paths(stream)


def canary_path(stream: str) -> stages.Path | None:
    """One stream's way; of several the one that is worst off."""
    return next(iter(stages.by_stream(canary_paths(stream))), None)


class _Judge:
    """Judges paths by what is known now, read once for all of them."""

    def __init__(self, only: Mapping[str, str]) -> None:
        self._now, self._interval = timezone.now(), interval()
        self._producer = canary_producer()
        self._takers = connectors.by_stream()
        self._partitions = _by_topic(self._takers)
        self._urls = {(one.prefix, one.service): one.url for one in settings.CANARY_INTAKES}
        self._log_trouble = _log_trouble()
        self._topic, self._arrivals = _marks(only)
        self._due_on_topic, self._due_in_stores = self._dues(only)
        gathered = {view.gathers for views in self._takers.values() for view in views if view.gathers}
        self._due_in_gathering = {one: self._dues(only, one)[1] for one in gathered}

    def path(self, stream: Stream, turn: CanaryTurn) -> stages.Path:
        """The way of `stream` that the turn stands for."""
        topic = stream.topic(turn.prefix)
        way = stages.Path(stream.name, stream.service, excluded_because=turn.excluded_because, prefix=turn.prefix, topic=topic)
        if turn.excluded_because:
            return way
        place = stages.Place(
            url=self._urls.get((turn.prefix, turn.service)) or self._urls.get((turn.prefix, ""), settings.INTAKE_URL),
            topic=topic,
            prefix=turn.prefix,
            log_trouble=self._log_trouble,
            is_sending=self._producer.is_sending,
            is_watched=self._producer.is_watched,
        )
        stores = _stores(topic, self._takers.get(stream.name, ()), self._partitions)
        judged = stages.judge(self._evidence(turn), stores, now=self._now, interval=self._interval, place=place)
        return stages.Path(stream.name, stream.service, judged, "", turn.sent_at, turn.prefix, topic)

    def _evidence(self, turn: CanaryTurn) -> stages.Evidence:
        key = (turn.stream, turn.prefix)
        return stages.Evidence(
            sent=_sent(turn),
            topic=self._topic.get(key),
            arrivals=self._arrivals.get(key, {}),
            due_on_topic=self._due_on_topic.get(key),
            due_in_stores=self._due_in_stores.get(key),
            due_in_gathering={time: dues[key] for time, dues in self._due_in_gathering.items() if key in dues},
        )

    def _dues(
        self, only: Mapping[str, str], gathers: timedelta = timedelta()
    ) -> tuple[Mapping[Key, datetime], Mapping[Key, datetime]]:
        """Of each path the newest canary that had its time, among those taken in, and among those seen on the topic."""
        # What nobody looked for since is not missing: by then the canary had its time, as far as anybody saw.
        looked_at = min(self._producer.looked_at or self._now, self._now)
        limit = stages.is_missed_before(looked_at, self._interval) - gathers
        old = CanaryRun.objects.filter(**only, sent_at__gt=limit - 2 * self._interval - _HOUR, sent_at__lte=limit)
        return _newest(old.filter(_ACCEPTED)), _newest(old.filter(recorded_at__isnull=False))


def _newest(runs: object) -> Mapping[Key, datetime]:
    rows = runs.values_list("stream", "prefix").annotate(Max("sent_at"))  # type: ignore[attr-defined]  # a query set
    return {(stream, prefix): sent_at for stream, prefix, sent_at in rows}


def _sent(turn: CanaryTurn) -> stages.Sent | None:
    if turn.sent_at is None:
        return None
    is_accepted = turn.status in {201, 202}
    return stages.Sent(turn.sent_at, turn.answer_seconds, turn.status, is_accepted, turn.error, turn.code)


def _marks(only: Mapping[str, str]) -> tuple[Mapping[Key, stages.Seen], Mapping[Key, Mapping[str, stages.Seen]]]:
    """The newest canary seen on each path's topic, and in each store."""
    topics: dict[Key, stages.Seen] = {}
    arrivals: dict[Key, dict[str, stages.Seen]] = defaultdict(dict)
    for stream, prefix, connector, sent_at, seconds in CanaryMark.objects.filter(**only).values_list(
        "stream", "prefix", "connector", "sent_at", "seconds"
    ):
        seen = stages.Seen(sent_at, seconds)
        if connector:
            arrivals[stream, prefix][connector] = seen
        else:
            topics[stream, prefix] = seen
    return topics, arrivals


def _log_trouble() -> str:
    beat = RoleHeartbeat.objects.filter(role="log").first()
    return "" if beat is None or beat.is_well else beat.detail


def _by_topic(takers: Mapping[str, Iterable[connectors.ConnectorView]]) -> Partitions:
    """The partitions of each connector and topic, gathered once for all paths."""
    found: dict[tuple[str, str], list[connectors.PartitionView]] = defaultdict(list)
    for view in {view.name: view for views in takers.values() for view in views}.values():
        for one in view.partitions:
            found[view.name, one.topic].append(one)
    return found


def _stores(topic: str, views: Iterable[connectors.ConnectorView], known: Partitions) -> list[stages.Store]:
    found = []
    for view in views:
        partitions = known.get((view.name, topic), ())
        found.append(
            stages.Store(
                name=view.name,
                link=view.link,
                held_because="" if view.is_enabled else f"The connector is {view.state}.",
                trouble=view.last_error,
                since=min((one.state_since for one in partitions), default=None),
                reading=_reading(view, partitions),
                gathers=view.gathers,
            )
        )
    return found


def _reading(view: connectors.ConnectorView, partitions: Sequence[connectors.PartitionView]) -> causes.Reading:
    held = next((one for one in partitions if one.state in {"stopped", "retrying"}), None)
    return causes.Reading(
        partitions=len(partitions),
        state=held.state if held else view.state,
        error_code=held.error_code if held else view.error_code,
        error=held.last_error if held else view.last_error,
        lag_records=sum(one.lag_records for one in partitions),
        lag_seconds=max((one.lag_seconds for one in partitions if one.lag_seconds is not None), default=None),
        loses_records=any(one.loses_at is not None for one in partitions),
    )
