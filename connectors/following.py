"""Runs followers: stores that read the log by themselves, under one lease for each stream, every few seconds.

The watcher asks for a connector's round (`due`, then the task `follow`); a round
- makes, changes and resumes the store's reader of every stream that the connector takes;
- suspends it where the connector is paused, a stream was removed, or a person has to choose (a stopped lease);
- mirrors how far the reader is into the leases of the stream's partitions, with its troubles;
- walks behind it (`connectors.stores.trail`): canaries are marked, rows counted and what is no event is set aside once the
  reader has made it durable.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors import breaker, catalog, leasing, opening
from connectors.follower_rounds import Round
from connectors.models import Connector, Lease, Target
from connectors.sinks.base import Follower, Position, Reading, StoreUnavailableError, WriteBatch
from connectors.stores.trail import Trail
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition
from eventplatform.core.streams import Stream
from streamconfig import lookups as configuration

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
_asked_at: dict[int, float] = {}  # of this process: two watchers only ask twice


def is_follower(kind: str) -> bool:
    """True for kinds of stores that read the log by themselves."""
    try:
        return issubclass(catalog.load(kind), Follower)
    except PlatformError:
        return False  # whoever opens it meets the same error, and writes it down


def kinds() -> list[str]:
    """The kinds in use whose leases no slice takes."""
    return [kind for kind in Target.objects.order_by().values_list("kind", flat=True).distinct() if is_follower(kind)]


def due(*, is_changed: bool = False) -> list[int]:
    """The connectors to look after now, paused ones too; `is_changed`: something was published or a row changed."""
    now = time.monotonic()
    rows = Connector.objects.filter(breaker.closed("target__"), target__kind__in=kinds()).values_list("pk", flat=True)
    found = [pk for pk in rows if is_changed or now - _asked_at.get(pk, float("-inf")) >= EVERY_SECONDS]
    _asked_at.update(dict.fromkeys(found, now))
    return found


def forget() -> None:
    """Ask anew about every connector."""
    _asked_at.clear()


def follow(connector_id: int, *, stop: threading.Event | None = None) -> dict[str, str]:
    """One round of a connector; how each stream's part ended."""
    connector = Connector.objects.select_related("target").filter(pk=connector_id).first()
    if connector is None or not is_follower(connector.kind):
        return {}
    wanted, ends = _wanted(connector), {}
    try:
        with opening.make_store(connector) as store:
            assert isinstance(store, Follower)  # noqa: S101  # that is what the kind says
            for stream in sorted(set(store.running()) - set(wanted)):
                store.suspend(stream)
                ends[stream] = "suspended"
                log.info("follower.suspended", extra={"connector": connector.name, "stream": stream})
            for stream, taken in wanted.items():
                ends[stream] = Round(store, connector, taken.reading(connector), stop or threading.Event()).run()
    except PlatformError as error:
        _hold_back(connector, error)
    return ends


def position(connector: Connector, where: TopicPartition) -> Position | None:
    """How far the platform has walked behind the store's reader: all before it is durable there."""
    with opening.make_store(connector) as store, Trail(connector.name).beside(store) as trail:
        return trail.position(where)


def move(connector: Connector, stream: str, where: TopicPartition, after: Position) -> None:
    """Let the store's reader go on from there, by an operator's choice.

    Raises:
        PlatformError: the store can't now; nothing was moved then.
    """
    known = configuration.snapshot().find_stream(stream) or Stream(stream, schema_title="", service="", topics=(where.topic,))
    with opening.make_store(connector) as store, Trail(connector.name).beside(store) as trail:
        assert isinstance(store, Follower)  # noqa: S101  # that is what the kind says
        store.reset(_Taken(known, topics_of(connector, known)).reading(connector), {where: after.next_offset})
        stored = trail.position(where)
        if stored != after:
            trail.write(WriteBatch(stream, where, stored, after, ()))


def let_go(connector: Connector) -> None:
    """Suspend all readers of a connector that is about to be deleted, as far as the store can be reached."""
    if not is_follower(connector.kind):
        return
    try:
        with opening.make_store(connector) as store:
            assert isinstance(store, Follower)  # noqa: S101  # that is what the kind says
            for stream in store.running():
                store.suspend(stream)
    except PlatformError as error:
        log.warning("follower.left_running", extra={"connector": connector.name, "code": error.code, "why": str(error)})


def topics_of(connector: Connector, stream: Stream) -> tuple[str, ...]:
    """The topics that the connector reads for the stream: one that it shares counts for the first of them."""
    every = connector.route.topics(configuration.snapshot().streams.values())
    return tuple(topic for topic, name in every.items() if name == stream.name) or stream.topics


def documents_of(stream: Stream) -> dict[str, Mapping[str, Any]]:
    """All versions of the stream's schema, by id, oldest first."""
    snapshot = configuration.snapshot()
    found = {one: snapshot.find_schema(one) for one in snapshot.schemas.ids(stream.schema_title)}
    return {name: schema.document for name, schema in found.items() if schema is not None}


@dataclass(frozen=True, slots=True)
class _Taken:
    """A stream and the topics to read."""

    stream: Stream
    topics: tuple[str, ...]

    def reading(self, connector: Connector) -> Reading:
        """What the store's reader shall do, with all versions of the stream's schema."""
        return Reading(self.stream.name, self.topics, documents_of(self.stream), connector.steering(self.stream))


def _wanted(connector: Connector) -> Mapping[str, _Taken]:
    """The streams that shall be read, by name: none of a paused connector, none that waits for a person's choice."""
    if not connector.is_enabled:
        return {}
    streams = configuration.snapshot().streams
    topics: dict[str, list[str]] = {}
    for topic, name in connector.route.topics(streams.values()).items():
        topics.setdefault(name, []).append(topic)
    waiting = Lease.objects.filter(connector=connector, state=Lease.State.STOPPED).values_list("stream", flat=True)
    return {name: _Taken(streams[name], tuple(some)) for name, some in topics.items() if name not in set(waiting)}


def _hold_back(connector: Connector, error: PlatformError) -> None:
    """The store as a whole is away, or can't even be opened: every stream of the connector says so."""
    log.warning("follower.retried", extra={"connector": connector.name, "code": error.code, "why": str(error)})
    if isinstance(error, StoreUnavailableError):
        breaker.failed(connector.target_id, error)
    for lease in Lease.objects.filter(connector=connector, backfill=None):
        taken = leasing.take(
            connector_id=connector.pk, where=TopicPartition(lease.topic, lease.partition), owner="the round of the store"
        )
        if taken is not None:
            leasing.back_off(taken, error, code=error.code, told_seconds=breaker.told_seconds(error))
