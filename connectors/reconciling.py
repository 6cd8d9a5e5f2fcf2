"""Keeps leases in step with the configuration: one for every partition that a connector should take, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors import leasing
from connectors.models import Connector, Lease
from connectors.routing import Route
from eventplatform.broker.base import partitions_of
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition
from eventplatform.core.streams import Stream
from eventplatform.eventlog import event_log
from streamconfig import lookups as configuration

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a connector takes, by one state of its own row, its target's and the configuration."""

    version: tuple[datetime, datetime]
    streams: tuple[Stream, ...]
    topics: Mapping[str, str]  # each with its stream


@dataclass
class Reconciler:
    """Remembers what each connector takes until its row or the configuration changes: looking again is dear with many."""

    taken: dict[int, Taken] = field(default_factory=dict)
    wheres: frozenset[TopicPartition] = frozenset()  # all partitions that are taken by some sink
    _snapshot: Any = None

    def reconcile(self) -> None:
        """Make the leases that are missing, and forget those that nobody wants; slices at work there end."""
        self._look()
        wanted = {topic for one in self.taken.values() for topic in one.topics}
        topics = event_log().topics(wanted)
        partitions = partitions_of(topics)
        by_topic: dict[str, list[TopicPartition]] = {}
        for where in partitions:
            by_topic.setdefault(where.topic, []).append(where)
        should_be = {
            (pk, where): stream
            for pk, one in self.taken.items()
            for topic, stream in one.topics.items()
            for where in by_topic.get(topic, ())
        }
        rows = Lease.objects.filter(backfill=None).values_list("pk", "connector_id", "topic", "partition")
        are = {(connector, TopicPartition(topic, partition)): pk for pk, connector, topic, partition in rows}
        leasing.add([_new(pk, where, stream) for (pk, where), stream in should_be.items() if (pk, where) not in are])
        leasing.mirror_incarnations({name: topic.incarnation for name, topic in topics.items()})
        # By topic, not by partition: a log that leaves one out of an answer must not cost it its place.
        leasing.remove([pk for (one, where), pk in are.items() if not self._takes(one, where.topic)])
        self.wheres = frozenset(partitions)

    def _takes(self, connector_id: int, topic: str) -> bool:
        one = self.taken.get(connector_id)
        return one is not None and topic in one.topics

    def _look(self) -> None:
        snapshot = configuration.snapshot()
        known = self.taken if snapshot is self._snapshot else {}
        found: dict[int, Taken] = {}
        for one in Connector.objects.select_related("target"):
            version = (one.updated_at, one.target.updated_at)
            earlier = known.get(one.pk)
            found[one.pk] = earlier if earlier and earlier.version == version else _taken(one, snapshot, version)
        self.taken, self._snapshot = found, snapshot


def _taken(connector: Connector, snapshot: Any, version: tuple[datetime, datetime]) -> Taken:
    try:
        route = connector.route
    except PlatformError:  # rules of a former version
        return Taken(version, (), {})
    streams = tuple(one for one in _candidates(route, snapshot) if route.takes(one))
    return Taken(version, streams, route.topics(streams))


def _candidates(route: Route, snapshot: Any) -> Iterable[Stream]:
    """Plain names are looked up; only patterns have to be compared with every stream."""
    if any(_WILD & set(pattern) for pattern in route.patterns):
        every: Iterable[Stream] = snapshot.streams.values()
        return every
    return [snapshot.streams[name] for name in dict.fromkeys(route.patterns) if name in snapshot.streams]


def _new(connector_id: int, where: TopicPartition, stream: str) -> Lease:
    return Lease(connector_id=connector_id, topic=where.topic, partition=where.partition, stream=stream)
