"""Closes hours of lakes, and tells which are complete; for schedulers that wait for an hour's data."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from connectors import catalog, opening
from connectors.models import Connector
from connectors.sinks.base import FencedError
from connectors.stores.lake_closing import Closer, IsReached
from connectors.stores.lake_completeness import Reach
from connectors.stores.lake_flags import newest_flag
from connectors.stores.lake_hours import Book, Books
from connectors.stores.lake_sink import LakeSink
from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.errors import FatalError, PlatformError
from eventplatform.core.records import TopicPartition
from eventplatform.eventlog import event_log
from streamconfig import lookups as configuration

log = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)


class NotALakeError(FatalError):
    """Only stores of hourly folders have hours."""

    code = "connector.not_a_lake"
    message = "{connector} writes into a store without hours."
    remedy = "Ask for a connector of kind files, s3 or hdfs."


@dataclass(frozen=True, slots=True)
class HourView:
    """One hour of a stream in a connector's store; `revision` grows each time late events were added."""

    connector: str
    stream: str
    hour: datetime
    complete: bool
    revision: int
    files: int
    rows: int
    since: datetime | None


def lakes(*, only_enabled: bool = True) -> list[Connector]:
    """The connectors whose stores have hourly folders."""
    found = Connector.objects.select_related("target").order_by("name")
    return [one for one in (found.filter(is_enabled=True) if only_enabled else found) if _is_lake(one)]


def close(connector: Connector, now: datetime | None = None) -> dict[str, int]:
    """Close what can be closed of every stream that the connector takes; how many hours, by stream.

    A stream that can't be looked after now keeps no other waiting.
    """
    now = now or timezone.now()
    closed: dict[str, int] = {}
    with opening.make_sink(connector) as sink:
        if not isinstance(sink, LakeSink):
            raise NotALakeError(connector=connector.name)
        for stream, partitions in _partitions(connector).items():
            try:
                closer = Closer(sink, stream, partitions, _is_reached(event_log(), partitions))
                closed[stream] = len(closer.run(now))
            except FencedError:
                log.info("hours.other_run", extra={"connector": connector.name, "stream": stream})
            except PlatformError as error:
                facts = {"connector": connector.name, "stream": stream, "code": error.code, "why": str(error)}
                log.warning("hours.failed", extra=facts)
    return {stream: count for stream, count in closed.items() if count}


def of_stream(connector: Connector, stream: str, first: datetime, last: datetime) -> list[HourView]:
    """The hours of a stream from `first` to before `last`, as they are now; the last one may be just going on.

    Raises:
        PlatformError: the store can't be asked.
    """
    with _reading(connector) as sink:
        _, book = Books(sink.blobs).newest(stream)
        hours = [first + index * _HOUR for index in range(max(0, -((first - last) // _HOUR)))]
        return [_view(connector.name, sink, book, (stream, hour)) for hour in hours]


def _view(name: str, sink: LakeSink, book: Book, of: tuple[str, datetime]) -> HourView:
    stream, hour = of
    is_past = book.until is not None and hour < book.until and not any(one.hour == hour for one in book.closing)
    complete = is_past and hour not in book.open
    if hour in book.known:
        known = book.known[hour]
        since = datetime.fromisoformat(known.since)
        return HourView(name, stream, hour, complete, known.revision, known.files, known.rows, since)
    flag = newest_flag(sink.blobs, stream, hour) if is_past else None
    if flag is None:
        return HourView(name, stream, hour, complete=False, revision=0, files=0, rows=0, since=None)
    since = datetime.fromisoformat(flag["since"])
    return HourView(name, stream, hour, complete, flag["revision"], len(flag["files"]), flag["rows"], since)


def _is_lake(connector: Connector) -> bool:
    try:
        return issubclass(catalog.load(connector.target.kind), LakeSink)
    except PlatformError:
        return False  # its slices say what is wrong


def _partitions(connector: Connector) -> Mapping[str, list[TopicPartition]]:
    """The partitions of each stream that the connector takes."""
    streams = connector.route.topics(configuration.snapshot().streams.values())
    found: dict[str, list[TopicPartition]] = defaultdict(list)
    for where in partitions_of(event_log().topics(streams.keys())):
        found[streams[where.topic]].append(where)
    return found


def _is_reached(events: Log, partitions: Collection[TopicPartition]) -> IsReached:
    def is_reached(stored: Mapping[TopicPartition, int | None], moment: datetime) -> bool:
        needed = events.offsets_for_times(dict.fromkeys(partitions, int(moment.timestamp() * 1000)))
        return Reach(stored, events.first_offsets(partitions), events.end_offsets(partitions)).is_beyond(needed)

    return is_reached


@contextmanager
def _reading(connector: Connector) -> Iterator[LakeSink]:
    """The connector's lake for reading alone."""
    sink = opening.make_sink(connector)
    if not isinstance(sink, LakeSink):
        raise NotALakeError(connector=connector.name)
    sink.blobs.open()
    try:
        yield sink
    finally:
        sink.close()


def hour_begun_at(moment: datetime) -> datetime:
    """The hour that the moment lies in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
