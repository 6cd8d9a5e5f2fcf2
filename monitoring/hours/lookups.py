"""What is known of hours, for pages, schedulers and the list of what needs attention."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from django.db.models import Count as CountRows
from django.db.models import Q
from django.utils import timezone

from connectors import lookups as connectors
from monitoring.hours.judging import HOUR, WORDS, State
from monitoring.hours.models import StoreHour
from monitoring.hours.noting import WINDOW, hour_of
from monitoring.hours.weighing import THE_LOG
from streamconfig.lookups import snapshot

_SOON = timedelta(minutes=3)  # by then an hour is judged for the first time
_URGENCY: Sequence[State] = ("late", "unknown", "open", "empty", "complete")


@dataclass(frozen=True, slots=True)
class StoredHour:
    """What is said of one hour of a stream in a store."""

    hour: datetime
    state: State
    reason: str = ""
    events: int = 0
    complete_at: datetime | None = None

    @property
    def is_complete(self) -> bool:
        """All that came is stored, and the path is proven."""
        return self.state in {"complete", "empty"}

    @property
    def words(self) -> str:
        """The state in words."""
        return WORDS[self.state]


@dataclass(frozen=True, slots=True)
class Row:
    """A stream in a store, by hour; `connector` is empty where no store takes it."""

    stream: str
    connector: str
    hours: Mapping[datetime, StoredHour] = field(default_factory=dict)

    def last(self, now: datetime, count: int = WINDOW) -> list[StoredHour]:
        """The hours up to the one that is going on, oldest first."""
        this = hour_of(now)
        return [self.of(this - number * HOUR, now) for number in range(count, -1, -1)]

    def of(self, hour: datetime, now: datetime) -> StoredHour:
        """One hour; of one that nobody judged: open while it goes on or is just over, unknown before."""
        known = self.hours.get(hour)
        if known:
            return known
        if now < hour + HOUR:
            return StoredHour(hour, "open", "The hour is going on.")
        if now < hour + HOUR + _SOON:
            return StoredHour(hour, "open", "It is just over and not judged yet.")
        return StoredHour(hour, "unknown", "Nobody watched it: canaries were first sent later, or no worker ran.")

    def count(self, state: State) -> int:
        """How many of the judged hours are so."""
        return sum(one.state == state for one in self.hours.values())


@dataclass(frozen=True, slots=True)
class Count:
    """How many judged hours of a stream in a store are late, and of how many nobody can tell."""

    stream: str
    connector: str
    late: int = 0
    unknown: int = 0


def counts() -> list[Count]:
    """Every stream in every store that takes it over the last day, those with most hours that are late first."""
    kept = StoreHour.objects.filter(hour__gte=hour_of(timezone.now()) - WINDOW * HOUR, state__in=("late", "unknown"))
    judged = kept.values_list("stream", "connector").annotate(
        late=CountRows("pk", filter=Q(state="late")), unknown=CountRows("pk", filter=Q(state="unknown"))
    )
    found = {(stream, connector): (late, unknown) for stream, connector, late, unknown in judged.order_by()}
    made = [Count(*pair, *found.get(pair, ())) for pair in _pairs()]
    return sorted(made, key=lambda one: (-one.late, -one.unknown, one.stream, one.connector))


def rows(pairs: Collection[tuple[str, str]], *, since: datetime | None = None) -> list[Row]:
    """These streams in these stores, in that order."""
    begin = since or hour_of(timezone.now()) - WINDOW * HOUR
    kept = StoreHour.objects.filter(hour__gte=begin, stream__in={stream for stream, _ in pairs})
    found: dict[tuple[str, str], dict[datetime, StoredHour]] = defaultdict(dict)
    facts = kept.values_list("stream", "connector", "hour", "state", "reason", "events", "complete_at")
    for stream, connector, hour, state, reason, events, complete_at in facts:
        found[stream, connector][hour] = StoredHour(hour, cast("State", state), reason, events, complete_at)
    return [Row(*pair, found.get(pair, {})) for pair in pairs]


def of_stream(stream: str) -> list[Row]:
    """The rows of one stream."""
    return rows([pair for pair in _pairs() if pair[0] == stream])


def at(stream: str, hour: datetime) -> list[tuple[str, StoredHour]]:
    """One hour of a stream in each of its stores; any hour that is kept."""
    now = timezone.now()
    pairs = [pair for pair in _pairs() if pair[0] == stream]
    return [(row.connector, row.of(hour, now)) for row in rows(pairs, since=hour)]


def worst(hours: Collection[StoredHour]) -> State:
    """The state of several together; unknown of none."""
    return min((one.state for one in hours), key=_URGENCY.index, default="unknown")


def late(hours: int) -> Mapping[str, list[tuple[str, StoredHour]]]:
    """By store, the streams with an hour that is late among the last so many, the newest first."""
    begin = hour_of(timezone.now()) - hours * HOUR
    found: dict[str, list[tuple[str, StoredHour]]] = defaultdict(list)
    kept = StoreHour.objects.filter(hour__gte=begin, state="late").order_by("-hour", "stream")
    for stream, connector, hour, reason, events in kept.values_list("stream", "connector", "hour", "reason", "events"):
        found[connector].append((stream, StoredHour(hour, "late", reason, events)))
    return found


def _pairs() -> list[tuple[str, str]]:
    takers = connectors.by_stream()
    return [(name, store) for name in snapshot().streams for store in [one.name for one in takers.get(name, ())] or [THE_LOG]]
